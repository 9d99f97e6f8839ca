// The process that publishes 1, 2, 3 … at QoS 1 and at QoS 2. Killed and started again, it goes on after the highest
// number that its store has taken: which that is stands in the store, written in one batch with the message itself.
import { readMessages } from '../lib/store/messagesRecord.js';
import { MESSAGES } from '../lib/store/records.js';
import type { StoreChange } from '../lib/store.js';
import { Random } from './Random.js';
import { LARGEST, readBody, writeBody } from './body.js';
import { clientSide, whenSo } from './clientSide.js';
import type { Report } from './protocol.js';

const TICK = 20;
/** The most messages of a QoS that are published in one tick. */
const BURST = 30;
/** The most publishes that may be unsettled at a time. */
const UNSETTLED = 1_000;

let accepted = { 1: 0, 2: 0 };
let next = { 1: 1, 2: 1 };
let begun = 0;
let completed = 0;
let failed = 0;
let misplaced = 0;
let ticking: NodeJS.Timeout | undefined;

const side = clientSide('publisher', { owner: { restore, record } });
const random = new Random(side.task.seed);
side.run(progress, finish);

function restore(own: Uint8Array | undefined): void {
  if (own) accepted = JSON.parse(Buffer.from(own).toString()) as typeof accepted;
  next = { 1: accepted[1] + 1, 2: accepted[2] + 1 };
  ticking = setInterval(tick, TICK);
}

function record(changes: readonly StoreChange[]): Uint8Array | undefined {
  let isNew = false;
  for (const change of changes) {
    if (change.type === 'del' || !change.key.startsWith(MESSAGES)) continue;
    for (const { message } of readMessages(change.value)) {
      if (message instanceof Error) throw message;
      const qos = message.qos as 1 | 2;
      const n = readBody(message.payload);
      if (n !== accepted[qos] + 1) misplaced++;
      accepted[qos] = n;
      isNew = true;
    }
  }
  return isNew ? Buffer.from(JSON.stringify(accepted)) : undefined;
}

function tick(): void {
  for (const qos of [1, 2] as const) {
    for (let more = random.between(0, BURST); more > 0 && begun - completed - failed < UNSETTLED; more--) publish(qos);
  }
}

function publish(qos: 1 | 2): void {
  const n = next[qos]++;
  begun++;
  side.client.publish(`chaos/${qos}`, writeBody(n, size()), { qos }).subscribe({
    complete: () => completed++,
    error: (error: Error) => {
      failed++;
      side.say({ type: 'fault', what: `publish of no. ${n} at QoS ${qos} failed: ${error.message}` });
    },
  });
}

/** Mostly small, some that do not fit into one segment, a few that do not fit into one chunk. */
function size(): number {
  if (random.chance(0.001)) return random.between(0, LARGEST);
  return random.between(0, random.chance(0.02) ? 20_000 : 200);
}

function progress(): Report {
  return { type: 'published', accepted, begun, completed, misplaced };
}

function finish(done: () => void): void {
  clearInterval(ticking);
  whenSo(() => completed + failed === begun, done);
}
