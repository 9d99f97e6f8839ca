// Runs in a browser: session stores on IndexedDB.
import { BrowserLevel } from 'browser-level';
import { NEVER, Observable, count, filter, firstValueFrom, lastValueFrom, scan, Subject, takeWhile } from 'rxjs';
import { type Transport, createClient } from '../../lib/index.browser.js';
import { type LevelDatabase, levelStore } from '../../lib/store/levelStore.js';
import { storeConformance } from '../../lib/testing/storeConformance.js';
import { messagesIn } from '../support/messagesIn.js';

let stores = 0;
const cases = storeConformance({ create: () => levelStore(new BrowserLevel(`conformance${stores++}`)) });

/** What is demanded of a store. */
export function titles(): string[] {
  return cases.map(({ title }) => title);
}

/** Looks at one demand, by its place; rejects if it is not met. */
export async function run(place: number): Promise<void> {
  await cases[place]!.run();
}

const client = (server: string | Transport, db: LevelDatabase = new BrowserLevel('sessions')) =>
  createClient({ server, clientId: 'tab', cleanSession: false, store: levelStore(db) });

const messagesOf = ({ key, ...change }: Parameters<LevelDatabase['batch']>[0][number]) =>
  key.startsWith('tortoise-rx/tab/m') && change.type === 'put' ? messagesIn(change.value) : [];

/** Publishes numbers, at QoS 1 and 2 in turn, while there is no broker; resolves once they are kept. */
export async function publishOffline(topic: string, numbers: number): Promise<void> {
  const db = new BrowserLevel('sessions');
  const kept = new Subject<number>();
  const watched: LevelDatabase = {
    open: () => db.open(),
    iterator: (range) => db.iterator<string, Uint8Array>(range),
    async batch(changes, options) {
      await db.batch<string, Uint8Array>(changes, options);
      kept.next(changes.flatMap(messagesOf).length);
    },
  };
  const allKept = lastValueFrom(
    kept.pipe(
      scan((sum, n) => sum + n, 0),
      takeWhile((sum) => sum < numbers, true),
    ),
  );
  const offline = client(NEVER, watched);
  for (let i = 0; i < numbers; i++) offline.publish(topic, String(i), { qos: i % 2 === 0 ? 1 : 2 }).subscribe();
  await allKept;
}

/** Connects; resolves with how many messages an earlier page left, once all are sent and nothing is kept any more. */
export async function recover(url: string): Promise<{ queued: number; left: number }> {
  const online = client(url);
  const recovered = firstValueFrom(online.events$.pipe(filter((event) => event.type === 'recovered')));
  online.connection$.subscribe();
  const { queued } = await recovered;
  await lastValueFrom(online.end({ timeout: 20_000 }).pipe(count()));
  const db = new BrowserLevel('sessions');
  const left = (await db.keys({ gte: 'tortoise-rx/tab/m', lt: 'tortoise-rx/tab/n' }).all()).length;
  await db.close();
  return { queued, left };
}

/** Opens the session, and says that it dials, or why it does not. */
export function hold(): Promise<string> {
  return new Promise((resolve) => {
    const dialled: Transport = new Observable(() => resolve('dials'));
    client(dialled).connection$.subscribe({ error: (error: unknown) => resolve(String(error)) });
  });
}

/** Waits until no tab has a session open: the browser lets go of those of a closed one a while afterwards. */
export async function released(): Promise<void> {
  const { held = [] } = await navigator.locks.query();
  for (const { name = '' } of held) await navigator.locks.request(name, () => undefined);
}
