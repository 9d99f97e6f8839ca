import { Observable, type Subscriber, asyncScheduler, forkJoin, map, of, switchMap, take, tap } from 'rxjs';
import {
  ConnectTimeoutError,
  ConnectionFailedError,
  ConnectionLostError,
  ConnectionRefusedError,
  MqttError,
  ProtocolError,
} from '../errors.js';
import type { ConnackPacket, ConnectPacket, Packet } from '../packet/Packet.js';
import { decodePackets } from '../stream/decodePackets.js';
import { keepAlive } from '../stream/keepAlive.js';
import type { Duplex } from '../transport/Transport.js';
import type { ClientEvent } from './ClientEvent.js';
import { Link } from './Link.js';
import type { Relay } from './Relay.js';
import type { Traffic } from './Traffic.js';
import { connectFields } from './connectFields.js';
import { perAttempt } from './perAttempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { Dialable } from './serverAddress.js';

/** What a close instead of an answer to CONNECT means. */
const UNANSWERED = ' before CONNACK: it refused CONNECT, or the port is for another protocol (mqtt, mqtts, ws, wss)';

/** A connection that the broker accepted. */
export interface Accepted {
  readonly link: Link;
  readonly server: string;
  readonly sessionPresent: boolean;
}

/** What an attempt is made with. */
export interface AttemptOptions {
  readonly options: ResolvedOptions;
  readonly server: Observable<Dialable>;
  readonly cleanStart: boolean;
  readonly traffic: Traffic;
  readonly events: Relay<ClientEvent>;
  /** Told of every packet after CONNACK, as it comes. */
  readonly onPacket: (packet: Packet) => void;
  readonly onCongestion: (congested: boolean) => void;
}

/**
 * One connection attempt, and the connection that it becomes: dials, sends CONNECT, waits for CONNACK. Cold. Emits once,
 * when the broker accepts; never completes; errors with an `MqttError` when the connection is not made or ends;
 * unsubscribing says DISCONNECT [MQTT-3.14.4-1] and hangs up.
 *
 * What stays subscribed while the connection is idle is kept short, for there may be thousands of them.
 */
export function attempt(a: AttemptOptions): Observable<Accepted> {
  return new Observable((observer) => {
    const { connectTimeout, pingTimeout } = a.options;
    let link: Link | undefined;
    const fail = (error: unknown) => (link ? link.fail(typed(error)) : observer.error(typed(error)));
    const late = () => fail(new ConnectTimeoutError(`the connection did not open within ${connectTimeout} ms`));
    const opening = asyncScheduler.schedule(late, connectTimeout);
    const dial = (to: Destination) =>
      to.server.transport.subscribe({
        next: (duplex) => {
          opening.unsubscribe();
          const { unverified: reason } = duplex;
          if (reason !== undefined && a.events.observed) {
            a.events.next({ type: 'unverified', server: to.server.label, reason });
          }
          link = new Link({ ...a, duplex, pingTimeout, fail: (error) => observer.error(error) });
          if (observer.closed) link.fail(new ConnectionLostError('nobody needs the connection any more'));
          else converse(a, duplex, link, to, observer);
        },
        error: fail,
        complete: () => {
          if (!link) fail(new ConnectionFailedError('the transport completed without opening a connection'));
        },
      });

    // Added first, so torn down first: DISCONNECT is written before the hang-up.
    observer.add(() => link?.close());
    observer.add(opening);
    observer.add(destination(a).subscribe({ next: (to) => observer.add(dial(to)), error: fail }));
  });
}

/** Where to dial, and what to say first. */
interface Destination {
  readonly server: Dialable;
  readonly connect: ConnectPacket;
}

/** Resolves the options for this attempt. Stays subscribed to what the `server` function returned. */
function destination(a: AttemptOptions): Observable<Destination> {
  const { clientId, keepAlive, username, password, will } = a.options;
  const fields = [username, password, will];
  const fields$ = fields.some((option) => typeof option === 'function')
    ? forkJoin([
        perAttempt('username', username).pipe(take(1)),
        perAttempt('password', password).pipe(take(1)),
        perAttempt('will', will).pipe(take(1)),
      ])
    : of(fields);
  return a.server.pipe(
    switchMap((server) =>
      fields$.pipe(
        map(([user = server.username, secret = server.password, message]) => {
          const said = connectFields(user, secret, message);
          return {
            server,
            connect: { type: 'connect' as const, clientId, cleanStart: a.cleanStart, keepAlive, ...said },
          };
        }),
      ),
    ),
  );
}

/** Listens, says CONNECT, and emits when the broker accepts. */
function converse(
  a: AttemptOptions,
  { bytes$ }: Duplex,
  link: Link,
  { server, connect }: Destination,
  observer: Subscriber<Accepted>,
): void {
  const { connackTimeout, maxPacketSize } = a.options;
  let accepted = false;
  const late = () =>
    link.fail(new ConnectTimeoutError(`the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`));
  const greeting = asyncScheduler.schedule(late, connackTimeout);

  const accept = (packet: Packet) => {
    const refused = refusal(packet, connect);
    if (refused) return link.fail(refused);
    accepted = true;
    greeting.unsubscribe();
    observer.next({ link, server: server.label, sessionPresent: (packet as ConnackPacket).sessionPresent });
    link.lifetime.add(keepAlive(link, a.options.keepAlive).subscribe());
  };
  const receive = (packet: Packet) => {
    a.traffic.packetsIn++;
    if (a.events.observed) a.events.next({ type: 'packet-received', packet });
    if (!accepted) accept(packet);
    else if (packet.type === 'pingresp') link.pong();
    else a.onPacket(packet);
  };
  const closed = () =>
    link.fail(new ConnectionLostError(`the broker closed the connection${accepted ? '' : UNANSWERED}`));

  link.lifetime.add(greeting);
  link.lifetime.add(
    bytes$
      .pipe(
        tap((bytes) => link.received(bytes)),
        decodePackets({ maxPacketSize }),
      )
      .subscribe({ next: receive, error: (error: unknown) => link.fail(typed(error)), complete: closed }),
  );
  link.send(connect); // listen before speaking: a transport in memory answers at once
  link.flush();
}

function refusal(packet: Packet, connect: ConnectPacket): MqttError | undefined {
  if (packet.type !== 'connack') {
    return new ProtocolError(`expected CONNACK first, got ${packet.type.toUpperCase()}`, 'MQTT-3.2.0-1');
  }
  if (packet.reasonCode !== 0) return new ConnectionRefusedError(packet.reasonCode);
  if (packet.sessionPresent && connect.cleanStart) {
    return new ProtocolError('expected no session in answer to a clean start, got session present', 'MQTT-3.2.2-1');
  }
  return undefined;
}

function typed(error: unknown): MqttError {
  return error instanceof MqttError ? error : new ConnectionFailedError('the connection failed', { cause: error });
}
