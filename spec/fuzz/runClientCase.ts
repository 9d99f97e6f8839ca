import sinon from 'sinon';
import { type ClientCase, ClientRun } from './ClientRun.js';

/** Plays a case on a clock of its own, and throws at what must not be. */
export async function runClientCase(given: ClientCase): Promise<void> {
  const sandbox = sinon.createSandbox(); // sinon's own keeps each clock, and there may be hundreds of thousands
  const clock = sandbox.useFakeTimers({
    now: 1_800_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  try {
    await new ClientRun(given, clock).play();
  } finally {
    sandbox.restore();
  }
}
