// Runs in a browser: a client that the specs beside it lead by the hand.
import {
  type Observable,
  filter,
  firstValueFrom,
  fromEvent,
  lastValueFrom,
  map,
  merge,
  range,
  take,
  toArray,
} from 'rxjs';
import {
  type ClientOptions,
  type Connection,
  type MqttClient,
  type QoS,
  backoff,
  publishEach,
} from '../../lib/index.browser.js';
import { createClient } from '../../lib/index.browser.js';
import { granted } from '../support/granted.js';
import { type Recording, record } from '../support/record.js';

interface Received {
  readonly topic: string;
  readonly text: string;
  readonly qos: QoS;
}

type OpenOptions = Pick<ClientOptions, 'clientId' | 'cleanSession' | 'will'> & {
  retry?: 'soon' | 'online';
  hear?: string;
};

let client: MqttClient;
let connections: Recording<Connection>;
let closeCodes: Recording<number | undefined>;
let messages: Recording<Received>;

/** Where the program finds itself. */
export function surroundings(): Record<'process' | 'Buffer' | 'document' | 'importScripts', string> {
  const scope = globalThis as unknown as Record<string, unknown>;
  const kind = (name: string) => typeof scope[name];
  return {
    process: kind('process'),
    Buffer: kind('Buffer'),
    document: kind('document'),
    importScripts: kind('importScripts'),
  };
}

/**
 * Connects, and holds the connection. When it is lost the client tries again soon, or only when the tab is `online`.
 * It may `hear` a topic from before it connects, as one must to whom a session has something to bring.
 */
export async function open(url: string, { retry, hear, ...options }: OpenOptions = {}): Promise<Connection> {
  const wait = retry === 'online' ? 3_600_000 : 50;
  const scope = globalThis as unknown as EventTarget;
  const forwarded$ = fromEvent<MessageEvent>(scope, 'message').pipe(filter(({ data }) => data === 'online'));
  const wake$ = merge(fromEvent(scope, 'online'), forwarded$);
  client = createClient(url, { ...options, retryWhen: backoff({ min: wait, max: wait, jitter: 0, wake$ }) });
  if (hear !== undefined) messages = recordTopic(hear, 1);
  connections = record(client.connection$);
  closeCodes = record(
    client.events$.pipe(
      filter((event) => event.type === 'disconnected'),
      map(({ closeCode }) => closeCode),
    ),
  );
  return (await connections.first(1))[0]!;
}

/** Resolves with the `n`-th connection, from 1. */
export async function connection(n: number): Promise<Connection> {
  return (await connections.first(n))[n - 1]!;
}

/** Resolves with the close code of the `n`-th connection that is lost, from 1. */
export async function closeCode(n: number): Promise<number | undefined> {
  return (await closeCodes.first(n))[n - 1];
}

/** Resolves when the client waits for its next attempt. */
export async function waiting(): Promise<void> {
  await firstValueFrom(client.state$.pipe(filter(({ status }) => status === 'waiting')));
}

/** Listens from now on; resolves with the QoS that the broker granted. */
export async function listen(topicFilter: string, qos: QoS): Promise<QoS | undefined> {
  messages = recordTopic(topicFilter, qos);
  await granted(client, topicFilter);
  const subscriptions = await firstValueFrom(client.subscriptions$);
  return subscriptions.get(topicFilter)?.granted;
}

/** Resolves with the first `count` messages. */
export function received(count: number): Promise<Received[]> {
  return messages.first(count);
}

/** Resolves, when `count` different numbers have come, with those. */
export async function receivedNumbers(count: number): Promise<number[]> {
  const different = new Set<number>();
  await messages.until(({ text }) => different.add(Number(text)).size === count);
  return [...different];
}

/** Publishes; resolves with the QoS of the receipt, or with what the publish errs with. */
export function publish(topic: string, text: string, qos: QoS): Promise<{ qos?: QoS; error?: string }> {
  return firstValueFrom(client.publish(topic, text, { qos })).then(
    (receipt) => ({ qos: receipt.qos }),
    (error: unknown) => ({ error: (error as Error).name }),
  );
}

/** Publishes the numbers from 0 to `count` - 1; resolves with the errors. */
export async function publishNumbers(topic: string, count: number, qos: QoS): Promise<string[]> {
  const results$ = range(count).pipe(
    publishEach(client, (n) => ({ topic, payload: `${n}`, qos }), { concurrency: 50 }),
  );
  const results = await lastValueFrom(results$.pipe(take(count), toArray()));
  return results.flatMap(({ error }) => (error ? [error.name] : []));
}

/** Ends the client; resolves when it has ended. */
export async function end(): Promise<void> {
  await completed(client.end());
}

function recordTopic(topicFilter: string, qos: QoS): Recording<Received> {
  const received$ = client.topic$(topicFilter, { qos });
  return record(received$.pipe(map((m) => ({ topic: m.topic, text: m.text(), qos: m.qos }))));
}

function completed(source$: Observable<unknown>): Promise<unknown> {
  return lastValueFrom(source$, { defaultValue: undefined });
}
