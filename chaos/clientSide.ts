import { ClassicLevel } from 'classic-level';
import { join } from 'node:path';
import { filter, take } from 'rxjs';
import { type MqttClient, backoff, createClient } from '../lib/index.js';
import { FORMAT_KEY } from '../lib/store/records.js';
import type { SessionStore } from '../lib/store.js';
import { levelStore } from '../lib/storeLevel.js';
import { Random } from './Random.js';
import { type Report, type Task, readTask } from './protocol.js';
import { slowed } from './slowed.js';
import { OWN_KEY, type RecordOwner, withRecord } from './withRecord.js';

/** How often a process tells how far it is, in ms. */
const PERIOD = 100;
/** Milliseconds for everything to settle at the end … */
const PATIENCE = 30_000;
/** … and for what is in flight then. */
const LAST_WORDS = 20_000;

/** What the client processes have in common: a task, a parent to report to, a session that outlives them. */
export interface ClientSide {
  readonly task: Task;
  readonly client: MqttClient;
  say(report: Report): void;
  /** Says what must not happen. */
  fault(what: string): void;
  /** Connects, and says when all that is subscribed is granted. @param finish called when the parent wants it over; calls back when it is */
  run(progress: () => Report, finish: (done: () => void) => void): void;
}

/** How a client process differs from the others. */
export interface ClientSideOptions {
  /** What it keeps in the store of its session, if it has one. */
  readonly owner: RecordOwner;
  readonly receiveMaximum?: number;
}

export function clientSide(clientId: string, { owner, receiveMaximum }: ClientSideOptions): ClientSide {
  const task = readTask();
  const store = task.hasStore
    ? slowed(levelStore(new ClassicLevel(join(task.folder, 'store'))), new Random(`${task.seed}/disk`))
    : undefined;
  const say = (report: Report) => void process.send?.(report);
  const fault = (what: string) => say({ type: 'fault', what: `${clientId}: ${what}` });
  const client = createClient(task.url, {
    clientId,
    cleanSession: false,
    protocolVersion:
      task.protocol === 'both' ? new Random(`${task.seed}/protocol`).pick([4, 5] as const) : task.protocol,
    store: store && withRecord(store, owner),
    receiveMaximum,
    keepAlive: 1,
    pingTimeout: 1_000,
    connackTimeout: 2_000,
    retryWhen: backoff({ min: 20, max: 500 }),
  });
  client.events$.subscribe((event) => {
    if (event.type === 'connected') say({ type: 'online', sessionPresent: event.sessionPresent });
    if (event.type === 'disconnected') say({ type: 'offline', why: event.cause?.message ?? '' });
    if (event.type === 'suspected') say({ type: 'suspected', what: [...event.filters, ...event.topics] });
    if (event.type === 'given-up') fault(`gave up ${event.filter ?? event.topic} although the broker is a good one`);
    if (event.type === 'store-failed') fault(event.error.message);
    if (event.type === 'record-set-aside') fault(`record ${event.key} is set aside: ${event.reason}`);
  });
  process.once('disconnect', () => process.exit(1)); // its parent is dead

  const run: ClientSide['run'] = (progress, finish) => {
    const hold = client.connection$.subscribe({ error: (error: Error) => fault(error.message) });
    client.subscriptions$
      .pipe(
        filter((filters) => filters.size > 0 && [...filters.values()].every(({ state }) => state === 'granted')),
        take(1),
      )
      .subscribe(() => say({ type: 'ready' }));
    const reporting = setInterval(() => say(progress()), PERIOD);
    const end = () => {
      hold.unsubscribe();
      client.end({ timeout: LAST_WORDS }).subscribe({
        complete: () => {
          clearInterval(reporting);
          say(progress());
          void left(store, clientId).then((count) =>
            process.send!({ type: 'done', left: count }, () => process.exit()),
          );
        },
      });
    };
    process.once('message', () => finish(end));
  };
  return { task, client, say, fault, run };
}

/** Calls back when something is so, or when that has taken too long. */
export function whenSo(isSo: () => boolean, then: () => void): void {
  const deadline = Date.now() + PATIENCE;
  const waiting = setInterval(() => {
    if (!isSo() && Date.now() < deadline) return;
    clearInterval(waiting);
    then();
  }, 20);
}

/** Counts the records of a session that remain. */
async function left(store: SessionStore | undefined, clientId: string): Promise<number> {
  if (!store) return 0;
  const opened = await store.open(clientId);
  let count = 0;
  for await (const [key] of opened.entries()) if (key !== FORMAT_KEY && key !== OWN_KEY) count++;
  await opened.close();
  return count;
}
