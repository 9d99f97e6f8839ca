// Runs in a browser: a consumer that works on nothing before it is told to.
import { type ClientEvent, type ClientOptions, backoff, consume, createClient } from '../../lib/index.browser.js';
import { granted } from '../support/granted.js';
import { type Recording, record } from '../support/record.js';

let begin: () => void;
const told = new Promise<void>((resolve) => (begin = resolve));
let events: Recording<ClientEvent>;
let consumed: Recording<unknown>;

/** Connects, and subscribes at QoS 0. */
export async function open(url: string, options: Pick<ClientOptions, 'receiveQueue'>): Promise<void> {
  const client = createClient(url, { receiveMaximum: 2, retryWhen: backoff({ min: 50 }), ...options });
  events = record(client.events$);
  consumed = record(consume(client, 'flood', () => told, { qos: 0, concurrency: Infinity }));
  await granted(client, 'flood');
}

/** Resolves when it reads no further. */
export async function paused(): Promise<void> {
  await events.until(({ type }) => type === 'paused');
}

/** Works on everything, and resolves when so many were worked on. */
export async function work(count: number): Promise<void> {
  begin();
  await consumed.first(count);
}

/** Resolves with why the first connection that is lost was lost. */
export async function lost(): Promise<string | undefined> {
  const seen = await events.until(({ type }) => type === 'disconnected');
  const last = seen.at(-1) as { cause?: { code: string } };
  return last.cause?.code;
}
