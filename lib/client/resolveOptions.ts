import { InvalidOptionsError } from '../errors.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import type { SessionOptions } from '../session/SessionOptions.js';
import type { SessionStore } from '../session/SessionStore.js';
import type { RetryNotifier } from '../stream/backoff.js';
import { invalidText } from '../topic/invalidText.js';
import type { ClientOptions } from './ClientOptions.js';
import { connectFields } from './connectFields.js';

/** The options with their defaults, checked. */
export interface ResolvedOptions extends SessionOptions {
  readonly clientId: string;
  readonly username: ClientOptions['username'];
  readonly password: ClientOptions['password'];
  readonly will: ClientOptions['will'];
  readonly keepAlive: number;
  readonly pingTimeout: number;
  readonly cleanSession: boolean | 'first';
  readonly connectTimeout: number;
  readonly connackTimeout: number;
  readonly subscribeTimeout: number;
  readonly retryWhen: RetryNotifier | undefined;
  readonly linger: number;
  readonly maxPacketSize: number;
  readonly tcp: ClientOptions['tcp'];
  readonly tls: ClientOptions['tls'];
  readonly webSocket: ClientOptions['webSocket'];
  readonly store: SessionStore | undefined;
}

/** The options that are numbers: default, least, most, unit. Milliseconds end where the timers of JavaScript do. */
const NUMBERS = {
  keepAlive: [60, 0, 65_535, 'seconds'],
  pingTimeout: [5_000, 1, 2_147_483_647, 'milliseconds'],
  connectTimeout: [10_000, 1, 2_147_483_647, 'milliseconds'],
  connackTimeout: [5_000, 1, 2_147_483_647, 'milliseconds'],
  subscribeTimeout: [5_000, 1, 2_147_483_647, 'milliseconds'],
  linger: [1_000, 0, 2_147_483_647, 'milliseconds'],
  maxInflight: [65_535, 1, 65_535, 'messages'],
  maxPacketSize: [MAX_PACKET_SIZE, 2, MAX_PACKET_SIZE, 'bytes'],
} as const;

const OTHERS =
  'server clientId username password will cleanSession retryWhen queue onSessionLost tcp tls webSocket store';
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(NUMBERS), ...OTHERS.split(' ')]);

/** What users of other clients call our options. */
const ALIASES: Readonly<Record<string, string>> = {
  keepalive: 'keepAlive',
  clean: 'cleanSession',
  clientID: 'clientId',
  client_id: 'clientId',
  user_name: 'username',
  reconnectPeriod: 'retryWhen',
  resubscribe: 'topic$',
  ca: 'tls',
  cert: 'tls',
  key: 'tls',
  rejectUnauthorized: 'tls',
};

/**
 * Checks the options and fills in what was not said. What a function will give is checked at each attempt.
 *
 * @param random a number of at least 0 and below 1, for the client identifier
 * @throws {InvalidOptionsError} naming the option
 */
