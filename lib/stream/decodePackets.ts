import { Observable, type Observer, type OperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import type { Packet } from '../packet/Packet.js';
import { PacketDecoder, type DecoderOptions } from '../packet/PacketDecoder.js';
import { subscribeHeld } from './subscribeHeld.js';

/**
 * Turns the bytes of a connection, in chunks of any size, into packets.
 *
 * Cold: each subscription has a decoder of its own. It emits a packet as soon as its last byte has come. It errors with a
 * `ProtocolError` when the bytes are not MQTT 3.1.1 and with a `PacketTooLargeError` when a packet is over `maxPacketSize`,
 * having left the source first; packets before the bad one are emitted. It completes when the source does, even if that
 * was in the middle of a packet: whether an end is a loss is the client's to say. Unsubscribing stops it at once,
 * in the middle of a chunk as well.
 *
 * @throws {InvalidOptionsError} `maxPacketSize` is not an integer from 2 to 268,435,460
 */
export function decodePackets(options: DecoderOptions = {}): OperatorFunction<Uint8Array, Packet> {
  new PacketDecoder(options); // wrong options are refused here, not at the first subscription
  return decodeWith(() => new PacketDecoder(options));
}

/**
 * `decodePackets` with a decoder that others know as well.
 *
 * @param decoder makes it, for each subscription
 * @param onBytes told of each chunk before its packets are emitted
 */
export function decodeWith(
  decoder: () => PacketDecoder,
  onBytes?: (chunk: Uint8Array) => void,
): OperatorFunction<Uint8Array, Packet> {
  return (bytes$) =>
    new Observable((packets) => {
      const decoding = new Decoding(decoder(), packets, onBytes);
      subscribeHeld(bytes$, decoding, (upstream) => packets.add((decoding.upstream = upstream)));
    });
}

/** One subscription. An object with methods, not closures: there may be thousands of idle connections. */
class Decoding implements Observer<Uint8Array> {
  upstream: Subscription | undefined;
  /** A source in memory answers from within a `next`, further up the stack. What it sends or says then waits its turn. */
  private draining = false;
  private end: (() => void) | undefined;

  constructor(
    private readonly decoder: PacketDecoder,
    private readonly packets: Subscriber<Packet>,
    private readonly onBytes: ((chunk: Uint8Array) => void) | undefined,
  ) {}

  next(chunk: Uint8Array): void {
    try {
      this.onBytes?.(chunk);
      this.decoder.push(chunk);
    } catch (error) {
      return this.fail(error); // a chunk that is none
    }
    if (this.draining) return;
    this.draining = true;
    this.drain();
    this.draining = false;
    this.end?.();
  }

  error(error: unknown): void {
    this.finish(() => this.packets.error(error));
  }

  complete(): void {
    this.finish(() => this.packets.complete());
  }

  private drain(): void {
    const { decoder, packets } = this;
    while (!packets.closed) {
      let packet: Packet | undefined;
      try {
        packet = decoder.next();
      } catch (error) {
        return this.fail(error);
      }
      if (packet === undefined) return;
      packets.next(packet);
    }
  }

  private finish(how: () => void): void {
    if (this.draining) this.end = how;
    else how();
  }

  private fail(error: unknown): void {
    this.upstream?.unsubscribe();
    this.packets.error(error);
  }
}
