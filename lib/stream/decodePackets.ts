import { Observable, type OperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import type { Packet } from '../packet/Packet.js';
import { PacketDecoder, type DecoderOptions } from '../packet/PacketDecoder.js';

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
  return (bytes$) => new Observable((packets) => decode(bytes$, new PacketDecoder(options), packets));
}

function decode(bytes$: Observable<Uint8Array>, decoder: PacketDecoder, packets: Subscriber<Packet>): void {
  let upstream: Subscription | undefined;
  // A source in memory answers from within a `next`, further up the stack. What it sends or says then waits its turn.
  let draining = false;
  let end: (() => void) | undefined;

  const fail = (error: unknown): void => {
    upstream?.unsubscribe();
    packets.error(error);
  };
  const finish = (how: () => void): void => {
    if (draining) end = how;
    else how();
  };
  const drain = (): void => {
    while (!packets.closed) {
      let packet: Packet | undefined;
      try {
        packet = decoder.next();
      } catch (error) {
        fail(error);
        return;
      }
      if (packet === undefined) return;
      packets.next(packet);
    }
  };

  // This gets hold of the subscriber before the source emits: a source that emits at once could not be left otherwise.
  new Observable<Uint8Array>((subscriber) => {
    upstream = subscriber;
    packets.add(subscriber);
    bytes$.subscribe(subscriber);
  }).subscribe({
    next: (chunk) => {
      try {
        decoder.push(chunk);
      } catch (error) {
        fail(error); // a chunk that is none
        return;
      }
      if (draining) return;
      draining = true;
      drain();
      draining = false;
      end?.();
    },
    error: (error: unknown) => finish(() => packets.error(error)),
    complete: () => finish(() => packets.complete()),
  });
}
