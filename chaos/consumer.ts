// The process that works on the numbers, with `consume`. Its work takes a while at times, and fails at times, and ends
// with a line in a ledger. A message is acknowledged when its line is written, so none is lost, at either QoS, whenever
// the process dies. One that dies between the two gets the message once more:
//
// QoS 1: its work is done twice, as it may.
//
// QoS 2: the work looks into the ledger first. The line is result and record at once, so the work is done exactly once, with
// a store for the session or without one.
import { join } from 'node:path';
import { EMPTY, defer, tap, throwError, timer } from 'rxjs';
import { type Message, consume } from '../lib/index.js';
import { Ledger } from './Ledger.js';
import { Random } from './Random.js';
import { Unreleased } from './Unreleased.js';
import { readBody } from './body.js';
import { clientSide, whenSo } from './clientSide.js';
import { LEDGER, readTask } from './protocol.js';

/** The share of works that take longer, and the most milliseconds that they do. */
const SLOW = 0.05;
const DELAY = 20;
/** The share of messages whose work fails. What comes again does not fail again. */
const FAILING = 0.002;
const FAILURE = new Error('as it happens');

const task = readTask();
const random = new Random(task.seed);
const unreleased = new Unreleased();
const side = clientSide('consumer', {
  receiveMaximum: random.pick([20, 100, 1_000]),
  owner: {
    restore: (_own, keys) => unreleased.restore(keys),
    record: (changes) => {
      unreleased.follow(changes);
      return undefined;
    },
  },
});
const concurrency = random.pick([1, 4, 16]);
const ledger = new Ledger(join(task.folder, LEDGER));

for (const qos of [1, 2] as const) {
  consume(side.client, `chaos/${qos}`, (message) => defer(() => work(message, qos)), { qos, concurrency }).subscribe({
    next: ({ error }) => {
      if (error !== undefined && error !== FAILURE) side.fault((error as Error).message);
    },
    error: (error: Error) => side.fault(error.message),
  });
}
side.run(() => ({ type: 'consumed' }), finish);

function work(message: Message, qos: 1 | 2) {
  if (message.qos !== qos) throw new Error(`a message of QoS ${qos} came at QoS ${message.qos}`);
  const n = readBody(message.payload);
  if (qos === 2 && ledger.done[2].has(n)) {
    ledger.recognise(n);
    return EMPTY;
  }
  if (!message.dup && random.chance(FAILING)) return throwError(() => FAILURE);
  const write = () => ledger.add(qos, n);
  if (random.chance(SLOW)) return timer(random.between(1, DELAY)).pipe(tap(write));
  write();
  return EMPTY;
}

/** `end()` waits for what the client sends, not for what the broker has still to say. */
function finish(done: () => void): void {
  whenSo(() => unreleased.size === 0, done);
}
