import { type MonoTypeOperatorFunction, type Observable, asyncScheduler, isObservable, tap } from 'rxjs';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import type { Packet, PublishPacket } from '../packet/Packet.js';
import { checkArgument } from '../stream/checkOption.js';
import type { ClientEvent } from './ClientEvent.js';

/** How grave a line is, from the least on. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type Print = (line: string) => unknown;

/** Where lines of text go: `console`, and most loggers. A level that has no method of its own goes to `log`. */
export type LogTarget =
  | Readonly<Record<LogLevel, Print>>
  | (Readonly<Record<'log', Print>> & Partial<Readonly<Record<LogLevel, Print | undefined>>>);

/** What `logTo` prints. */
export interface LogOptions {
  /** Whether there is a line for each packet as well. Default `false`. */
  readonly packets?: boolean | undefined;
  /** The least level that is printed. Default `'debug'`: all. */
  readonly level?: LogLevel | undefined;
}

/** What `logTo` makes: a handler of events, and an operator that passes all of them on. */
export type LogTo = ((event: ClientEvent) => void) & MonoTypeOperatorFunction<ClientEvent>;

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Prints events readably, a line each with its time, by the method of its level: `client.events$.subscribe(logTo(console))`,
 * or in a pipeline as an operator, `client.events$.pipe(logTo(console), …)`. Passwords never appear, payloads only by their
 * size.
 *
 * @throws {InvalidArgumentError} the target lacks methods, or an option is wrong
 */
export function logTo(target: LogTarget, options: LogOptions = {}): LogTo {
  const methods = target as Partial<Record<LogLevel | 'log', Print>> | undefined;
  const has = (method: LogLevel | 'log') => typeof methods?.[method] === 'function';
  const expected = 'an object with the methods debug, info, warn and error, or with log, such as console';
  checkArgument(has('log') || ORDER.every(has), 'target', expected, typeof target);
  refuseOtherArguments(options, ['packets', 'level']);
  const { packets = false, level = 'debug' } = options;
  checkArgument(typeof (packets as unknown) === 'boolean', 'packets', 'true or false', packets);
  checkArgument(ORDER.includes(level), 'level', ORDER.join(', '), level);
  const printed = ORDER.slice(ORDER.indexOf(level));

  const log = (event: ClientEvent) => {
    const its = levelOf(event);
    if (!printed.includes(its) || (!packets && 'packet' in event)) return;
    const time = new Date(asyncScheduler.now()).toISOString();
    methods![has(its) ? its : 'log']!(`${time} mqtt ${LINES[event.type](event as never)}`);
  };
  return ((argument: ClientEvent | Observable<ClientEvent>) =>
    isObservable(argument) ? argument.pipe(tap(log)) : log(argument)) as LogTo;
}

function levelOf(event: ClientEvent): LogLevel {
  return event.type === 'disconnected' && event.cause ? 'warn' : LEVELS[event.type];
}

/** `disconnected` with a cause is a warning. */
const LEVELS: Readonly<Record<ClientEvent['type'], LogLevel>> = {
  connecting: 'info',
  connected: 'info',
  unverified: 'warn',
  disconnected: 'info',
  retry: 'warn',
  suspended: 'info',
  resumed: 'info',
  subscribed: 'info',
  refused: 'warn',
  unsubscribed: 'info',
  'packet-sent': 'debug',
  'packet-received': 'debug',
  ping: 'debug',
  'message-dropped': 'warn',
  undecodable: 'warn',
  'takeover-suspected': 'warn',
  suspected: 'warn',
  'given-up': 'error',
  paused: 'debug',
  reading: 'debug',
  recovered: 'info',
  'record-set-aside': 'error',
  'store-failed': 'error',
  ended: 'info',
};

type Lines = { readonly [E in ClientEvent as E['type']]: (event: E) => string };
type Details = { readonly [P in Packet as P['type']]?: (packet: P) => string };

const LINES: Lines = {
  connecting: ({ attempt }) => `connecting, attempt ${attempt}`,
  connected: ({ server, clientId, sessionPresent }) =>
    `connected to ${server} as ${clientId}, session ${sessionPresent ? 'present' : 'new'}`,
  unverified: ({ server, reason }) => `NOT VERIFIED: anybody could pose as ${server} (${reason})`,
  disconnected: ({ cause }) => `disconnected${cause ? `: ${cause.message}` : ''}`,
  retry: ({ attempt, delay, cause }) =>
    `attempt ${attempt}${delay === undefined ? '' : ` in ${Math.round(delay)} ms`}, because: ${cause.message}`,
  subscribed: ({ filter, requested, granted }) => `subscribed ${filter} at QoS ${granted} of ${requested}`,
  refused: ({ filter }) => `subscription refused: ${filter}`,
  unsubscribed: ({ filter }) => `unsubscribed ${filter}`,
  'packet-sent': ({ packet }) => `→ ${packetLine(packet)}`,
  'packet-received': ({ packet }) => `← ${packetLine(packet)}`,
  ping: ({ roundTrip }) => `ping answered after ${Math.round(roundTrip)} ms`,
  'message-dropped': ({ reason, topic }) => `message dropped (${reason}): ${topic}`,
  suspended: () => 'suspended: no connection until resume()',
  resumed: () => 'resumed',
  // Errors and issues may quote the payload.
  undecodable: ({ topic, issues: { length } }) =>
    `message does not decode: ${topic}${length > 0 ? ` (${length} ${length === 1 ? 'issue' : 'issues'} of the schema)` : ''}`,
  'takeover-suspected': ({ clientId }) =>
    `connections are lost as soon as they are made: does another client use the identifier ${clientId}?`,
  suspected: ({ filters, topics }) =>
    `sent apart from now on, for the broker may hang up on one of them: ${[...filters, ...topics].join(', ')}`,
  'given-up': ({ filter, topic, trials }) =>
    `given up, because the broker hung up ${trials} times: ${filter === undefined ? `message to ${topic}` : `subscription ${filter}`}`,
  paused: () => 'reading no further, for the application has as many messages in hand as it may have',
  reading: () => 'reading on',
  recovered: ({ inFlight, queued, received }) =>
    `recovered ${inFlight} messages in flight and ${queued} queued, ${received} identifiers`,
  'record-set-aside': ({ key, reason }) => `record ${key} of the store was set aside: ${reason}`,
  'store-failed': ({ error }) => error.message,
  ended: () => 'ended',
};

const DETAILS: Details = {
  publish: ({ topic, qos, dup, retain, payload }) =>
    ` ${topic} QoS ${qos}${dup ? ' dup' : ''}${retain ? ' retain' : ''}, ${payload.length} bytes`,
  subscribe: ({ subscriptions }) => ` ${subscriptions.map(({ filter, qos }) => `${filter} (${qos})`).join(', ')}`,
  suback: ({ reasonCodes }) => ` ${reasonCodes.join(', ')}`,
  unsubscribe: ({ filters }) => ` ${filters.join(', ')}`,
  connect: ({ clientId, cleanStart }) => ` ${clientId}${cleanStart ? ' clean' : ''}`,
  connack: ({ reasonCode, sessionPresent }) => ` ${reasonCode}${sessionPresent ? ' session present' : ''}`,
};

function packetLine(packet: Packet): string {
  const { type, packetId } = packet as Partial<PublishPacket> & Packet;
  return `${type.toUpperCase()}${packetId ? ` #${packetId}` : ''}${DETAILS[type]?.(packet as never) ?? ''}`;
}
