import { decodePackets, encode } from '../../lib/codec.js';
import type { Duplex, Transport } from '../../lib/index.js';
import type { ConnectPacket, Packet, ProtocolVersion, PublishPacket } from '../../lib/packet/Packet.js';

/** A client that says what it is told to. */
export interface Rogue {
  readonly received: Packet[];
  /** Whether the broker has closed. */
  isClosed: boolean;
  /** Sends packets, all in one chunk. */
  send(...packets: Packet[]): void;
  /** Sends bytes, whatever they mean. */
  sendBytes(bytes: Uint8Array): void;
  /** Closes the connection. */
  hangUp(): void;
}

/** Dials, and sends CONNECT unless that is `null`. */
export function rogue(
  broker: Transport,
  protocolVersion: ProtocolVersion,
  connect: Partial<ConnectPacket> | null = {},
): Rogue {
  let server: Duplex | undefined;
  const dialled = broker.subscribe((duplex) => {
    server = duplex;
    duplex.bytes$.pipe(decodePackets({ protocolVersion: 'auto' })).subscribe({
      next: (packet) => made.received.push(packet),
      error: () => (made.isClosed = true),
      complete: () => (made.isClosed = true),
    });
  });
  const made: Rogue = {
    received: [],
    isClosed: false,
    send: (...packets) => server!.write(Buffer.concat(packets.map((packet) => encode(packet, { protocolVersion })))),
    sendBytes: (bytes) => server!.write(bytes),
    hangUp: () => dialled.unsubscribe(),
  };
  if (connect) made.send({ type: 'connect', clientId: 'rogue', cleanStart: true, keepAlive: 0, ...connect });
  return made;
}

/** A PUBLISH with what a spec does not care about filled in. */
export function publishOf(fields: Partial<PublishPacket> = {}): PublishPacket {
  const payload = Uint8Array.of(1);
  return { type: 'publish', topic: 'a', payload, qos: 0, retain: false, dup: false, packetId: 0, ...fields };
}
