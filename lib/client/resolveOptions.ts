import { LONGEST_TIMER, checkChoice, checkInteger, checkOption } from '../stream/checkOption.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import type { SessionOptions } from '../session/SessionOptions.js';
import type { RetryNotifier } from '../stream/backoff.js';
import type { ClientOptions } from './ClientOptions.js';
import type { SessionStore } from './SessionStore.js';
import { copied } from '../transport/copied.js';
import { checkText, connectFields, isObject } from './connectFields.js';
import { noOthers } from './noOthers.js';

/** The options with their defaults, checked. */
export interface ResolvedOptions extends SessionOptions {
  readonly clientId: string;
  /** `username`, `password` and `will`: in a closure, where no inspection of a client finds them. */
  readonly said: () => readonly [ClientOptions['username'], ClientOptions['password'], ClientOptions['will']];
  readonly keepAlive: number;
  readonly pingTimeout: number;
  readonly cleanSession: boolean | 'first';
  readonly connectTimeout: number;
  readonly connackTimeout: number;
  readonly subscribeTimeout: number;
  readonly retryWhen: RetryNotifier | undefined;
  readonly linger: number;
  readonly maxPacketSize: number;
  readonly store: SessionStore | undefined;
}

/** For most clients, so that they need not have one each. */
const nothingSaid = () => [undefined, undefined, undefined] as const;

/**
 * Checks the options and fills in what was not said. What a function will give is checked at each attempt.
 *
 * @param random a number of at least 0 and below 1, for the client identifier
 * @throws {InvalidOptionsError} naming the option
 */
export function resolveOptions(options: ClientOptions, random: () => number): ResolvedOptions {
  const {
    server,
    clientId,
    username,
    password,
    will,
    keepAlive = 60,
    pingTimeout = 5_000,
    cleanSession = true,
    connectTimeout = 10_000,
    connackTimeout = 5_000,
    subscribeTimeout = 5_000,
    retryWhen,
    linger = 1_000,
    queue,
    maxInflight = 65_535,
    onSessionLost = 'error',
    maxPacketSize = MAX_PACKET_SIZE,
    tcp,
    tls,
    store,
    webSocket,
    ...others
  } = options;
  noOthers('', others);
  checkInteger('keepAlive', keepAlive, 'seconds', 0, 65_535);
  checkTime('pingTimeout', pingTimeout);
  checkTime('connectTimeout', connectTimeout);
  checkTime('connackTimeout', connackTimeout);
  checkTime('subscribeTimeout', subscribeTimeout);
  checkTime('linger', linger, 0);
  checkInteger('maxInflight', maxInflight, 'messages', 1, 65_535);
  checkInteger('maxPacketSize', maxPacketSize, 'bytes', 2, MAX_PACKET_SIZE);
  checkChoice('cleanSession', cleanSession, [true, false, 'first']);
  checkChoice('onSessionLost', onSessionLost, ['error', 'republish']);
  checkObject('queue', queue);
  checkObject('tcp', tcp);
  checkObject('tls', tls);
  checkObject('webSocket', webSocket);
  const { size = 10_000, bytes = MAX_PACKET_SIZE, overflow = 'error', ...unknown } = queue ?? {};
  noOthers('queue.', unknown);
  checkInteger('queue.size', size, 'messages', 0, Number.MAX_SAFE_INTEGER);
  if (bytes !== Infinity) checkInteger('queue.bytes', bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER);
  checkChoice('queue.overflow', overflow, ['error', 'drop-oldest', 'drop-newest']);
  const canRetry = retryWhen === undefined || typeof retryWhen === 'function';
  checkOption(canRetry, 'retryWhen', 'a function such as backoff()', retryWhen);
  const canStore = store === undefined || typeof (store as SessionStore | null)?.attach === 'function';
  checkOption(
    canStore,
    'store',
    'a session store: levelStore(db), memoryStore(), or one of your own by sessionStore(open)',
    store,
  );
  connectFields(
    settled(username),
    settled(password),
    settled(will),
    password === undefined || typeof username === 'function' || urlHasUser(server),
  );

  const said = [username, copied(password), copied(will)] as const;
  // Field by field: what spreading makes has a shape of its own, 2 kB for each client.
  return {
    clientId: clientIdOf(clientId, cleanSession, store, random),
    said: said.some((one) => one !== undefined) ? () => said : nothingSaid,
    cleanSession,
    onSessionLost,
    queue: { size, bytes, overflow },
    retryWhen,
    store,
    keepAlive,
    pingTimeout,
    connectTimeout,
    connackTimeout,
    subscribeTimeout,
    linger,
    maxInflight,
    maxPacketSize,
  };
}

function checkTime(option: string, value: unknown, min = 1): void {
  checkInteger(option, value, 'milliseconds', min, LONGEST_TIMER);
}

function checkObject(option: string, value: unknown): void {
  const isOne = value === undefined || isObject(value);
  if (!isOne) checkOption(false, option, 'an object', value === null ? null : typeof value);
}

function settled(value: unknown): unknown {
  return typeof value === 'function' ? undefined : value;
}

function urlHasUser(server: unknown): boolean {
  if (typeof server === 'function') return true; // only the attempt will tell
  return [server].flat().some((address) => typeof address === 'string' && /^[^/]*\/\/[^/]*@/.test(address));
}

function clientIdOf(
  clientId: string | undefined,
  cleanSession: boolean | 'first',
  store: SessionStore | undefined,
  random: () => number,
): string {
  const keeper = store ? 'a store' : `cleanSession: ${String(cleanSession)}`;
  const isOwn = !store && cleanSession === true;
  checkOption(isOwn || clientId, 'clientId', `one with ${keeper}: the session is found by it`, clientId);
  if (clientId !== undefined) return checkText('clientId', clientId);
  return `tortoise-${Array.from({ length: 14 }, () => Math.floor(random() * 36).toString(36)).join('')}`;
}
