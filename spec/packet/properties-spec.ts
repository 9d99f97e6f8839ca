import { expect } from 'chai';
import fc from 'fast-check';
import { MqttError } from '../../lib/errors.js';
import { ByteWriter } from '../../lib/packet/ByteWriter.js';
import { encode } from '../../lib/packet/encode.js';
import { writePacket } from '../../lib/packet/writePacket.js';
import type { Packet, ProtocolVersion } from '../../lib/packet/Packet.js';
import { arbitraryPacket } from '../support/arbitraryPackets.js';
import { arbitraryPacket5 } from '../support/arbitraryPackets5.js';
import { decodeAllAs } from './bytes.js';

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(i % 2 ? Buffer.from(bytes.subarray(at, at + size)) : bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function writeAll(packets: readonly Packet[], version: ProtocolVersion): Uint8Array {
  const writer = new ByteWriter();
  for (const packet of packets) writePacket(writer, packet, version);
  return writer.take();
}

for (const version of [4, 5] as const) {
  describe(`packet: properties${version === 5 ? ' of MQTT 5' : ''}`, function () {
    this.timeout(60_000);
    const arbitrary = version === 5 ? arbitraryPacket5 : arbitraryPacket;
    const packets = fc.array(arbitrary(), { minLength: 1, maxLength: 12 });
    const encodeOne = (packet: Packet) => encode(packet, { protocolVersion: version });
    const decodeAll = (...chunks: Uint8Array[]) => decodeAllAs(version, ...chunks);
    const write = (packets: readonly Packet[]) => writeAll(packets, version);

    /** Decodes; every error must be one of ours. */
    const decodeOrRefuse = (...chunks: Uint8Array[]): void => {
      try {
        decodeAll(...chunks);
      } catch (error) {
        expect(error).to.be.instanceOf(MqttError);
      }
    };

    it('should read what it has written, for any packet', () => {
      fc.assert(
        fc.property(arbitrary(), (packet) => {
          expect(decodeAll(encodeOne(packet))).to.deep.equal([packet]);
        }),
        { numRuns: 3000 },
      );
    });

    it('should write into one buffer what it writes alone', () => {
      fc.assert(fc.property(packets, (packets) => Buffer.concat(packets.map(encodeOne)).equals(write(packets))));
    });

    it('should read the same packets from any cut, also when they are kept while more is read', () => {
      const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3000 })), {
        minLength: 1,
      });
      fc.assert(
        fc.property(packets, sizes, (packets, sizes) => {
          expect(decodeAll(...cut(write(packets), sizes))).to.deep.equal(packets);
        }),
        { numRuns: 1000 },
      );
    });

    it('should meet garbage with no other error than ours', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), (garbage) => decodeOrRefuse(garbage)),
        { numRuns: 20_000 },
      );
    });

    it('should meet damaged packets with no other error than ours', () => {
      const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(packets, damage, fc.nat(), (packets, damage, cutAt) => {
          const bytes = write(packets).slice();
          for (const [at, byte] of damage) bytes[at % Math.min(bytes.length, 200)] = byte;
          decodeOrRefuse(bytes.slice(0, cutAt % bytes.length), bytes.slice(cutAt % bytes.length));
        }),
        { numRuns: 5000 },
      );
    });
  });
}
