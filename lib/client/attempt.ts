import { Observable, type Subscriber, forkJoin, map, switchMap, take, tap, throwError, timeout, timer } from 'rxjs';
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
 */
export function attempt(a: AttemptOptions): Observable<Accepted> {
  return new Observable((observer) => {
    let link: Link | undefined;
    const fail = (error: MqttError) => (link ? link.fail(error) : observer.error(error));
    // Added first, so torn down first: DISCONNECT is written before the hang-up. `switchMap` would hang up first.
    observer.add(() => link?.close());
    observer.add(
      dialled(a).subscribe({
        next: (open) => {
          const { pingTimeout } = a.options;
          link = new Link({ ...a, duplex: open.duplex, pingTimeout, fail: (error) => observer.error(error) });
          if (observer.closed) link.fail(new ConnectionLostError('nobody needs the connection any more'));
          else converse(a, open, link, observer);
        },
        error: (error: unknown) => fail(typed(error)),
        complete: () => {
          if (!link) fail(new ConnectionFailedError('the transport completed without opening a connection'));
        },
      }),
    );
  });
}

/** Listens, says CONNECT, and emits when the broker accepts. */
function converse(a: AttemptOptions, { duplex, connect, server }: Opened, link: Link, observer: Subscriber<Accepted>) {
  const { connackTimeout, maxPacketSize, keepAlive: interval } = a.options;
  let accepted = false;
  const connackTimer = timer(connackTimeout).subscribe(() =>
    link.fail(new ConnectTimeoutError(`the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`)),
  );
  link.lifetime.add(connackTimer);

  const accept = (packet: Packet) => {
    const refused = refusal(packet, connect);
    if (refused) return link.fail(refused);
    accepted = true;
    connackTimer.unsubscribe();
    observer.next({ link, server, sessionPresent: (packet as ConnackPacket).sessionPresent });
    link.lifetime.add(keepAlive(link, interval).subscribe());
  };
  const receive = (packet: Packet) => {
    a.traffic.packetsIn++;
    if (a.events.observed) a.events.next({ type: 'packet-received', packet });
    if (!accepted) accept(packet);
    else if (packet.type === 'pingresp') link.pong();
    else a.onPacket(packet);
  };
  const closed = () => link.fail(new ConnectionLostError(`the broker closed the connection${accepted ? '' : ' before CONNACK'}`)); // prettier-ignore

  link.lifetime.add(
    duplex.bytes$
      .pipe(
        tap((bytes) => link.received(bytes)),
        decodePackets({ maxPacketSize }),
      )
      .subscribe({ next: receive, error: (error: unknown) => link.fail(typed(error)), complete: closed }),
  );
  link.send(connect); // listen before speaking: a transport in memory answers at once
  link.flush();
}

/** An open transport, and what is to be said first. */
interface Opened {
  readonly duplex: Duplex;
  readonly connect: ConnectPacket;
  readonly server: string;
}

/** Resolves the options for this attempt and dials. */
function dialled(a: AttemptOptions): Observable<Opened> {
  const { clientId, keepAlive, connectTimeout: first, ...o } = a.options;
  const connectTimeout = () =>
    throwError(() => new ConnectTimeoutError(`the connection did not open within ${first} ms`));

  return a.server.pipe(
    switchMap((server) =>
      forkJoin([
        perAttempt('username', o.username).pipe(take(1)),
        perAttempt('password', o.password).pipe(take(1)),
        perAttempt('will', o.will).pipe(take(1)),
      ]).pipe(
        switchMap(([username = server.username, password = server.password, will]) => {
          const fields = connectFields(username, password, will);
          const connect = { type: 'connect', clientId, cleanStart: a.cleanStart, keepAlive, ...fields } as const;
          return server.transport.pipe(map((duplex) => ({ duplex, connect, server: server.label })));
        }),
      ),
    ),
    timeout({ first, with: connectTimeout }),
  );
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
