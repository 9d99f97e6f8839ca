import { expect } from 'chai';
import fc from 'fast-check';
import { encode } from '../../lib/codec.js';
import type { Packet, PublishPacket } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { Landing, allocate } from '../../lib/transport/Landing.js';
import { shield } from '../../lib/transport/shield.js';

const publish = (size: number, i = 0): PublishPacket => ({ type: 'publish', topic: `room/${i}`, payload: new Uint8Array(size).fill(i + 1), qos: 0, retain: false, dup: false, packetId: 0 }); // prettier-ignore

/** A decoder that reads a connection. */
class Connection {
  readonly landing = new Landing();
  readonly decoder = new PacketDecoder();
  readonly packets: Packet[] = [];
  /** The length of each read, and whether it was into memory that is lent. */
  readonly reads: (readonly [length: number, isLent: boolean])[] = [];

  constructor() {
    this.landing.reader = this.decoder;
    this.decoder.pieces.allocate = allocate;
    this.decoder.shield = shield;
    this.landing.next = (chunk) => {
      this.decoder.push(chunk);
      for (let packet = this.decoder.next(); packet; packet = this.decoder.next()) this.packets.push(packet);
    };
  }

  /** What a socket does when bytes are there: reads until none are left. @param most how many each read finds */
  receive(bytes: Uint8Array, most: () => number = () => Infinity): void {
    for (let at = 0; at < bytes.length;) {
      const room = this.landing.room();
      const length = Math.min(room.length, bytes.length - at, most());
      room.set(bytes.subarray(at, at + length));
      this.landing.landed(room.subarray(0, length));
      const { isLent } = this.decoder;
      this.reads.push([length, isLent]);
      if (isLent) room.fill(0xee, 0, length); // the next socket's bytes
      at += length;
    }
  }
}

describe('Landing', () => {
  it('should have packets of any size arrive as they were sent, and stay as they are', () => {
    const size = fc.oneof(
      fc.nat(300),
      fc.integer({ min: 1_000, max: 9_000 }),
      fc.integer({ min: 60_000, max: 700_000 }),
    );
    const most = fc.oneof(fc.integer({ min: 1_000, max: 100_000 }), fc.constant(Infinity));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(size, fc.integer({ min: 1, max: 9 })), { maxLength: 12 }),
        fc.array(most, { minLength: 1, maxLength: 5 }),
        (parts, limits) => {
          const sent = parts.flatMap(([length, times]) => Array.from({ length: times }, (_, i) => publish(length, i)));
          const connection = new Connection();
          let read = 0;
          connection.receive(Buffer.concat(sent.map(encode)), () => limits[read++ % limits.length]!);
          expect(connection.packets.length).to.equal(sent.length);
          for (const [i, packet] of connection.packets.entries()) {
            const { topic, payload } = packet as PublishPacket;
            expect(topic).to.equal(sent[i]!.topic);
            expect(Buffer.compare(payload, sent[i]!.payload), `the payload of packet ${i}`).to.equal(0);
            expect(payload.buffer.byteLength).to.be.at.most(Math.max(4_096, 64 * payload.length));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('should receive small packets into memory that is used again', () => {
    const { landing, decoder, packets } = new Connection();
    const rooms = new Set<ArrayBufferLike>();
    for (let i = 0; i < 100; i++) {
      const room = landing.room();
      rooms.add(room.buffer);
      const bytes = encode(publish(100, i));
      room.set(bytes);
      landing.landed(room.subarray(0, bytes.length));
      expect(decoder.isLent).to.equal(true);
    }
    expect(packets.length).to.equal(100);
    expect(rooms.size).to.equal(1);
  });

  it('should have a stream of large payloads stay in the memory that it was received into', () => {
    const connection = new Connection();
    connection.receive(Buffer.concat(Array.from({ length: 1_000 }, (_, i) => encode(publish(4_096, i % 200)))));
    const payloads = connection.packets.slice(500).map((packet) => (packet as PublishPacket).payload);
    const blocks = new Set(payloads.map(({ buffer }) => buffer));
    // Some lie across the end of a block, and are put together elsewhere.
    expect(payloads.length / blocks.size).to.be.above(25);
    expect(connection.reads.at(-1)![1]).to.equal(false);
  });

  it('should go back to memory that is used again when the stream of large payloads has ended', () => {
    const connection = new Connection();
    connection.receive(Buffer.concat(Array.from({ length: 300 }, () => encode(publish(4_096)))));
    for (let i = 0; i < 3; i++) connection.receive(encode(publish(100)));
    expect(connection.reads.at(-1)).to.deep.equal([encode(publish(100)).length, true]);
  });

  it('should receive the rest of a packet of megabytes where it belongs', () => {
    const connection = new Connection();
    const packet = encode(publish(3_000_000));
    connection.receive(Buffer.concat([packet, packet, packet]));
    expect(connection.packets.length).to.equal(3);
    // Only the beginning of each packet is copied: what came with its header.
    const beginnings = connection.reads.filter(([length]) => length <= 524_288).map(([length]) => length);
    expect(beginnings).to.deep.equal([524_288, 524_288, 524_288]);
    expect(connection.reads.length).to.equal(6);
    for (const { payload } of connection.packets as PublishPacket[]) {
      expect(payload.buffer.byteLength).to.equal(packet.length); // and it shares its memory with no other
    }
  });

  it('should never receive into memory that a payload is a view of', () => {
    const connection = new Connection();
    const handedOut = new Set<ArrayBufferLike>();
    const { landing } = connection;
    const room = landing.room.bind(landing);
    landing.room = () => {
      for (const packet of connection.packets.splice(0)) handedOut.add((packet as PublishPacket).payload.buffer);
      const memory = room();
      expect(handedOut.has(memory.buffer)).to.equal(false);
      return memory;
    };
    for (const size of [100, 5_000, 4_096, 200_000, 30_000, 100, 1_500_000, 5_000]) {
      connection.receive(Buffer.concat(Array.from({ length: 100 }, () => encode(publish(size)))), () => 50_000);
    }
    expect(handedOut.size).to.be.greaterThan(100);
  });

  it('should not believe in more than 16 times what came', () => {
    const connection = new Connection();
    const packet = encode(publish(3_000_000));
    connection.receive(packet.subarray(0, 1_000));
    expect(connection.landing.room().length).to.be.at.most(65_536);
  });
});
