// The process that follows the numbers. What an application has seen must outlive it as MQTT's promise does, or the run
// would test the application:
//
// QoS 1: the callback writes the number down before it returns, and only then PUBACK can leave. So nothing is lost; what
// dies between the two comes again, as it may.
//
// QoS 2: the number is stored in one batch with the packet identifier, and PUBREC leaves afterwards. So both are known
// when the process starts again, or neither, and then the message comes again: exactly once, whenever it dies. The
// callback alone could not see to that; how often it would have counted twice is reported as well.
import { join } from 'node:path';
import type { StoreChange } from '../lib/store.js';
import { Sequence, type SequenceState } from './Sequence.js';
import { StateFile } from './StateFile.js';
import { Unreleased } from './Unreleased.js';
import { readBody } from './body.js';
import { clientSide, whenSo } from './clientSide.js';
import type { ByQoS, Report } from './protocol.js';

const FILTER = 'chaos/+qos';

const side = clientSide('subscriber', { owner: { restore, record } });
const file = new StateFile<ByQoS<SequenceState>>(join(side.task.folder, 'seen'));
/** What the callback knows. */
const before = file.read();
const seen = { 1: new Sequence(before?.[1]), 2: new Sequence(before?.[2]) };
/** What the store knows of QoS 2. */
let stored = new Sequence();
let isNew = false;
const unreleased = new Unreleased();

side.client.topic$(FILTER, { qos: 2 }).subscribe(({ payload, qos, params }) => {
  try {
    if (qos !== Number(params.qos)) throw new Error(`a message of QoS ${params.qos} came at QoS ${qos}`);
    const n = readBody(payload);
    seen[qos as 1 | 2].receive(n);
    file.write({ 1: seen[1].state, 2: seen[2].state });
    if (qos === 2) {
      stored.receive(n);
      isNew = true;
    }
  } catch (error) {
    side.say({ type: 'fault', what: (error as Error).message });
  }
});
side.run(progress, finish);

function restore(own: Uint8Array | undefined, keys: readonly string[]): void {
  unreleased.restore(keys);
  if (own) stored = new Sequence(JSON.parse(Buffer.from(own).toString()) as SequenceState);
}

function record(changes: readonly StoreChange[]): Uint8Array | undefined {
  unreleased.follow(changes);
  if (!isNew) return undefined;
  isNew = false;
  return Buffer.from(JSON.stringify(stored.state));
}

function progress(): Report {
  return {
    type: 'received',
    sequences: { 1: seen[1].state, 2: stored.state },
    repeated: seen[2].state.duplicated,
  };
}

/** `end()` waits for what the client sends, not for what the broker has still to say. */
function finish(done: () => void): void {
  whenSo(() => unreleased.size === 0, done);
}
