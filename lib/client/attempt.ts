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
import { subscribeHeld } from '../stream/subscribeHeld.js';
import type { Duplex } from '../transport/Transport.js';
import { Link, type LinkHost } from './Link.js';
import { connectFields } from './connectFields.js';
import { perAttempt } from './perAttempt.js';
import type { ResolvedOptions } from './resolveOptions.js';
import type { Dialable } from './serverAddress.js';

/** What a close instead of an answer to CONNECT means. */
const UNANSWERED = ' before CONNACK: it refused CONNECT, or the port is for another protocol (mqtt, mqtts, ws, wss)';

/** What CONNECT says of whom it is from. */
type Said = ReturnType<typeof connectFields>;

/** A connection that the broker accepted. */
export interface Accepted {
  readonly link: Link;
  readonly server: string;
  readonly sessionPresent: boolean;
}

/** The client, as its attempts know it. */
export interface AttemptHost extends LinkHost {
  readonly options: ResolvedOptions;
  /** Told of every packet after CONNACK, as it comes. */
  onPacket(packet: Packet): void;
}

/** What is particular to one attempt. */
export interface AttemptOptions {
  readonly server: Dialable | Observable<Dialable>;
  readonly cleanStart: boolean;
  readonly reporter: Reporter;
}

/** Whoever hears first that an attempt has failed. */
export interface Reporter {
  /** Makes of an error what the attempt errs with. Called when everything is released. */
  failed(error: MqttError): unknown;
}

/**
 * One connection attempt, and the connection that it becomes: dials, sends CONNECT, waits for CONNACK. Cold. Emits once,
 * when the broker accepts; never completes; errors, as its reporter says, when the connection is not made or ends;
 * unsubscribing says DISCONNECT [MQTT-3.14.4-1] and hangs up.
 */
export function attempt(host: AttemptHost, { server, cleanStart, reporter }: AttemptOptions): Observable<Accepted> {
  return new Observable((observer) => new Attempt(host, cleanStart, reporter, observer).start(server));
}

/** One subscription. An object with methods, not closures: there may be thousands of idle connections. */
class Attempt {
  private link: Link | undefined = undefined;
  private label = '';
  private accepted = false;
  private over = false;
  /** Runs while the connection opens, and anew until CONNACK comes. */
  private deadline: Subscription | undefined = undefined;
  // What stays subscribed while there is a connection: fields, for a list of them would have 17 places.
  private dialled: Subscription | undefined = undefined;
  private listening: Subscription | undefined = undefined;
  private pinging: Unsubscribable | undefined = undefined;
  /** What else ends with it. */
  readonly lifetime = new Subscription();

  constructor(
    private readonly host: AttemptHost,
    private readonly cleanStart: boolean,
    private readonly reporter: Reporter,
    private readonly observer: Subscriber<Accepted>,
  ) {}

  start(server: AttemptOptions['server']): void {
    const { connectTimeout } = this.host.options;
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

  /** What the transport says, or the link. */
  error(error: unknown): void {
    this.fail(error);
  }

  // ─── packets ───

  next(packet: Packet): void {
    const { host } = this;
    host.traffic.packetsIn++;
    if (host.events.observed) host.events.next({ type: 'packet-received', packet });
    if (!this.accepted) this.greeted(packet);
    else if (packet.type === 'pingresp') this.link!.pong();
    else host.onPacket(packet);
  }

  complete(): void {
    this.fail(new ConnectionLostError(`the broker closed the connection${this.accepted ? '' : UNANSWERED}`));
  }

  // ─── one step after the other ───

  /** Resolves the rest of the options for this attempt. */
  private address(server: Dialable): void {
    const said = this.host.options.said();
    const [ownUser, ownPassword] = server.credentials?.() ?? [];
    const dial = ([user = ownUser, secret = ownPassword, message]: readonly unknown[]) => {
      try {
        this.dial(server, connectFields(user, secret, message));
      } catch (error) {
        this.fail(error);
      }
    };
    if (!said.some((option) => typeof option === 'function')) return dial(said);
    const fields = ['username', 'password', 'will'].map((option, i) => perAttempt(option, said[i]).pipe(take(1)));
    this.follow(forkJoin(fields), dial);
  }

  private dial({ transport, label }: Dialable, said: Said): void {
    this.label = label;
    subscribeHeld(transport, new Opening(this, said), (way) => (this.dialled = way));
  }

  /** The transport is open. A second time it is wrong. */
  opened(duplex: Duplex, said: Said): void {
    if (!this.link) this.converse(duplex, said);
  }

  /** The transport has completed: while it is open that says nothing. */
  unopened(): void {
    if (!this.link) this.fail(new ConnectionFailedError('the transport completed without opening a connection'));
  }

  /** Listens, and says CONNECT. */
  private converse(duplex: Duplex, said: Said): void {
    const { clientId, keepAlive, connackTimeout, maxPacketSize, pingTimeout } = this.host.options;
    const link = (this.link = new Link(duplex, this.host, this, pingTimeout));
    if (this.over) return this.release();
    const { events } = this.host;
    const { unverified: reason } = duplex;
    if (reason !== undefined) events.next({ type: 'unverified', server: this.label, reason });
    this.expect(connackTimeout, `the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`);
    const decoder = new PacketDecoder(maxPacketSize);
    const packets$ = decodeWith(duplex.inlet?.receive(decoder) ?? duplex.bytes$, () => decoder, link);
    subscribeHeld(packets$, this, (listening) => (this.listening = listening));
    link.send({ type: 'connect', clientId, cleanStart: this.cleanStart, keepAlive, ...said });
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
    if (sessionPresent && this.cleanStart) {
      const what = 'expected no session in answer to a clean start, got session present';
      return this.fail(new ProtocolError(what, 'MQTT-3.2.2-1'));
    }
    this.accepted = true;
    this.deadline?.unsubscribe();
    this.deadline = undefined; // and what it holds
    this.observer.next({ link, server: this.label, sessionPresent });
    if (this.over) return;
    this.pinging = keepAlive(link, this.host.options.keepAlive);
  }

  /** Subscribes to what leads on. */
  private follow<T>(source: Observable<T>, next: (value: T) => void): void {
    subscribeHeld(source, { next, error: (error) => this.fail(error) }, (way) => this.lifetime.add(way));
  }

  private expect(ms: number, otherwise: string): void {
    this.deadline?.unsubscribe();
    this.deadline = asyncScheduler.schedule(() => this.fail(new ConnectTimeoutError(otherwise)), ms);
  }

  /** Released first, told afterwards: an answer given at once must not meet the old connection. */
  private fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    const typed =
      error instanceof MqttError ? error : new ConnectionFailedError('the connection failed', { cause: error });
    this.link?.fail(typed);
    this.release();
    this.observer.error(this.reporter.failed(typed));
  }

  /** The goodbye before the hang-up. */
  private release(): void {
    this.deadline?.unsubscribe();
    this.link?.close();
    for (const each of [this.listening, this.pinging, this.lifetime, this.dialled]) each?.unsubscribe();
  }
}

/** Waits for the transport to open. The password is out of the sight of whoever inspects a subscription. */
class Opening implements Observer<Duplex> {
  readonly #said: Said;

  constructor(
    private readonly attempt: Attempt,
    said: Said,
  ) {
    this.#said = said;
  }

  next(duplex: Duplex): void {
    this.attempt.opened(duplex, this.#said);
  }

  error(error: unknown): void {
    this.attempt.error(error);
  }

  complete(): void {
    this.attempt.unopened();
  }
}
