import type { AskedPerAttempt, ConnectionOptions, Will } from '../connection/ConnectionOptions.js';
import { checkText, connectFields } from '../connection/connectFields.js';
import { isObject } from '../connection/isObject.js';
import { LONGEST_DEFAULT } from '../connection/pulseOptions.js';
import { refuseOthers } from '../connection/refuseOthers.js';
import { InvalidOptionsError } from '../errors.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import { MAX_VARINT } from '../packet/varint.js';
import type { SessionOptions } from '../session/SessionOptions.js';
import type { SessionStore } from '../session/SessionStore.js';
import { STABLE_AFTER, backoff } from '../stream/backoff.js';
import { LONGEST_TIMER, checkChoice, checkInteger, checkOption } from '../stream/checkOption.js';
import { copied } from '../transport/copied.js';
import type { ClientOptions } from './ClientOptions.js';

/** The options with their defaults, checked. */
export interface ResolvedOptions extends SessionOptions, ConnectionOptions {
  /** Milliseconds. */
  readonly subscribeTimeout: number;
  readonly store: SessionStore | undefined;
}

/** The names of all options, for hints. */
const NAMES = [
  'server',
  'clientId',
  'username',
  'password',
  'will',
  'keepAlive',
  'pingInterval',
  'pingTimeout',
  'cleanSession',
  'connectTimeout',
  'connackTimeout',
  'subscribeTimeout',
  'subscribeBatch',
  'giveUpAfter',
  'retryWhen',
  'linger',
  'queue',
  'maxInflight',
  'onSessionLost',
  'maxPacketSize',
  'protocolVersion',
  'sessionExpiryInterval',
  'receiveMaximum',
  'receiveQueue',
  'topicAliasMaximum',
  'topicAliases',
  'requestResponseInformation',
  'requestProblemInformation',
  'userProperties',
  'authentication',
  'followServerReference',
  'tcp',
  'tls',
  'store',
  'webSocket',
];
const WEB_SOCKET_NAMES = [
  'protocols',
  'WebSocketCtor',
  'headers',
  'origin',
  'agent',
  'followRedirects',
  'perMessageDeflate',
  'maxPayload',
];

/** What most clients say about themselves, so that they need not have an object each. */
const NOTHING_ASKED: AskedPerAttempt = {
  username: undefined,
  password: undefined,
  will: undefined,
  userProperties: undefined,
  sessionExpiryInterval: undefined,
  authentication: undefined,
};
const nothingAsked = () => NOTHING_ASKED;
/** Options that mean nothing without MQTT 5. */
const OF_5 = [
  'sessionExpiryInterval',
  'topicAliasMaximum',
  'topicAliases',
  'requestResponseInformation',
  'requestProblemInformation',
  'userProperties',
  'authentication',
  'followServerReference',
] as const;

/**
 * Checks the options and fills in what was not said. What a function will give is checked at each attempt.
 *
 * @param where the server, if it is not among the options
 * @param random a number of at least 0 and below 1, for the client identifier
 * @throws {InvalidOptionsError} naming the option
 */
