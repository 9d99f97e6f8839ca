import {
  Observable,
  type Subject,
  catchError,
  forkJoin,
  map,
  switchMap,
  take,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
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
  readonly events: Subject<ClientEvent>;
  /** Told of every packet after CONNACK, as it comes. */
  readonly onPacket: (packet: Packet) => void;
  readonly onCongestion: (congested: boolean) => void;
}

/**
 * One connection attempt, and the connection that it becomes: dials, sends CONNECT, waits for CONNACK. Cold. Emits once,
 * when the broker accepts; never completes; errors with an `MqttError` when the connection is not made or ends;
 * unsubscribing says DISCONNECT [MQTT-3.14.4-2] and hangs up.
 */
export function attempt(a: AttemptOptions): Observable<Accepted> {
  return dialled(a).pipe(
    switchMap(({ duplex, connect, server }) => {
      return new Observable<Accepted>((observer) => {
        let accepted = false;
        const { pingTimeout, connackTimeout, maxPacketSize } = a.options;
        const fail = (error: MqttError) => observer.error(error);
        const link = new Link({ ...a, duplex, pingTimeout, fail });
        const accept = (packet: Packet) => {
          const refused = refusal(packet, connect);
          if (refused) return link.fail(refused);
          accepted = true;
          connackTimer.unsubscribe();
          observer.next({ link, server, sessionPresent: (packet as ConnackPacket).sessionPresent });
          if (!observer.closed) link.lifetime.add(keepAlive(link, a.options.keepAlive).subscribe());
        };
        const receive = (packet: Packet) => {
          a.traffic.packetsIn++;
          if (a.events.observed) a.events.next({ type: 'packet-received', packet });
          if (!accepted) accept(packet);
          else if (packet.type === 'pingresp') link.pong();
          else a.onPacket(packet);
        };
        const connackTimer = timer(connackTimeout).subscribe(() =>
          link.fail(
            new ConnectTimeoutError(`the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`),
          ),
        );
        link.lifetime.add(connackTimer);

        observer.add(() => link.close()); // added first, so torn down first: DISCONNECT is written before the hang-up
        observer.add(
          duplex.bytes$
            .pipe(
              tap((bytes) => link.received(bytes)),
              decodePackets({ maxPacketSize }),
            )
            .subscribe({
              next: receive,
              error: (error: unknown) => link.fail(typed(error)),
              complete: () => link.fail(new ConnectionLostError(`the broker closed the connection${accepted ? '' : ' before CONNACK'}`)), // prettier-ignore
            }),
        );
        if (observer.closed) return;
        link.send(connect); // listen before speaking: a transport in memory answers at once
        link.flush();
      });
    }),
  );
}

/** Resolves the options for this attempt and dials. */
function dialled(a: AttemptOptions): Observable<{ duplex: Duplex; connect: ConnectPacket; server: string }> {
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
    catchError((error: unknown) => throwError(() => typed(error))),
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
