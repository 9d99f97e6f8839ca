import { Observable, type Subscriber, type Subscription, asyncScheduler, filter, take } from 'rxjs';
import { ConnectionLostError, KeepAliveTimeoutError, type MqttError } from '../errors.js';
import { ByteWriter } from '../packet/ByteWriter.js';
import type { Packet, PublishPacket } from '../packet/Packet.js';
import { writePublishHeader } from '../packet/publish.js';
import { writePacket } from '../packet/writePacket.js';
import { whenQuiet } from '../stream/quiet.js';
import type { Duplex } from '../transport/Transport.js';
import { drainOf } from '../transport/drainOf.js';
import type { ClientEvent } from './ClientEvent.js';
import type { Relay } from './Relay.js';
import type { Traffic } from './Traffic.js';

/** A payload from this many bytes on is written as it is instead of being copied beside its neighbours. */
const LARGE_PAYLOAD = 16_384;
/** So many bytes do not wait for the end of the turn. */
const FULL_WRITE = 65_536;
/** When the transport holds so many unsent bytes, the link takes no more, until half of them are gone. */
const CONGESTED_FROM = 16_777_216;
/** When so many bytes of answers and pings come on top of that, whom they are for will never read them. */
const LOST_FROM = 4_194_304;

/** The client, as its links know it. */
export interface LinkHost {
  readonly traffic: Traffic;
  readonly events: Relay<ClientEvent>;
  /** Told when the link takes no more, and when it takes again. */
  onCongestion(congested: boolean): void;
}

/** One connection's writing end, and how alive it is. The packets of one turn of the event loop leave in one write. */
export class Link {
  /** When bytes were last written, by `asyncScheduler.now()`. */
  lastSent = asyncScheduler.now();
  /** When bytes last came. */
  lastReceived = this.lastSent;
  private readonly openedAt = this.lastSent;
  /** Out of the sight of whoever inspects a subscription: CONNECT may still lie in it. */
  readonly #writer = new ByteWriter(128); // for CONNECT and what an idle client says; a larger one when there is more
  private readonly pings: { readonly sentAt: number; readonly caller: Subscriber<number> }[] = [];
  /** Whether it takes no more messages for now. */
  isCongested = false;
  /** Bytes written since it is congested. */
  private excess = 0;
  private turnAge: number | undefined;
  private failure: MqttError | undefined;
  private closed = false;

  /**
   * @param connection `error` ends it
   * @param pingTimeout milliseconds of silence after PINGREQ
   */
  constructor(
    private readonly duplex: Duplex,
    private readonly host: LinkHost,
    private readonly connection: { readonly lifetime: Subscription; error(error: MqttError): void },
    private readonly pingTimeout: number,
  ) {}

  /** What ends with the connection. */
  get lifetime(): Subscription {
    return this.connection.lifetime;
  }

  /**
   * Sends PINGREQ. Cold; emits the round trip in ms and completes on PINGRESP. When the server sends nothing at all for
   * `pingTimeout`, the connection fails with a `KeepAliveTimeoutError`; errors with whatever ends the connection. After
   * an early unsubscribe the answer is waited for all the same: the next round trip must not be measured by it.
   */
  get ping$(): Observable<number> {
    return new Observable((caller) => {
      if (this.closed) return caller.error(this.lost());
      const sentAt = asyncScheduler.now();
      this.pings.push({ sentAt, caller });
      this.send({ type: 'pingreq' });
      this.flush();
      const since = () => Math.max(sentAt, this.lastReceived);
      const silence = `the broker did not answer PINGREQ within ${this.pingTimeout} ms`;
      return whenQuiet({ since, elapsed: () => this.fail(new KeepAliveTimeoutError(silence)) }, this.pingTimeout);
    });
  }

  /** Milliseconds since the connection was opened, looked up once a turn … */
  get age(): number {
    return (this.turnAge ??= asyncScheduler.now() - this.openedAt);
  }

