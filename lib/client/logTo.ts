import { type MonoTypeOperatorFunction, type Observable, isObservable, tap } from 'rxjs';
import type { Packet, PublishPacket } from '../packet/Packet.js';
import { checkArgument } from '../stream/checkOption.js';
import type { ClientEvent } from './ClientEvent.js';

/** Where lines of text go: `console`, for one. */
export interface LogTarget {
  log(line: string): void;
}

/** What `logTo` makes: a handler of events, and an operator that passes them on. */
export type LogTo = ((event: ClientEvent) => void) & MonoTypeOperatorFunction<ClientEvent>;

/**
 * Prints events readably, a line each: `client.events$.subscribe(logTo(console))`, or in a pipeline as an operator,
 * `client.events$.pipe(logTo(console), …)`. Passwords never appear, payloads only by their size.
 *
 * @throws {InvalidArgumentError} the target has no `log` method
 */
export function logTo(target: LogTarget): LogTo {
  const canLog = typeof (target as Partial<LogTarget> | undefined)?.log === 'function';
  checkArgument(canLog, 'target', 'an object with a log method, such as console', typeof target);
  const log = (event: ClientEvent) => target.log(`mqtt ${LINES[event.type](event as never)}`);
  return ((argument: ClientEvent | Observable<ClientEvent>) =>
    isObservable(argument) ? argument.pipe(tap(log)) : log(argument)) as LogTo;
}

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
