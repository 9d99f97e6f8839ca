import { Observable, type Observer, type OperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import { InvalidOptionsError } from '../errors.js';
import type { DecodedVersion, Packet } from '../packet/Packet.js';
import { PacketDecoder } from '../packet/PacketDecoder.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import { subscribeWith } from './subscribeWith.js';

const VERSIONS: readonly DecodedVersion[] = [4, 5, 'auto'];

/** Options of `decodePackets`. */
export interface DecoderOptions {
  /** Bytes of the largest packet that is accepted, fixed header included: 2 to 268,435,460, the default. */
  readonly maxPacketSize?: number | undefined;
  /**
   * 4, the default, is MQTT 3.1.1, 5 is MQTT 5. `'auto'` is for servers and proxies: the first packet tells, which must be
   * CONNECT, or CONNACK in what a server says.
   */
  readonly protocolVersion?: DecodedVersion | undefined;
}

/**
 * Turns the bytes of a connection, in chunks of any size, into packets.
 *
 * Cold: each subscription has a decoder of its own. It emits a packet as soon as its last byte has come. It errors with a
 * `ProtocolError` when the bytes are not MQTT of `protocolVersion` and with a `PacketTooLargeError` when a packet is over `maxPacketSize`;
 * before that it unsubscribes from the source, and it has emitted all packets before the bad one. It completes when the
 * source does, even in the middle of a packet. Unsubscribing stops it at once, also in the middle of a chunk.
 *
 * Chunks must not be changed or used elsewhere afterwards: payloads may be views of them.
 *
 * @throws {InvalidOptionsError} `maxPacketSize` is not an integer from 2 to 268,435,460, `protocolVersion` none of those
 */
export function decodePackets(options: DecoderOptions = {}): OperatorFunction<Uint8Array, Packet> {
  const { maxPacketSize: limit = MAX_PACKET_SIZE, protocolVersion: version = 4 } = options;
  if (!Number.isInteger(limit) || limit < 2 || limit > MAX_PACKET_SIZE) {
    throw new InvalidOptionsError('maxPacketSize', `expected an integer from 2 to ${MAX_PACKET_SIZE}, got ${limit}`);
  }
  if (!VERSIONS.includes(version)) {
    throw new InvalidOptionsError('protocolVersion', `expected 4, 5 or 'auto', got ${String(version)}`);
  }
  return (bytes$) => decodeWith(bytes$, () => new PacketDecoder(limit, version));
}

/** What emits packets. */
export interface Resumable {
  resume(): void;
}

/** The flow of incoming bytes: counts them, and says when no more packets may be emitted. */
export interface Flow {
  /** Called with each chunk before its packets are emitted. */
  received(chunk: Uint8Array): void;
  /** Whether no packet may be emitted for now: what comes is kept. */
  readonly isPaused: boolean;
  /** Whose `resume` is to be called when packets may be emitted again. */
  reader: Resumable | undefined;
  /** Called while it is paused, with the bytes that wait. */
  kept(bytes: number): void;
}

/**
 * The packets in `bytes$`, as with `decodePackets`, but by a decoder of the caller.
 *
 * @param decoder makes the decoder of a subscription
 * @param flow counts the chunks, and pauses the packets
 */
export function decodeWith(
  bytes$: Observable<Uint8Array>,
  decoder: () => PacketDecoder,
  flow?: Flow,
): Observable<Packet> {
  return new Observable((packets) => {
    const decoding = new Decoding(decoder(), packets, flow);
    subscribeWith(bytes$, decoding, (upstream) => packets.add((decoding.upstream = upstream)));
  });
}

/** One subscription. An object instead of closures, see docs/performance.md. */
class Decoding implements Observer<Uint8Array>, Resumable {
  upstream: Subscription | undefined;
  /** Packets are being emitted. A synchronous source may emit or end meanwhile; that waits until they are all emitted. */
  private draining = false;
  private end: (() => void) | undefined;

  constructor(
    private readonly decoder: PacketDecoder,
    private readonly packets: Subscriber<Packet>,
    private readonly flow: Flow | undefined,
  ) {
    if (flow) flow.reader = this;
  }

  next(chunk: Uint8Array): void {
    const { decoder, flow } = this;
    flow?.received(chunk);
    if (flow?.isPaused !== true) {
      decoder.push(chunk);
      return this.resume();
    }
    decoder.push(decoder.isLent ? chunk.slice() : chunk);
    flow.kept(decoder.unread);
  }

  /** Emits the packets that have come. */
  resume(): void {
    const { decoder, packets, flow } = this;
    if (this.draining) return;
    this.draining = true;
    try {
      let packet: Packet | undefined;
      while (!packets.closed && flow?.isPaused !== true && (packet = decoder.next()) !== undefined)
        packets.next(packet);
      if (flow?.isPaused === true) decoder.keep();
    } catch (error) {
      this.upstream?.unsubscribe();
      packets.error(error);
    }
    this.draining = false;
    this.end?.();
  }

  error(error: unknown): void {
    this.finish(() => this.packets.error(error));
  }

  complete(): void {
    this.finish(() => this.packets.complete());
  }

  private finish(how: () => void): void {
    if (this.draining) this.end = how;
    else how();
  }
}
