import {
  Observable,
  type Observer,
  type Subscriber,
  Subscription,
  type Unsubscribable,
  asyncScheduler,
  forkJoin,
  isObservable,
  take,
} from 'rxjs';
import {
  ConnectTimeoutError,
  ConnectionFailedError,
  ConnectionLostError,
  ConnectionRefusedError,
  MqttError,
  ProtocolError,
} from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import { PacketDecoder } from '../packet/PacketDecoder.js';
import { decodeWith } from '../stream/decodePackets.js';
import { keepAlive } from '../stream/keepAlive.js';
import { letGo } from '../stream/letGo.js';
import { subscribeWith } from '../stream/subscribeWith.js';
import type { Duplex } from '../transport/Transport.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { Link, type LinkRecords } from './Link.js';
import { connectFields } from './connectFields.js';
import { perAttempt } from './perAttempt.js';
import { type PulseOptions, pulseOptions } from './pulseOptions.js';
import type { Dialable } from './serverAddress.js';

/** What a close instead of an answer to CONNECT means. */
const UNANSWERED = ' before CONNACK: it refused CONNECT, or the port is for another protocol (mqtt, mqtts, ws, wss)';

/** The fields of CONNECT that options give. */
type Fields = ReturnType<typeof connectFields>;

/** A connection that the server accepted. */
export interface Accepted {
  readonly link: Link;
  readonly server: string;
  readonly sessionPresent: boolean;
}

/** What is particular to one attempt. */
export interface AttemptOptions {
  readonly server: Dialable | Observable<Dialable>;
  readonly cleanStart: boolean;
  readonly observer: AttemptObserver;
}

/** Hears of an attempt what its Observable does not tell. */
export interface AttemptObserver {
  /** A packet came after CONNACK. */
  receive(packet: Packet): void;
  /** Makes of an error what the attempt errs with. Called when everything is released. */
  failed(error: MqttError): unknown;
}

/**
 * One connection attempt, and the connection that it becomes: dials, sends CONNECT, waits for CONNACK. Cold. Emits once,
 * when the server accepts; never completes; errors, as `failed` says, when the connection is not made or ends;
 * unsubscribing says DISCONNECT [MQTT-3.14.4-1] and hangs up.
 */
export function attempt(
  options: ConnectionOptions,
  records: LinkRecords,
  particulars: AttemptOptions,
): Observable<Accepted> {
  return new Observable((observer) => new Attempt(options, records, particulars, observer).start());
}

