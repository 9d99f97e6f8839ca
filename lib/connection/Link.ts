import { Subscription } from 'rxjs';
import { ConnectionLostError, type MqttError, ReceiveOverflowError } from '../errors.js';
import { ByteWriter } from '../packet/ByteWriter.js';
import type { DisconnectPacket, Packet, ProtocolVersion, PublishPacket } from '../packet/Packet.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import { writePublishHeader } from '../packet/writePublishHeader.js';
import { writePacket } from '../packet/writePacket.js';
import { monotonicNow } from '../stream/clock.js';
import type { Flow, Resumable } from '../stream/decodePackets.js';
import type { Pulse } from '../stream/keepAlive.js';
import type { Duplex } from '../transport/Transport.js';
import { drainOf } from '../transport/drainOf.js';
import type { Authenticator } from './Authenticator.js';
import type { ConnectionEvent } from './ConnectionEvent.js';
import { type Pinged, Pings } from './Pings.js';
import { SentAliases } from './SentAliases.js';
import type { Traffic } from './Traffic.js';
import { aliased } from './aliased.js';
import { withProperties, withoutProperties } from './publishProperties.js';
import { withoutSecrets } from './withoutSecrets.js';

/** A payload from this many bytes on is written as it is instead of being copied beside its neighbours. */
const LARGE_PAYLOAD = 16_384;
/** Bytes that are written at once, without waiting for the end of the turn. */
const FULL_WRITE = 65_536;
/** With more bytes of acknowledgements and pings unsent than this the server does not read, and never will. */
const UNREAD_LIMIT = 4_194_304;

const DISCONNECT: DisconnectPacket = { type: 'disconnect' };

/** Where a link counts and reports. */
export interface LinkRecords {
  readonly traffic: Traffic;
  readonly events: { readonly observed: boolean; next(event: ConnectionEvent): void };
}

/**
 * One connection's writing end, and its signs of life. The packets of one turn of the event loop leave in one write.
 *
 * It does not limit what is written, the `Window` does that. Only a server that reads nothing ends the connection.
 */
export class Link implements Pulse, Pinged, Flow {
  lastSent = monotonicNow();
  /** Nothing is read for now. */
  isPaused = false;
  /** Bytes that may wait while it is paused, if the transport cannot be paused. */
  receiveQueue = 0;
  /** Emits the packets that come. */
  reader: Resumable | undefined = undefined;
  written = 0;
  /** How often the transport was written to. */
  writes = 0;
  /** How many QoS 0 messages the transport has taken. */
  taken = 0;
  readonly pings: Pings;
  /** Bytes of the largest packet that the server takes. */
  limit = MAX_PACKET_SIZE;
  /** Seconds that CONNECT asked the session to outlive the connection. */
  askedExpiry: number | undefined = undefined;
  /** What the end says. */
  goodbye = DISCONNECT;
  /** With enhanced authentication. */
  authenticator: Authenticator | undefined = undefined;
  /** Private to the language, so that nothing shows it: CONNECT, with the password, may still lie in it. */
  readonly #writer = new ByteWriter(128); // for CONNECT and what an idle client says; a larger one when there is more
  private readonly openedAt = this.lastSent;
  private last = this.lastSent;
  private turnAge: number | undefined;
  /** How many QoS 0 messages were appended. */
  private appended = 0;
  private ending: Subscription | undefined = undefined; // made for the first thing that ends with it
  /** Bytes of acknowledgements, requests and pings that may not have left yet. */
  private unread = 0;
  private failure: MqttError | undefined;
  /** Although the connection fails, it ends with DISCONNECT: nothing is wrong with it or with the server. */
  private isLeft = false;
  /** The transport threw: nothing more leaves. */
  private broken = false;
  private closed = false;
  private aliases: SentAliases | undefined = undefined;

  /**
   * @param onFailure ends the connection
   * @param pingTimeout milliseconds of silence after PINGREQ
   * @param version in which packets are written
   */
  constructor(
    private readonly duplex: Duplex,
    private readonly records: LinkRecords,
    private readonly onFailure: (error: MqttError) => void,
    pingTimeout: number,
    readonly version: ProtocolVersion = 4,
  ) {
    this.pings = new Pings(this, pingTimeout);
  }

  /** What ends with the connection, or, when that is over, at once. */
  get lifetime(): Subscription {
    this.ending ??= new Subscription();
    if (this.closed) this.ending.unsubscribe();
    return this.ending;
  }

  /** Whole milliseconds since the connection was opened. Looked up once a turn. */
  get age(): number {
    return (this.turnAge ??= Math.floor(monotonicNow() - this.openedAt));
  }

  /** Whole milliseconds from the opening of the connection until bytes last came. */
  get ageReceived(): number {
    return Math.floor(this.lastReceived - this.openedAt);
  }

  /** When bytes last came. A server that is not read is alive as long as it takes what is written. */
  get lastReceived(): number {
    return this.isPaused ? monotonicNow() : this.last;
  }

  /** Whether what is written still leaves. */
  get isOpen(): boolean {
    return !this.closed && !this.broken;
  }

  private get isReading(): boolean {
    return !this.isPaused && !this.closed;
  }

  /** Bytes that the transport holds. */
  get unsent(): number {
    return this.duplex.buffered;
  }

  get handedOn(): number {
    return this.written - this.duplex.buffered;
  }

  get lastPing(): number {
    return this.pings.last;
  }

