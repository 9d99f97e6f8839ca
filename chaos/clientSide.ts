import { ClassicLevel } from 'classic-level';
import { join } from 'node:path';
import { type MqttClient, backoff, createClient } from '../lib/index.js';
import { FORMAT_KEY } from '../lib/store/records.js';
import type { SessionStore } from '../lib/store.js';
import { levelStore } from '../lib/storeLevel.js';
import { Random } from './Random.js';
import type { Report, Task } from './protocol.js';
import { slowed } from './slowed.js';
import { OWN_KEY, type RecordOwner, withRecord } from './withRecord.js';

/** How often a process tells how far it is, in ms. */
const PERIOD = 100;
/** Milliseconds for everything to settle at the end … */
const PATIENCE = 30_000;
/** … and for what is in flight then. */
const LAST_WORDS = 20_000;

/** What the two client processes have in common: a task, a parent to report to, a persistent session on disk. */
export interface ClientSide {
  readonly task: Task;
  readonly client: MqttClient;
  say(report: Report): void;
  /** Connects. @param finish called when the parent wants it over; calls back when it is */
  run(progress: () => Report, finish: (done: () => void) => void): void;
}

export function clientSide(clientId: string, owner: RecordOwner): ClientSide {
  const task = JSON.parse(process.argv[2]!) as Task;
  const disk = levelStore(new ClassicLevel(join(task.folder, 'store')));
  const store = slowed(disk, new Random(`${task.seed}/disk`));
  const say = (report: Report) => void process.send?.(report);
  const fault = (what: string) => say({ type: 'fault', what: `${clientId}: ${what}` });
  const client = createClient(task.url, {
    clientId,
    cleanSession: false,
    protocolVersion:
      task.protocol === 'both' ? new Random(`${task.seed}/protocol`).pick([4, 5] as const) : task.protocol,
    store: withRecord(store, owner),
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
  return { task, client, say, run };
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
async function left(store: SessionStore, clientId: string): Promise<number> {
  const opened = await store.open(clientId);
  let count = 0;
  for await (const [key] of opened.entries()) if (key !== FORMAT_KEY && key !== OWN_KEY) count++;
  await opened.close();
  return count;
}