export function resolveOptions(options: ClientOptions, where: unknown, random: () => number): ResolvedOptions {
  const {
    server = where,
    clientId,
    username,
    password,
    will,
    keepAlive,
    pingInterval,
    pingTimeout,
    cleanSession = true,
    connectTimeout = 10_000,
    connackTimeout = 5_000,
    subscribeTimeout = 5_000,
    subscribeBatch = Infinity,
    giveUpAfter = 5,
    retryWhen,
    linger = 1_000,
    queue,
    maxInflight = 65_535,
    onSessionLost = 'error',
    maxPacketSize = MAX_PACKET_SIZE,
    protocolVersion = 4,
    sessionExpiryInterval,
    receiveMaximum = 65_535,
    receiveQueue = 8_388_608,
    topicAliasMaximum = 64,
    topicAliases = 64,
    requestResponseInformation = false,
    requestProblemInformation = true,
    userProperties,
    authentication,
    followServerReference = false,
    tcp,
    tls,
    store,
    webSocket,
    ...others
  } = options;
  refuseOthers('', others, NAMES);
  checkPulse(keepAlive, pingInterval, pingTimeout);
  checkTime('connectTimeout', connectTimeout);
  checkTime('connackTimeout', connackTimeout);
  checkTime('subscribeTimeout', subscribeTimeout);
  checkTime('linger', linger, 0);
  checkInteger('maxInflight', maxInflight, 'messages', 1, 65_535);
  checkInteger('maxPacketSize', maxPacketSize, 'bytes', 2, MAX_PACKET_SIZE);
  checkChoice('protocolVersion', protocolVersion, [4, 5, 'auto']);
  checkOnly5(options, protocolVersion);
  checkInteger('receiveMaximum', receiveMaximum, 'messages', 1, 65_535);
  checkInteger('receiveQueue', receiveQueue, 'bytes', 0, Number.MAX_SAFE_INTEGER);
  checkInteger('topicAliasMaximum', topicAliasMaximum, 'topic aliases', 0, 65_535);
  checkInteger('topicAliases', topicAliases, 'topic aliases', 0, 65_535);
  checkChoice('requestResponseInformation', requestResponseInformation, [true, false]);
  checkChoice('requestProblemInformation', requestProblemInformation, [true, false]);
  if (typeof followServerReference !== 'function') {
    checkChoice('followServerReference', followServerReference, [true, false]);
  }
  if (subscribeBatch !== Infinity) checkInteger('subscribeBatch', subscribeBatch, 'topic filters', 1, 65_535);
  if (giveUpAfter !== Infinity) checkInteger('giveUpAfter', giveUpAfter, 'trials', 1, Number.MAX_SAFE_INTEGER);
  checkChoice('cleanSession', cleanSession, [true, false, 'first']);
  checkChoice('onSessionLost', onSessionLost, ['error', 'republish']);
  checkObject('queue', queue);
  checkObject('tcp', tcp);
  if (typeof tls !== 'function') checkObject('tls', tls);
  checkObject('webSocket', webSocket);
  checkWhere('tcp', tcp);
  checkWhere('tls', tls);
  if (webSocket && !webSocket.WebSocketCtor) {
    const unknown = Object.keys(webSocket).filter((name) => !WEB_SOCKET_NAMES.includes(name));
    refuseOthers('webSocket.', Object.fromEntries(unknown.map((name) => [name, 0])), WEB_SOCKET_NAMES);
  }
  const { size = 10_000, bytes = MAX_PACKET_SIZE, overflow = 'error', ...unknown } = queue ?? {};
  refuseOthers('queue.', unknown, ['size', 'bytes', 'overflow']);
  checkInteger('queue.size', size, 'messages', 0, Number.MAX_SAFE_INTEGER);
  if (bytes !== Infinity) checkInteger('queue.bytes', bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER);
  checkChoice('queue.overflow', overflow, ['error', 'drop-oldest', 'drop-newest']);
  const isBackoff = (retryWhen as unknown) === backoff;
  const canRetry = retryWhen === undefined || (typeof retryWhen === 'function' && !isBackoff);
  const retrier = isBackoff ? 'backoff itself: call it' : retryWhen;
  checkOption(canRetry, 'retryWhen', 'a function such as backoff()', retrier);
  const canStore = store === undefined || typeof (store as SessionStore | null)?.persistence === 'function';
  checkOption(
    canStore,
    'store',
    'a session store: levelStore(db), memoryStore(), or one of your own by sessionStore(open)',
    store,
  );
  const usernameMayCome =
    password === undefined || typeof username === 'function' || protocolVersion !== 4 || urlHasUser(server);
  const asked: AskedPerAttempt = {
    username,
    password: copied(password),
    will: copied(will),
    userProperties: copied(userProperties),
    sessionExpiryInterval,
    authentication: copied(authentication),
  };
  const isSomethingAsked = Object.values(asked).some((one) => one !== undefined);
  if (isSomethingAsked) {
    const given = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, settled(value)]));
    connectFields(given, usernameMayCome);
  }
  if (cleanSession === true) {
    const isAsked = sessionExpiryInterval !== undefined;
    checkOption(!isAsked, 'sessionExpiryInterval', "cleanSession: false or 'first' beside it", 'true');
  }
  // Field by field: what spreading makes has a shape of its own, 2 kB for each client.
  return {
    clientId: clientIdOf(clientId, cleanSession, store, protocolVersion, random),
    askedPerAttempt: isSomethingAsked ? () => asked : nothingAsked,
    protocolVersion,
    cleanSession,
    onSessionLost,
    queue: { size, bytes, overflow },
    retryWhen,
    store,
    keepAlive,
    pingInterval,
    pingTimeout,
    connectTimeout,
    connackTimeout,
    subscribeTimeout,
    subscribeBatch,
    foreignFrom: Math.floor((random() * MAX_VARINT) / 2),
    giveUpAfter,
    stableAfter: retryWhen?.stableAfter ?? STABLE_AFTER,
    linger,
    maxInflight,
    maxPacketSize,
    receiveMaximum,
    receiveQueue,
    topicAliasMaximum,
    topicAliases,
    requestResponseInformation,
    requestProblemInformation,
    followServerReference,
  };
}