/** One subscription. An object with methods, not closures: there may be thousands of idle connections. */
class Attempt {
  private link: Link | undefined = undefined;
  private label = '';
  private pulse: PulseOptions | undefined = undefined;
  private accepted = false;
  private over = false;
  /** Runs while the connection opens, and anew until CONNACK comes. */
  private deadline: Subscription | undefined = undefined;
  // What ends with the attempt: fields, because a list of them takes 17 places.
  private options$: Subscription | undefined = undefined;
  private listening: Subscription | undefined = undefined;
  private pinging: Unsubscribable | undefined = undefined;
  private dialled: Subscription | undefined = undefined;
  /** The option `server` gave an open connection: it breaks as a transport does. */
  private isHandedIn = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly records: LinkRecords,
    private readonly particulars: AttemptOptions,
    private readonly observer: Subscriber<Accepted>,
  ) {}

  start(): void {
    const { connectTimeout } = this.options;
    const { server } = this.particulars;
    this.observer.add(this);
    this.expect(connectTimeout, `the connection did not open within ${connectTimeout} ms`);
    if (isObservable(server)) this.follow(server, (one) => this.address(one));
    else this.address(server);
  }

  /** Nobody needs it any more. */
  unsubscribe(): void {
    if (this.over) return;
    this.over = true;
    this.release();
  }

  // ─── packets ───

  next(packet: Packet): void {
    const { traffic, events } = this.records;
    traffic.packetsIn++;
    if (events.observed) events.next({ type: 'packet-received', packet });
    if (!this.accepted) this.greeted(packet);
    else if (packet.type === 'pingresp') this.link!.pong();
    else this.particulars.observer.receive(packet);
  }

  error(error: unknown): void {
    this.fail(error);
  }

  complete(): void {
    this.fail(new ConnectionLostError(`the broker closed the connection${this.accepted ? '' : UNANSWERED}`));
  }

  // ─── one step after the other ───

  /** Resolves the rest of the options for this attempt. */
  private address(server: Dialable): void {
    if (this.over) return;
    this.isHandedIn = server.isOpen === true;
    const given = this.options.credentials();
    const [ownUser, ownPassword] = server.credentials?.() ?? [];
    const dial = ([user = ownUser, secret = ownPassword, message]: readonly unknown[]) => {
      try {
        this.dial(server, connectFields(user, secret, message));
      } catch (error) {
        this.fail(error);
      }
    };
    if (!given.some((option) => typeof option === 'function')) return dial(given);
    const fields = ['username', 'password', 'will'].map((option, i) => perAttempt(option, given[i]).pipe(take(1)));
    this.follow(forkJoin(fields), dial);
  }

  private dial({ transport, label, isWebSocket }: Dialable, fields: Fields): void {
    this.label = label;
    this.pulse = pulseOptions(this.options, isWebSocket);
    const opening = new Opening((duplex) => this.converse(duplex, fields), this);
    subscribeWith(transport, opening, (dialled) => (this.dialled = dialled));
  }

  /** The transport has completed: while it is open that says nothing. */
  unopened(): void {
    if (!this.link) this.fail(new ConnectionFailedError('the transport completed without opening a connection'));
  }

  /** Listens, and sends CONNECT. A transport that opens a second time is wrong. */
  private converse(duplex: Duplex, fields: Fields): void {
    if (this.link) return;
    const { clientId, connackTimeout, maxPacketSize } = this.options;
    const { keepAlive, pingTimeout } = this.pulse!;
    const link = (this.link = new Link(duplex, this.records, (error) => this.fail(error), pingTimeout));
    if (this.over) return this.release();
    const { unverified: reason } = duplex;
    if (reason !== undefined) this.records.events.next({ type: 'unverified', server: this.label, reason });
    this.expect(connackTimeout, `the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`);
    const decoder = new PacketDecoder(maxPacketSize);
    decoder.shield = duplex.shield;
    const packets$ = decodeWith(duplex.inlet?.receive(decoder) ?? duplex.bytes$, () => decoder, link);
    subscribeWith(packets$, this, (listening) => (this.listening = listening));
    link.send({ type: 'connect', clientId, cleanStart: this.particulars.cleanStart, keepAlive, ...fields });
    link.flush(); // after it listens: a transport in memory answers at once
  }

  private greeted(packet: Packet): void {
    const link = this.link!;
    if (packet.type !== 'connack') {
      const came = packet.type.toUpperCase();
      return this.fail(new ProtocolError(`expected CONNACK first, got ${came}`, 'MQTT-3.2.0-1'));
    }
    const { reasonCode, sessionPresent } = packet;
    if (reasonCode !== 0) return this.fail(new ConnectionRefusedError(reasonCode));
    if (sessionPresent && this.particulars.cleanStart) {
      const what = 'expected no session in answer to a clean start, got session present';
      return this.fail(new ProtocolError(what, 'MQTT-3.2.2-1'));
    }
    this.accepted = true;
    this.deadline?.unsubscribe();
    this.deadline = undefined; // and what it refers to
    this.observer.next({ link, server: this.label, sessionPresent });
    if (!this.over) this.pinging = keepAlive(link, this.pulse!.pingInterval);
  }

  /** Goes on with what an option gives. Once a connection is dialled an option has no say any more. */
  private follow<T>(source: Observable<T>, next: (value: T) => void): void {
    const error = (cause: unknown) => {
      if (!this.dialled || this.isHandedIn) this.fail(cause);
    };
    subscribeWith(source, { next, error }, (following) => (this.options$ ??= new Subscription()).add(following));
  }

  private expect(ms: number, otherwise: string): void {
    this.deadline?.unsubscribe();
    this.deadline = asyncScheduler.schedule(() => this.fail(new ConnectTimeoutError(otherwise)), ms);
  }

  /** Releases first and tells afterwards: a reaction at once must not meet the old connection. */
  private fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    const typed =
      error instanceof MqttError ? error : new ConnectionFailedError('the connection failed', { cause: error });
    this.link?.fail(typed);
    this.release();
    this.observer.error(this.particulars.observer.failed(typed));
  }

  /** DISCONNECT before the hang-up. */
  private release(): void {
    this.deadline?.unsubscribe();
    this.link?.close();
    for (const each of [this.listening, this.pinging, this.options$, this.dialled]) letGo(each);
  }
}

/** Waits for the transport to open. A class with private fields, so that nothing shows the password in CONNECT. */
class Opening implements Observer<Duplex> {
  readonly #opened: (duplex: Duplex) => void;

  constructor(
    opened: (duplex: Duplex) => void,
    private readonly attempt: Pick<Attempt, 'error' | 'unopened'>,
  ) {
    this.#opened = opened;
  }

  next(duplex: Duplex): void {
    this.#opened(duplex);
  }

  error(error: unknown): void {
    this.attempt.error(error);
  }

  complete(): void {
    this.attempt.unopened();
  }
}
