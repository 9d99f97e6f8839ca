import { Observable, type Subscriber, Subscription, type Unsubscribable, asyncScheduler, isObservable } from 'rxjs';
import {
  ConnectTimeoutError,
  ConnectionFailedError,
  ConnectionLostError,
  ConnectionRefusedError,
  MqttError,
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
import type { Accepted } from './Accepted.js';
import type { AttemptOptions } from './AttemptOptions.js';
import { Authenticator, type AuthenticatorOwner } from './Authenticator.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import { connectionProperties } from './ConnectionProperties.js';
import { Link, type LinkRecords } from './Link.js';
import { Opening } from './Opening.js';
import { ReceivedAliases } from './ReceivedAliases.js';
import { askFields } from './askFields.js';
import { checkGreeting } from './checkGreeting.js';
import { type ConnectFields, connectProperties, willFor } from './connectFields.js';
import { faultOf } from './faultOf.js';
import { type PulseOptions, pingIntervalOf, pulseOptions } from './pulseOptions.js';
import type { Dialable } from './serverAddress.js';
import { withoutSecrets } from './withoutSecrets.js';

/** What a close instead of an answer to CONNECT means. */
const UNANSWERED = ' before CONNACK: it refused CONNECT, or the port is for another protocol (mqtt, mqtts, ws, wss)';

const UNSPECIFIED = 0x80;

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
class Attempt implements AuthenticatorOwner {
  private link: Link | undefined = undefined;
  private server: Dialable | undefined = undefined;
  private version: ProtocolVersion = 4;
  private decoder: PacketDecoder | undefined = undefined;
  private aliases: ReceivedAliases | undefined = undefined;
  private pulse: PulseOptions | undefined = undefined;
  private accepted = false;
  /** The server said DISCONNECT, or closed the connection. */
  private hasHungUp = false;
  private over = false;
  /** Runs while the connection opens, and anew until CONNACK comes; later while the server is to say AUTH. */
  private deadline: Subscription | undefined = undefined;
  // What ends with the attempt: fields, because a list of them takes 17 places.
  private options$: Subscription | undefined = undefined;
  private listening: Subscription | undefined = undefined;
  private pinging: Unsubscribable | undefined = undefined;
  private dialled: Subscription | undefined = undefined;

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
    if (this.over) return; // one who heard of the attempt has ended it
    this.expect(connectTimeout, 'the connection did not open');
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
    if (packet.type === 'auth') this.tried(() => this.challenged().receive(packet));
    else if (!this.accepted) this.greeted(packet);
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
    this.server = server;
    this.version = this.particulars.versions.for(server.label);
    this.tried(() => {
      const fields = askFields(this.options.askedPerAttempt(), server, this.version);
      if (isObservable(fields)) this.follow(fields, (one) => this.tried(() => this.dial(server, one)));
      else this.dial(server, fields);
    });
  }

  private dial({ transport, isWebSocket }: Dialable, fields: ConnectFields): void {
    this.pulse = pulseOptions(this.options, isWebSocket);
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
    const { connackTimeout, maxPacketSize, receiveQueue } = this.options;
    const { clientId, cleanStart } = this.particulars;
    const { keepAlive, pingTimeout } = this.pulse!;
    const { username, password, will, authentication } = fields;
    const link = (this.link = new Link(duplex, this.records, (error) => this.fail(error), pingTimeout, version));
    link.receiveQueue = receiveQueue;
    if (this.over) return this.release();
    const { unverified: reason } = duplex;
    if (reason !== undefined) this.records.events.next({ type: 'unverified', server: this.server!.label, reason });
    this.expect(connackTimeout, 'the broker did not answer CONNECT with CONNACK');
    if (authentication) link.authenticator = new Authenticator(link, authentication, this);
    // A server that speaks only 3.1.1 answers a CONNECT of MQTT 5 with a CONNACK of its own version.
    const decoder = (this.decoder = new PacketDecoder(maxPacketSize, version === 5 ? 'auto' : 4));
    decoder.shield = duplex.shield;
    const packets$ = decodeWith(duplex.inlet?.receive(decoder) ?? duplex.bytes$, () => decoder, link);
    subscribeWith(packets$, this, (listening) => (this.listening = listening));
    const properties = version === 5 ? connectProperties(this.options, fields) : undefined;
    link.askedExpiry = properties?.sessionExpiryInterval;
    const ofWill = willFor(will, version);
    link.send({ type: 'connect', clientId, cleanStart, keepAlive, username, password, will: ofWill, properties });
    link.flush(); // after it listens: a transport in memory answers at once
  }

  private greeted(packet: Packet): void {
    const link = this.link!;
    const { authenticator } = link;
    const { cleanStart } = this.particulars;
    const asked = { cleanStart, version: this.version, method: authenticator?.method };
    let connack: ConnackPacket;
    try {
      connack = checkGreeting(packet, asked, this.decoder!.version);
    } catch (error) {
      return this.fail(error);
    }
    const { reasonCode, sessionPresent, properties } = connack;
    if (reasonCode !== 0) {
      return this.fail(new ConnectionRefusedError(reasonCode, this.reason(reasonCode, properties)));
    }
    this.accepted = true;
    authenticator?.accepted();
    this.relax();
    this.accept(link, sessionPresent, properties);
  }

  private accept(link: Link, sessionPresent: boolean, said: ConnackPacket['properties']): void {
    const { version, options, server, particulars } = this;
    const { label } = server!;
    const properties = version === 5 ? connectionProperties(said, link.askedExpiry) : undefined;
    if (properties) {
      this.aliases = new ReceivedAliases(options.topicAliasMaximum);
      link.useAliases(Math.min(options.topicAliases, properties.topicAliasMaximum), properties.maximumPacketSize);
    }
    particulars.versions.works(label, version);
    const clientId = properties?.assignedClientIdentifier ?? particulars.clientId;
    this.observer.next({ link, server: label, clientId, sessionPresent, protocolVersion: version, properties });
    if (this.over) return;
    this.pinging = keepAlive(link, pingIntervalOf(this.pulse!, properties?.serverKeepAlive));
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

  /** AUTH came. */
  private challenged(): Authenticator {
    const { authenticator } = this.link!;
    if (!authenticator) throw new ProtocolError('expected no AUTH without authentication, got one', 'MQTT5-4.12.0-6');
    return authenticator;
  }

  /** DISCONNECT came. */
  private dismissed({ reasonCode = 0, properties }: DisconnectPacket): void {
    this.hasHungUp = true;
    this.fail(new ServerDisconnectError(reasonCode, this.reason(reasonCode, properties)));
  }

  /** What the server says beside a reason code, and what comes of it. */
  private reason(reasonCode: number, properties: ConnackPacket['properties'] | DisconnectPacket['properties']) {
    const referral = this.particulars.observer.refer(reasonCode, properties?.serverReference, this.server!);
    return { ...properties, reasonName: REASON_NAMES[reasonCode], referral };
  }

  /** Goes on with what an option gives. Once a connection is dialled an option has no say any more. */
  private follow<T>(source: Observable<T>, next: (value: T) => void): void {
    const error = (cause: unknown) => {
      // The option `server` may give an open connection: that breaks as a transport does.
      if (!this.dialled || this.server?.isOpen) this.fail(cause);
    };
    subscribeWith(source, { next, error }, (following) => (this.options$ ??= new Subscription()).add(following));
  }

  private tried(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  // ─── for `Authenticator` ───

  awaits(what: string): void {
    this.expect(this.options.connackTimeout, what);
  }

  relax(): void {
    this.deadline?.unsubscribe();
    this.deadline = undefined; // and what it refers to
  }

  unauthenticated(error: MqttError): void {
    this.fail(error, UNSPECIFIED);
  }

  private expect(ms: number, otherwise: string): void {
    this.deadline?.unsubscribe();
    const error = () => new ConnectTimeoutError(`${otherwise} within ${ms} ms`);
    this.deadline = asyncScheduler.schedule(() => {
      if (this.link?.isPaused === true) return this.expect(ms, otherwise); // the answer is not read
      this.fail(error(), this.accepted ? UNSPECIFIED : undefined);
    }, ms);
  }

  // ─── the end ───

  /**
   * Releases first and tells afterwards: a reaction at once must not meet the old connection.
   * @param reasonCode what the server is told
   */
  private fail(error: unknown, reasonCode = faultOf(error)): void {
    if (this.over) return;
    this.over = true;
    const typed =
      error instanceof MqttError ? error : new ConnectionFailedError('the connection failed', { cause: error });
    const { accepted, hasHungUp, link, server, version } = this;
    const { versions, observer } = this.particulars;
    link?.fail(typed);
    if (this.decoder?.version === 5) link?.sayWhy(reasonCode);
    this.release();
    if (!accepted && server && versions.failed(server.label, version, typed, hasHungUp && link !== undefined)) {
      return new Attempt(this.options, this.records, this.particulars, this.observer).start();
    }
    this.observer.error(observer.failed(typed));
  }

  /** DISCONNECT before the hang-up. */
  private release(): void {
    this.deadline?.unsubscribe();
    this.link?.close();
    for (const each of [this.listening, this.pinging, this.options$, this.dialled]) letGo(each);
  }
}
