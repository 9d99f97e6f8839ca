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
  NotSupportedError,
  PacketTooLargeError,
  ProtocolError,
  ServerDisconnectError,
} from '../errors.js';
import type { ConnackPacket, DisconnectPacket, Packet, ProtocolVersion, PublishPacket } from '../packet/Packet.js';
import { PacketDecoder } from '../packet/PacketDecoder.js';
import { REASON_NAMES } from '../packet/reasonCodes.js';
import { decodeWith } from '../stream/decodePackets.js';
import { keepAlive } from '../stream/keepAlive.js';
import { letGo } from '../stream/letGo.js';
import { subscribeWith } from '../stream/subscribeWith.js';
import type { Duplex } from '../transport/Transport.js';
import type { AskedPerAttempt, ConnectionOptions } from './ConnectionOptions.js';
import { type ConnectionProperties, connectionProperties } from './ConnectionProperties.js';
import { Link, type LinkRecords } from './Link.js';
import { ReceivedAliases } from './ReceivedAliases.js';
import type { Versions } from './Versions.js';
import { type ConnectFields, type GivenFields, connectFields, connectProperties, willFor } from './connectFields.js';
import { perAttempt } from './perAttempt.js';
import { type PulseOptions, pulseOptions } from './pulseOptions.js';
import type { Dialable } from './serverAddress.js';
import { withoutSecrets } from './withoutSecrets.js';

/** What a close instead of an answer to CONNECT means. */
const UNANSWERED = ' before CONNACK: it refused CONNECT, or the port is for another protocol (mqtt, mqtts, ws, wss)';

const PACKET_TOO_LARGE = 0x95;

/** A connection that the server accepted. */
export interface Accepted {
  readonly link: Link;
  readonly server: string;
  readonly clientId: string;
  readonly sessionPresent: boolean;
  readonly protocolVersion: ProtocolVersion;
  /** What the server said of itself; nothing with MQTT 3.1.1. */
  readonly properties: ConnectionProperties | undefined;
}