/** What only MQTT 5 has is not dropped in silence. */
function checkOnly5(options: ClientOptions, protocolVersion: number | string): void {
  if (protocolVersion !== 4) return;
  const given = OF_5.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new InvalidOptionsError(given, "it needs MQTT 5: set protocolVersion to 5 or 'auto'");
  const { will } = options;
  const hasProperties = isObject(will) && (will as Partial<Will>).properties !== undefined;
  if (hasProperties)
    throw new InvalidOptionsError('will.properties', "they need MQTT 5: set protocolVersion to 5 or 'auto'");
}

function checkPulse(keepAlive: unknown, pingInterval: unknown, pingTimeout: unknown): void {
  if (keepAlive !== undefined) checkSeconds('keepAlive', keepAlive, 0, 65_535);
  if (pingInterval !== undefined) {
    const most = keepAlive === undefined ? LONGEST_DEFAULT : (keepAlive as number) || 65_535;
    checkSeconds('pingInterval', pingInterval, 1, most);
  }
  if (pingTimeout !== undefined) checkTime('pingTimeout', pingTimeout);
}

function checkSeconds(option: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= 10_000 && value % 1_000 === 0) {
    const how = `expected seconds, got ${value}: did you mean ${value / 1_000}?`;
    throw new InvalidOptionsError(option, how);
  }
  checkInteger(option, value, 'seconds', min, max);
}

function checkTime(option: string, value: unknown, min = 1): void {
  checkInteger(option, value, 'milliseconds', min, LONGEST_TIMER);
}

/** Where to dial is said once: by the URL. */
function checkWhere(option: string, given: object | undefined): void {
  for (const name of ['host', 'port', 'path'] as const) {
    const value = (given as Partial<Record<string, unknown>> | undefined)?.[name];
    checkOption(value === undefined, `${option}.${name}`, 'it in the URL of the option server', value);
  }
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
  protocolVersion: number | string,
  random: () => number,
): string {
  const keeper = store ? 'a store' : `cleanSession: ${String(cleanSession)}`;
  const mayBeEmpty = !store && (cleanSession === true || (protocolVersion === 5 && clientId === ''));
  checkOption(mayBeEmpty || clientId, 'clientId', `one with ${keeper}: the session is found by it`, clientId);
  if (clientId !== undefined) return checkText('clientId', clientId);
  return `tortoise-${Array.from({ length: 14 }, () => Math.floor(random() * 36).toString(36)).join('')}`;
}