  /** … and until bytes last came. */
  get ageReceived(): number {
    return this.lastReceived - this.openedAt;
  }

  /** Whether what is written still leaves. */
  get isOpen(): boolean {
    return !this.closed;
  }

  /** Appends a packet to what this turn sends. */
  send(packet: Packet): void {
    this.host.traffic.packetsOut++;
    writePacket(this.#writer, packet);
    if (this.host.events.observed) this.host.events.next({ type: 'packet-sent', packet: shown(packet) });
    if (this.#writer.length >= FULL_WRITE) this.flush();
  }

  /** Appends a PUBLISH; its payload must not be changed until the broker has it. */
  publish(packet: PublishPacket): void {
    this.host.traffic.messagesOut[packet.qos]++;
    if (packet.payload.length < LARGE_PAYLOAD) return this.send(packet);
    this.host.traffic.packetsOut++;
    writePublishHeader(this.#writer, packet);
    this.flush();
    this.write(packet.payload);
    if (this.host.events.observed) this.host.events.next({ type: 'packet-sent', packet: shown(packet) });
  }

  /** Writes what was appended. */
  flush(): void {
    this.turnAge = undefined;
    if (this.#writer.length > 0) this.write(this.#writer.take());
  }

  /** Counts a chunk that came. */
  received(bytes: Uint8Array): void {
    this.lastReceived = asyncScheduler.now();
    this.host.traffic.bytesIn += bytes.length;
  }

  /** PINGRESP came: it answers the oldest PINGREQ. One that nobody asked for says nothing. */
  pong(): void {
    const ping = this.pings.shift();
    if (!ping) return;
    const roundTrip = asyncScheduler.now() - ping.sentAt;
    this.host.traffic.roundTrip = roundTrip;
    this.host.events.next({ type: 'ping', roundTrip });
    ping.caller.next(roundTrip);
    ping.caller.complete();
  }

  /** Ends the connection with an error. */
  fail(error: MqttError): void {
    if (this.failure) return;
    this.failure = error;
    this.connection.error(error);
  }

  /** Writes what is left, and DISCONNECT behind it unless the connection failed. */
  close(): void {
    if (!this.failure) this.send({ type: 'disconnect' });
    this.flush();
    this.closed = true;
  }

  /** Tells whoever waits for PINGRESP: last, for they may ask for another connection at once. */
  settlePings(): void {
    for (const { caller } of this.pings.splice(0)) caller.error(this.lost());
  }

  private lost(): MqttError {
    return this.failure ?? new ConnectionLostError('the connection was closed before PINGRESP came');
  }

  private write(bytes: Uint8Array): void {
    if (this.closed) return;
    this.lastSent = asyncScheduler.now();
    this.host.traffic.bytesOut += bytes.length;
    try {
      this.duplex.write(bytes);
    } catch (cause) {
      return this.fail(new ConnectionLostError('the transport failed to write, see the cause', { cause }));
    }
    if (this.isCongested) {
      this.excess += bytes.length;
      if (this.excess > LOST_FROM) this.fail(new ConnectionLostError('the broker does not read'));
    } else if (this.duplex.buffered > CONGESTED_FROM) this.waitForRoom();
  }

  private waitForRoom(): void {
    const isFree = () => this.duplex.buffered < CONGESTED_FROM / 2;
    this.isCongested = true;
    this.excess = 0;
    this.host.onCongestion(true);
    this.lifetime.add(
      drainOf(this.duplex)
        .pipe(filter(isFree), take(1))
        .subscribe(() => {
          this.isCongested = false;
          this.host.onCongestion(false);
        }),
    );
  }
}

/** A packet as events may show it: a copy of the standard's fields, a password left out. */
function shown(packet: Packet): Packet {
  if (packet.type === 'connect') return { ...packet, password: undefined };
  if (packet.type !== 'publish') return packet;
  const { type, topic, payload, qos, retain, dup, packetId } = packet;
  return { type, topic, payload, qos, retain, dup, packetId };
}