/** What is particular to one attempt. */
export interface AttemptOptions {
  readonly server: Dialable | Observable<Dialable>;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly versions: Versions;
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
  private version: ProtocolVersion = 4;
  /** Private to the language, so that nothing shows it: the password lies in it. */
  #fields: ConnectFields | undefined = undefined;
  private decoder: PacketDecoder | undefined = undefined;
  private aliases: ReceivedAliases | undefined = undefined;
  private pulse: PulseOptions | undefined = undefined;
  private accepted = false;
  /** The server said DISCONNECT, or closed the connection. */
  private hasHungUp = false;
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
    if (events.observed) events.next({ type: 'packet-received', packet: withoutSecrets(packet) });
    if (!this.accepted) this.greeted(packet);
    else if (packet.type === 'pingresp') this.link!.pong();
    else if (packet.type === 'publish' && this.aliases) this.named(packet, this.aliases);
    else if (packet.type === 'disconnect' && this.version === 5) this.dismissed(packet);
    else this.particulars.observer.receive(packet);
  }

  error(error: unknown): void {
    this.fail(error);
  }

  complete(): void {
    this.hasHungUp = true;
    this.fail(new ConnectionLostError(`the broker closed the connection${this.accepted ? '' : UNANSWERED}`));
  }

  // ─── one step after the other ───

  /** Resolves the rest of the options for this attempt. */
  private address(server: Dialable): void {
    if (this.over) return;
    this.isHandedIn = server.isOpen === true;
    const asked: AskedPerAttempt = this.options.askedPerAttempt();
    const [ownUser, ownPassword] = server.credentials?.() ?? [];
    this.version = this.particulars.versions.for(server.label);
    const dial = (given: GivenFields) => {
      const { username = ownUser, password = ownPassword } = given;
      try {
        this.dial(server, connectFields({ ...given, username, password }, this.version === 5));
      } catch (error) {
        this.fail(error);
      }
    };
    const entries = Object.entries(asked) as [string, unknown][];
    if (!entries.some(([, option]) => typeof option === 'function')) return dial(asked);
    const fields = entries.map(([name, option]) => [name, perAttempt(name, option).pipe(take(1))]);
    this.follow(forkJoin(Object.fromEntries(fields) as Record<string, Observable<unknown>>), dial);
  }

  private dial({ transport, label, isWebSocket }: Dialable, fields: ConnectFields): void {
    this.label = label;
    this.#fields = fields;
    this.pulse = pulseOptions(this.options, isWebSocket);
    if (fields.authentication && this.version === 4) {
      throw new NotSupportedError('authentication needs MQTT 5, and the server speaks 3.1.1');
    }
    const opening = new Opening((duplex) => this.converse(duplex, fields), this);
    subscribeWith(transport, opening, (dialled) => (this.dialled = dialled));
  }

  /** The transport has completed: while it is open that says nothing. */
  unopened(): void {
    if (!this.link) this.fail(new ConnectionFailedError('the transport completed without opening a connection'));
  }

  /** Listens, and sends CONNECT. A transport that opens a second time is wrong. */
  private converse(duplex: Duplex, fields: ConnectFields): void {
    if (this.link) return;
    const { version } = this;
    const { connackTimeout, maxPacketSize } = this.options;
    const { clientId, cleanStart } = this.particulars;
    const { keepAlive, pingTimeout } = this.pulse!;
    const link = (this.link = new Link(duplex, this.records, (error) => this.fail(error), pingTimeout, version));
    if (this.over) return this.release();
    const { unverified: reason } = duplex;
    if (reason !== undefined) this.records.events.next({ type: 'unverified', server: this.label, reason });
    this.expect(connackTimeout, `the broker did not answer CONNECT with CONNACK within ${connackTimeout} ms`);
    // A server that speaks only 3.1.1 answers a CONNECT of MQTT 5 with a CONNACK of its own version.
    const decoder = (this.decoder = new PacketDecoder(maxPacketSize, version === 5 ? 'auto' : 4));
    decoder.shield = duplex.shield;
    const packets$ = decodeWith(duplex.inlet?.receive(decoder) ?? duplex.bytes$, () => decoder, link);
    subscribeWith(packets$, this, (listening) => (this.listening = listening));
    link.send({
      type: 'connect',
      clientId,
      cleanStart,
      keepAlive,
      username: fields.username,
      password: fields.password,
      will: willFor(fields.will, version),
      properties: version === 5 ? connectProperties(this.options, fields) : undefined,
    });
    link.flush(); // after it listens: a transport in memory answers at once
  }

  private greeted(packet: Packet): void {
    const link = this.link!;
    if (packet.type !== 'connack') {
      const came = packet.type.toUpperCase();
      return this.fail(new ProtocolError(`expected CONNACK first, got ${came}`, 'MQTT-3.2.0-1'));
    }
    const { reasonCode, sessionPresent, properties: said } = packet;
    if (reasonCode !== 0) return this.fail(refusal(packet));
    if (this.version === 5 && this.decoder?.version !== 5) {
      return this.fail(new ProtocolError('expected a CONNACK of MQTT 5, got one of 3.1.1', 'MQTT5 section 3.2'));
    }
    if (sessionPresent && this.particulars.cleanStart) {
      const what = 'expected no session in answer to a clean start, got session present';
      return this.fail(new ProtocolError(what, 'MQTT-3.2.2-1'));
    }
    this.accepted = true;
    this.deadline?.unsubscribe();
    this.deadline = undefined; // and what it refers to
    this.accept(link, sessionPresent, said);
  }

  private accept(link: Link, sessionPresent: boolean, said: ConnackPacket['properties']): void {
    const { version, label, options } = this;
    const asked = connectProperties(options, this.#fields!).sessionExpiryInterval;
    const properties = version === 5 ? connectionProperties(said, asked) : undefined;
    if (properties) {
      this.aliases = new ReceivedAliases(options.topicAliasMaximum);
      link.useAliases(Math.min(options.topicAliases, properties.topicAliasMaximum), properties.maximumPacketSize);
    }
    this.particulars.versions.works(label, version);
    const clientId = properties?.assignedClientIdentifier ?? this.particulars.clientId;
    this.observer.next({ link, server: label, clientId, sessionPresent, protocolVersion: version, properties });
    if (this.over) return;
    const { pingInterval } = this.pulse!;
    const { serverKeepAlive = Infinity } = properties ?? {}; // [MQTT5-3.1.2-21]
    const interval = serverKeepAlive === 0 ? 0 : Math.min(pingInterval || Infinity, serverKeepAlive * 1_000);
    this.pinging = keepAlive(link, interval === Infinity ? 0 : interval);
  }

  /** A PUBLISH came, perhaps with a topic alias. */
  private named(packet: PublishPacket, aliases: ReceivedAliases): void {
    try {
      packet = aliases.resolve(packet);
    } catch (error) {
      return this.fail(error);
    }
    this.particulars.observer.receive(packet);
  }

  /** DISCONNECT came. */
  private dismissed({ reasonCode = 0, properties }: DisconnectPacket): void {
    this.hasHungUp = true;
    this.fail(new ServerDisconnectError(reasonCode, { ...properties, reasonName: REASON_NAMES[reasonCode] }));
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
    const { accepted, label, link, version } = this;
    link?.fail(typed);
    if (accepted && version === 5 && !this.hasHungUp) this.link?.sayWhy(faultOf(typed));
    this.release();
    const isUnanswered = !accepted && this.hasHungUp && link !== undefined;
    if (!accepted && this.particulars.versions.failed(label, version, typed, isUnanswered)) {
      return new Attempt(this.options, this.records, this.particulars, this.observer).start();
    }
    this.observer.error(this.particulars.observer.failed(typed));
  }

  /** DISCONNECT before the hang-up. */
  private release(): void {
    this.deadline?.unsubscribe();
    this.link?.close();
    for (const each of [this.listening, this.pinging, this.options$, this.dialled]) letGo(each);
  }
}

/** What CONNACK says when it refuses. */
function refusal({ reasonCode, properties }: ConnackPacket): ConnectionRefusedError {
  return new ConnectionRefusedError(reasonCode, { ...properties, reasonName: REASON_NAMES[reasonCode] });
}

/** The reason code for a fault of the server, which DISCONNECT tells it; nothing for a connection that broke. */
function faultOf(error: MqttError): number | undefined {
  if (error instanceof ProtocolError) return error.reasonCode;
  return error instanceof PacketTooLargeError ? PACKET_TOO_LARGE : undefined;
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