export function resolveOptions(options: ClientOptions, random: () => number): ResolvedOptions {
  for (const key of Object.keys(options)) if (!KNOWN.has(key)) throw unknown(key);
  const number = (name: keyof typeof NUMBERS): number => {
    const [fallback, min, max, unit] = NUMBERS[name];
    const { [name]: value = fallback } = options;
    checkNumber(name, value, min, max, unit);
    return value;
  };
  const {
    server,
    username,
    password,
    will,
    retryWhen,
    tcp,
    tls,
    webSocket,
    store,
    cleanSession = true,
    onSessionLost = 'error',
  } = options;
  oneOf('cleanSession', cleanSession, [true, false, 'first']);
  oneOf('onSessionLost', onSessionLost, ['error', 'republish']);
  const { size = 10_000, bytes = MAX_PACKET_SIZE, overflow = 'error', ...rest } = objectOf<NonNullable<ClientOptions['queue']>>('queue', options.queue); // prettier-ignore
  for (const key of Object.keys(rest)) throw unknown(`queue.${key}`);
  checkNumber('queue.size', size, 0, Number.MAX_SAFE_INTEGER, 'messages');
  if (bytes !== Infinity) checkNumber('queue.bytes', bytes, 0, Number.MAX_SAFE_INTEGER, 'bytes, or Infinity,');
  oneOf('queue.overflow', overflow, ['error', 'drop-oldest', 'drop-newest']);
  if (retryWhen !== undefined && typeof retryWhen !== 'function') {
    throw new InvalidOptionsError('retryWhen', 'expected a function such as backoff()');
  }
  if (store !== undefined && typeof objectOf('store', store).open !== 'function') {
    throw new InvalidOptionsError('store', 'expected a session store such as levelStore(db) or memoryStore()');
  }
  const usernameMayCome = password !== undefined && (typeof username === 'function' || urlHasUser(server));
  connectFields(settled(username), settled(password), settled(will), usernameMayCome);

  // Field by field: what spreading makes has a shape of its own, 2 kB for each client.
  return {
    clientId: clientIdOf(options.clientId, cleanSession, store !== undefined, random),
    username,
    password,
    will: typeof will === 'object' ? { ...will } : will,
    cleanSession,
    onSessionLost,
    queue: { size, bytes, overflow },
    retryWhen,
    tcp: tcp === undefined ? undefined : objectOf('tcp', tcp),
    tls: tls === undefined ? undefined : objectOf('tls', tls),
    webSocket: webSocket === undefined ? undefined : objectOf('webSocket', webSocket),
    store,
    keepAlive: number('keepAlive'),
    pingTimeout: number('pingTimeout'),
    connectTimeout: number('connectTimeout'),
    connackTimeout: number('connackTimeout'),
    subscribeTimeout: number('subscribeTimeout'),
    linger: number('linger'),
    maxInflight: number('maxInflight'),
    maxPacketSize: number('maxPacketSize'),
  };
}

function unknown(key: string): InvalidOptionsError {
  const instead = ALIASES[key];
  return new InvalidOptionsError(key, instead ? `there is no such option; use ${instead}` : 'there is no such option');
}

function settled<T>(value: T): Exclude<T, (...args: never) => unknown> | undefined {
  return typeof value === 'function' ? undefined : (value as Exclude<T, (...args: never) => unknown>);
}

function urlHasUser(server: unknown): boolean {
  if (typeof server === 'function') return true; // only the attempt will tell
  return [server].flat().some((address) => typeof address === 'string' && /^[^/]*\/\/[^/]*@/.test(address));
}

function clientIdOf(
  clientId: unknown,
  cleanSession: boolean | 'first',
  hasStore: boolean,
  random: () => number,
): string {
  if (clientId === undefined || clientId === '') {
    if (hasStore) throw new InvalidOptionsError('clientId', 'required with store, which keeps the session under it');
    if (cleanSession !== true) {
      throw new InvalidOptionsError('clientId', `required with cleanSession: ${String(cleanSession)}, the broker finds the session by it`); // prettier-ignore
    }
    return clientId ?? `tortoise-${Array.from({ length: 14 }, () => Math.floor(random() * 36).toString(36)).join('')}`;
  }
  const why = invalidText(clientId, 'allowed');
  if (why !== undefined) throw new InvalidOptionsError('clientId', why);
  return clientId as string;
}

function checkNumber(option: string, value: unknown, min: number, max: number, unit: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionsError(option, `expected an integer of ${unit} from ${min} to ${max}, got ${String(value)}`);
}

function oneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidOptionsError(
    option,
    `expected ${allowed.map((one) => JSON.stringify(one)).join(', ')}, got ${JSON.stringify(value)}`,
  );
}

function objectOf<T extends object>(option: string, value: T | undefined): Partial<T> {
  if (value === undefined) return {};
  if (typeof value === 'object' && (value as unknown) !== null) return value;
  throw new InvalidOptionsError(option, `expected an object, got ${typeof value}`);
}
