import { InvalidOptionsError } from '../errors.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import type { SessionOptions } from '../session/Session.js';
import { type RetryNotifier, backoff } from '../stream/backoff.js';
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
  readonly retryWhen: RetryNotifier;
  readonly linger: number;
  readonly maxPacketSize: number;
  readonly tcp: ClientOptions['tcp'];
  readonly tls: ClientOptions['tls'];
}

/** Every option, with what it is when nothing is said. */
const DEFAULTS = {
  server: undefined,
  clientId: undefined,
  username: undefined,
  password: undefined,
  will: undefined,
  keepAlive: 60,
  pingTimeout: 5_000,
  cleanSession: true,
  connectTimeout: 10_000,
  connackTimeout: 5_000,
  subscribeTimeout: 5_000,
  retryWhen: undefined,
  linger: 1_000,
  queue: undefined,
  maxInflight: 65_535,
  onSessionLost: 'error',
  maxPacketSize: MAX_PACKET_SIZE,
  tcp: undefined,
  tls: undefined,
} as const satisfies Record<keyof ClientOptions, unknown>;

/** What the numbers may be. Milliseconds end where the timers of JavaScript do. */
const RANGES = {
  keepAlive: [0, 65_535, 'seconds'],
  pingTimeout: [1, 2_147_483_647, 'milliseconds'],
  connectTimeout: [1, 2_147_483_647, 'milliseconds'],
  connackTimeout: [1, 2_147_483_647, 'milliseconds'],
  subscribeTimeout: [1, 2_147_483_647, 'milliseconds'],
  linger: [0, 2_147_483_647, 'milliseconds'],
  maxInflight: [1, 65_535, 'messages'],
  maxPacketSize: [2, MAX_PACKET_SIZE, 'bytes'],
} as const;

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
  const given = options as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) if (!Object.hasOwn(DEFAULTS, key)) throw unknown(key);
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const all = { ...DEFAULTS, ...said } as ClientOptions & Omit<ResolvedOptions, 'clientId' | 'retryWhen' | 'queue'>;

  for (const [name, [min, max, unit]] of Object.entries(RANGES) as [
    keyof typeof RANGES,
    readonly [number, number, string],
  ][]) {
    checkNumber(name, all[name], min, max, unit);
  }
  oneOf('cleanSession', all.cleanSession, [true, false, 'first']);
  oneOf('onSessionLost', all.onSessionLost, ['error', 'republish']);
  const { size = 10_000, overflow = 'error', ...rest } = objectOf('queue', all.queue);
  for (const key of Object.keys(rest)) throw unknown(`queue.${key}`);
  checkNumber('queue.size', size, 0, Number.MAX_SAFE_INTEGER, 'messages');
  oneOf('queue.overflow', overflow, ['error', 'drop-oldest', 'drop-newest']);
  objectOf('tcp', all.tcp);
  objectOf('tls', all.tls);
  if (all.retryWhen !== undefined && typeof all.retryWhen !== 'function') {
    throw new InvalidOptionsError('retryWhen', 'expected a function such as backoff()');
  }
  connectFields(
    settled(all.username),
    settled(all.password),
    settled(all.will),
    typeof all.username === 'function' || urlHasUser(all.server),
  );

  return {
    ...all,
    will: typeof all.will === 'object' ? { ...all.will } : all.will,
    clientId: clientIdOf(all, random),
    queue: { size: size as number, overflow: overflow as SessionOptions['queue']['overflow'] },
    retryWhen: all.retryWhen ?? backoff(),
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

function clientIdOf({ clientId, cleanSession }: ClientOptions, random: () => number): string {
  if (clientId === undefined || clientId === '') {
    if (cleanSession !== true) {
      throw new InvalidOptionsError('clientId', `required with cleanSession: ${String(cleanSession)}, the broker finds the session by it`); // prettier-ignore
    }
    return clientId ?? `tortoise-${Array.from({ length: 14 }, () => Math.floor(random() * 36).toString(36)).join('')}`;
  }
  const why = invalidText(clientId, 'allowed');
  if (why !== undefined) throw new InvalidOptionsError('clientId', why);
  return clientId;
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

function objectOf(option: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new InvalidOptionsError(option, `expected an object, got ${typeof value}`);
}