  /** Appends a packet to what this turn sends. */
  send(packet: Packet): void {
    const before = this.#writer.length;
    writePacket(this.#writer, packet, this.version);
    this.unread += this.#writer.length - before;
    this.sent(packet);
  }

  /** Topic aliases may be used. @param maximum how many @param limit bytes of a packet */
  useAliases(maximum: number, limit: number): void {
    if (maximum > 0) this.aliases = new SentAliases(maximum);
    this.limit = limit;
  }

  /**
   * Appends a PUBLISH; its payload must not be changed until the server has it.
   * @param expiry what MQTT 5 is told of its life: seconds
   */
  publish(packet: PublishPacket, expiry?: number): void {
    this.records.traffic.messagesOut[packet.qos]++;
    if (this.version === 4) packet = withoutProperties(packet);
    else if (expiry !== undefined) packet = withProperties(packet, { messageExpiryInterval: expiry });
    if (this.aliases) packet = aliased(packet, this.aliases, this.limit);
    if (packet.payload.length < LARGE_PAYLOAD) {
      writePacket(this.#writer, packet, this.version);
      if (packet.qos === 0) this.appended++;
      return this.sent(packet);
    }
    writePublishHeader(this.#writer, packet, this.version);
    this.flush();
    if (packet.qos === 0) this.appended++;
    this.write(packet.payload);
    this.sent(packet);
  }

  /** Writes what was appended. */
  flush(): void {
    this.turnAge = undefined;
    if (this.#writer.length > 0) this.write(this.#writer.take());
  }

  /** Calls back whenever bytes have left, until that is unsubscribed or the connection ends. */
  onDrain(callback: () => void): Subscription {
    const error = (cause: unknown) =>
      this.fail(new ConnectionLostError('the transport failed, see the cause', { cause }));
    const draining = drainOf(this.duplex).subscribe({ next: callback, error });
    this.lifetime.add(draining);
    draining.add(() => this.lifetime.remove(draining));
    return draining;
  }

  /** Counts a chunk that came. */
  received(bytes: Uint8Array): void {
    this.last = monotonicNow();
    this.records.traffic.bytesIn += bytes.length;
  }

  /** Reads no further. What comes all the same is kept. */
  pause(): void {
    if (this.isPaused || this.closed) return;
    this.isPaused = true;
    this.duplex.pause?.();
  }

  /** Reads on. */
  resume(): void {
    if (!this.isPaused || this.closed) return;
    this.isPaused = false;
    this.last = monotonicNow();
    this.reader?.resume();
    // What was kept may have been enough to fill the window again, or the end.
    if (this.isReading) this.duplex.resume?.();
  }

  /** Bytes wait, because what comes cannot be stopped. */
  kept(bytes: number): void {
    if (bytes > this.receiveQueue && !this.duplex.pause) this.fail(new ReceiveOverflowError(bytes, this.receiveQueue));
  }

  ping(): void {
    this.pings.send();
  }

  sendPing(): void {
    this.send({ type: 'pingreq' });
    this.flush();
  }

  /** PINGRESP came. */
  pong(): void {
    const roundTrip = this.pings.answered();
    if (roundTrip === undefined) return;
    this.records.traffic.roundTrip = roundTrip;
    this.records.events.next({ type: 'ping', roundTrip });
  }

  /** Ends the connection with an error. */
  fail(error: MqttError): void {
    if (this.failure || this.closed) return;
    this.failure = error;
    this.onFailure(error);
  }

  /** Ends the connection with an error, but says DISCONNECT first, so that the server publishes no will. */
  leave(error: MqttError): void {
    if (this.failure || this.closed) return;
    this.isLeft = true;
    this.fail(error);
  }

  /** Tells the server why the connection ends, if there is a reason code for it. */
  sayWhy(reasonCode: number | undefined): void {
    if (reasonCode !== undefined && this.isOpen) this.send({ type: 'disconnect', reasonCode });
  }

  /** Writes what is appended, and DISCONNECT behind it unless the connection failed by itself. */
  close(): void {
    if (this.closed) return;
    if (!this.failure || this.isLeft) this.send(this.goodbye);
    this.flush();
    this.closed = true;
    this.pings.stop();
    this.authenticator?.stop();
    this.ending?.unsubscribe();
  }

  /** Settles what waits for an answer. Called last, because the callers may ask for another connection at once. */
  settle(): void {
    this.pings.fail(this.failure);
    this.authenticator?.fail(this.failure);
  }

  private sent(packet: Packet): void {
    this.records.traffic.packetsOut++;
    if (this.records.events.observed) this.records.events.next({ type: 'packet-sent', packet: withoutSecrets(packet) });
    if (this.#writer.length >= FULL_WRITE) this.flush();
  }

  private write(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.lastSent = monotonicNow();
    this.written += bytes.length;
    this.writes++;
    this.records.traffic.bytesOut += bytes.length;
    const { appended } = this; // a transport in memory may answer at once, and what follows from that is not in these bytes
    try {
      this.duplex.write(bytes);
      this.taken = Math.max(this.taken, appended);
    } catch (cause) {
      this.broken = true;
      return this.fail(new ConnectionLostError('the transport failed to write, see the cause', { cause }));
    }
    if (this.duplex.buffered <= bytes.length)
      this.unread = 0; // all that was written before has left
    else if (this.unread > UNREAD_LIMIT) this.fail(new ConnectionLostError('the broker does not read'));
  }
}
