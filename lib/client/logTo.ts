import { type MonoTypeOperatorFunction, type Observable, isObservable, tap } from 'rxjs';
import type { Packet } from '../packet/Packet.js';
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
 */
export function logTo(target: LogTarget): LogTo {
  const log = (event: ClientEvent) => target.log(`mqtt ${line(event)}`);
  return ((argument: ClientEvent | Observable<ClientEvent>) =>
    isObservable(argument) ? argument.pipe(tap(log)) : log(argument)) as LogTo;
}

function line(event: ClientEvent): string {
  switch (event.type) {
    case 'connecting':
      return `connecting, attempt ${event.attempt}`;
    case 'connected':
      return `connected to ${event.server} as ${event.clientId}, session ${event.sessionPresent ? 'present' : 'new'}`;
    case 'unverified':
      return `NOT VERIFIED: anybody could pose as ${event.server} (${event.reason})`;
    case 'disconnected':
      return event.cause ? `disconnected: ${event.cause.message}` : 'disconnected';
    case 'retry': {
      const when = event.delay === undefined ? '' : ` in ${Math.round(event.delay)} ms`;
      return `attempt ${event.attempt}${when}, because: ${event.cause.message}`;
    }
    case 'subscribed': {
      const asked = event.granted === event.requested ? '' : `, asked for ${event.requested}`;
      return `subscribed ${event.filter} at QoS ${event.granted}${asked}`;
    }
    case 'refused':
      return `subscription refused: ${event.filter}`;
    case 'unsubscribed':
      return `unsubscribed ${event.filter}`;
    case 'packet-sent':
      return `→ ${packetLine(event.packet)}`;
    case 'packet-received':
      return `← ${packetLine(event.packet)}`;
    case 'ping':
      return `ping answered after ${Math.round(event.roundTrip)} ms`;
    case 'message-dropped':
      return `message dropped (${event.reason}): ${event.topic}`;
    case 'recovered':
      return `recovered ${event.inFlight} messages in flight and ${event.queued} queued, ${event.received} identifiers`;
    case 'record-set-aside':
      return `record ${event.key} of the store was set aside: ${event.reason}`;
    case 'store-failed':
      return event.error.message;
    case 'ended':
      return 'ended';
  }
}

function packetLine(packet: Packet): string {
  const name = packet.type.toUpperCase();
  switch (packet.type) {
    case 'publish': {
      const flags = `${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`;
      const id = packet.qos > 0 ? ` #${packet.packetId}` : '';
      return `${name}${id} ${packet.topic} QoS ${packet.qos}${flags}, ${packet.payload.length} bytes`;
    }
    case 'subscribe':
      return `${name} #${packet.packetId} ${packet.subscriptions.map(({ filter, qos }) => `${filter} (${qos})`).join(', ')}`;
    case 'suback':
      return `${name} #${packet.packetId} ${packet.reasonCodes.join(', ')}`;
    case 'unsubscribe':
      return `${name} #${packet.packetId} ${packet.filters.join(', ')}`;
    case 'connect':
      return `${name} ${packet.clientId}${packet.cleanStart ? ' clean' : ''}`;
    case 'connack':
      return `${name} ${packet.reasonCode}${packet.sessionPresent ? ' session present' : ''}`;
    default:
      return 'packetId' in packet ? `${name} #${packet.packetId}` : name;
  }
}
