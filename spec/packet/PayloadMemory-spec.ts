import { expect } from 'chai';
import { markAsUntransferable } from 'node:worker_threads';
import { encode } from '../../lib/packet/encode.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';

type Shield = PacketDecoder['shield'];

const SIZES = [0, 0, 10, 64, 65, 100, 200, 1_024, 1_025, 4_096, 20_000, 70_000];
const PACKETS = [...SIZES, ...[...SIZES].reverse()].map((size, i) => publish(size, i + 1));
const STREAM = new Uint8Array(Buffer.concat(PACKETS.map(encode)));

function publish(size: number, byte = 7): PublishPacket {
  const payload = new Uint8Array(size).fill(byte);
  return { type: 'publish', topic: 'a', payload, qos: 0, retain: false, dup: false, packetId: 0 };
}

/** Transfers the memory of a payload, as `postMessage` to a worker does. Since Node 21 shielded memory makes it throw. */
function transfer({ buffer }: Uint8Array): void {
  try {
    structuredClone(0, { transfer: [buffer as ArrayBuffer] });
  } catch (error) {
    expect(error).to.have.property('name', 'DataCloneError');
  }
}

function decoderWith(shield: Shield): PacketDecoder {
  const decoder = new PacketDecoder();
  decoder.shield = shield;
  return decoder;
}

/** Decodes `chunks`, and calls `onPayload` with each payload when its packet is read. */
function decode(decoder: PacketDecoder, chunks: readonly Uint8Array[], onPayload?: (payload: Uint8Array) => void) {
  const payloads: Uint8Array[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet; packet = decoder.next()) {
      const { payload } = packet as PublishPacket;
      payloads.push(payload);
      onPayload?.(payload);
    }
    if (decoder.isLent) chunk.fill(0xee);
  }
  return payloads;
}

/** `bytes` in chunks of `size` bytes: each in memory of its own, or all in the same. */
function cut(bytes: Uint8Array, size: number, areInOneBuffer = false): Uint8Array[] {
  const all = bytes.slice();
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += size) {
    chunks.push(areInOneBuffer ? all.subarray(at, at + size) : all.slice(at, at + size));
  }
  return chunks;
}

describe('PayloadMemory', () => {
  for (const [mode, shield] of [
    ['without a shield', undefined],
    ['with a shield', (buffer: ArrayBufferLike) => markAsUntransferable(buffer)],
  ] as const) {
    describe(mode, () => {
      for (const [kind, isLent, areInOneBuffer] of [
        ['chunks', false, false],
        ['chunks in one buffer', false, true],
        ['lent memory', true, false],
      ] as const) {
        it(`should go on with ${kind} while the memory of each payload is transferred`, () => {
          for (const size of [1, 100, 1_460, 65_536, STREAM.length]) {
            const decoder = decoderWith(shield);
            decoder.isLent = isLent;
            const seen: Uint8Array[] = [];
            decode(decoder, cut(STREAM, size, areInOneBuffer), (payload) => {
              seen.push(payload.slice());
              transfer(payload);
            });
            expect(seen).to.deep.equal(PACKETS.map(({ payload }) => payload));
          }
        });

        it(`should leave other payloads from ${kind} unharmed when the memory of one is transferred`, () => {
          for (const size of [100, 1_460, 65_536, STREAM.length]) {
            const decoder = decoderWith(shield);
            decoder.isLent = isLent;
            const payloads = decode(decoder, cut(STREAM, size, areInOneBuffer));
            for (const [i, payload] of payloads.entries()) {
              expect(payload, `payload ${i}`).to.deep.equal(PACKETS[i]!.payload);
              transfer(payload);
            }
          }
        });
      }

      it('should leave other empty payloads unharmed when the memory of one is transferred', () => {
        const [first, second] = decode(decoderWith(shield), [encode(publish(0)), encode(publish(0))]);
        transfer(first!);
        expect(second!.slice()).to.deep.equal(new Uint8Array(0)); // throws if the memory is gone
      });
    });
  }

  it('should view the last payload of a chunk without a shield, and copy the others', () => {
    const chunk = new Uint8Array(Buffer.concat([publish(5_000), publish(6_000)].map(encode)));
    const [first, last] = decode(new PacketDecoder(), [chunk]);
    expect(first!.buffer).not.to.equal(chunk.buffer);
    expect(last!.buffer).to.equal(chunk.buffer);
  });

  it('should copy a payload without a shield when its chunk is not the whole buffer', () => {
    const bytes = encode(publish(5_000));
    const buffer = new Uint8Array(bytes.length + 1);
    for (const at of [0, 1]) {
      buffer.set(bytes, at);
      const [payload] = decode(new PacketDecoder(), [buffer.subarray(at, at + bytes.length)]);
      expect(payload!.buffer).not.to.equal(buffer.buffer);
    }
  });

  it('should shield each chunk that payloads are views of once, before the first of them, and no other', () => {
    const shielded: ArrayBufferLike[] = [];
    const decoder = decoderWith((buffer) => shielded.push(buffer));
    const whole = new Uint8Array(Buffer.concat([5_000, 6_000, 7_000].map((size) => encode(publish(size)))));
    const chunks = [whole.slice(), encode(publish(10)), whole.slice()];
    const counts: number[] = [];
    decode(decoder, chunks, () => counts.push(shielded.length));
    expect(shielded).to.deep.equal([chunks[0]!.buffer, chunks[2]!.buffer]);
    expect(counts).to.deep.equal([1, 1, 1, 1, 2, 2, 2]);
  });

  it('should shield each block that small payloads share once', () => {
    const shielded: ArrayBufferLike[] = [];
    const decoder = decoderWith((buffer) => shielded.push(buffer));
    decoder.isLent = true;
    const payloads = decode(
      decoder,
      Array.from({ length: 100 }, (_, i) => encode(publish(i % 2 ? 200 : 1_500))),
    );
    const blocks = new Set(payloads.map(({ buffer }) => buffer));
    expect(shielded).to.have.length(blocks.size);
    expect(new Set(shielded)).to.deep.equal(blocks);
    expect(blocks.size).to.be.below(payloads.length);
  });

  it('should let a payload be transferred that is alone in its memory, also with a shield', () => {
    const shielded: ArrayBufferLike[] = [];
    const decoder = decoderWith((buffer) => shielded.push(buffer));
    const [payload] = decode(decoder, cut(encode(publish(20_000)), 1_000));
    expect(shielded).to.deep.equal([]);
    structuredClone(0, { transfer: [payload!.buffer as ArrayBuffer] });
    expect(payload!.length).to.equal(0);
  });

  it('should use a shield from when it is set on', () => {
    const decoder = new PacketDecoder();
    expect(decoder.shield).to.equal(undefined);
    const chunk = new Uint8Array(Buffer.concat([publish(5_000), publish(5_000)].map(encode)));
    const shielded: ArrayBufferLike[] = [];
    const payloads = decode(decoder, [chunk], () => (decoder.shield = (buffer) => shielded.push(buffer)));
    expect(payloads[0]!.buffer).not.to.equal(chunk.buffer);
    expect(payloads[1]!.buffer).to.equal(chunk.buffer);
    expect(shielded).to.deep.equal([chunk.buffer]);
  });
});
