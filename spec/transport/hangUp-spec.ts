import { expect } from 'chai';
import { Duplex } from 'node:stream';
import sinon, { type SinonFakeTimers } from 'sinon';
import { hangUp } from '../../lib/transport/hangUp.js';
import { turn } from '../support/turn.js';

/** A socket whose writes end when the spec says so, and whose peer never closes. */
function socketOf() {
  let finish: () => void = () => undefined;
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => (finish = () => done()),
    allowHalfOpen: true,
  });
  return { socket, flushed: () => (finish(), turn()) };
}

describe('hangUp', () => {
  let clock: SinonFakeTimers;
  beforeEach(
    () =>
      (clock = sinon.useFakeTimers({
        now: 1_000_000,
        toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'Date', 'performance'],
      })),
  );
  afterEach(() => clock.restore());

  for (const [what, jump] of [
    ['runs', 0],
    ['is set back an hour', -3_600_000],
    ['is set forward a day', 86_400_000],
  ] as const) {
    it(`should give the peer a second to close once all is written, while the clock ${what}`, async () => {
      for (const after of [0, 1, 500, 999, 5_400]) {
        const { socket, flushed } = socketOf();
        socket.write('DISCONNECT');
        hangUp(socket);
        clock.tick(after);
        clock.setSystemTime(clock.now + jump);
        await flushed();
        clock.tick(999);
        expect(socket.destroyed, `written after ${after} ms`).to.equal(false);
        clock.tick(1);
        expect(socket.destroyed, `written after ${after} ms`).to.equal(true);
        await turn();
        expect(clock.countTimers()).to.equal(0);
      }
    });

    it(`should wait 30 s for what was written to leave, while the clock ${what}`, async () => {
      const { socket } = socketOf();
      socket.write('DISCONNECT');
      hangUp(socket);
      clock.tick(10_000);
      clock.setSystemTime(clock.now + jump);
      clock.tick(19_999);
      expect(socket.destroyed).to.equal(false);
      clock.tick(1);
      expect(socket.destroyed).to.equal(true);
      await turn();
      expect(clock.countTimers()).to.equal(0);
    });
  }
});
