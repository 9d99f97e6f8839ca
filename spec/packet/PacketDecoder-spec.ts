import { expect } from 'chai';
import sinon from 'sinon';
import { PacketTooLargeError, ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { bytes, decodeAll } from './bytes.js';

function publish(size: number, topic = 'a'): PublishPacket {
  return {
    type: 'publish',
    topic,
    payload: new Uint8Array(size).fill(7),
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
  };
}

describe('PacketDecoder', () => {
  afterEach(() => sinon.restore());

  it('should count the bytes of a packet that is not complete', () => {
    const decoder = new PacketDecoder();
    const states = [...bytes("30 05 0001'a' 'hi' c0")].map((byte) => {
      decoder.push(new Uint8Array([byte]));
      const packet = decoder.next();
      return packet ? packet.type : decoder.pieces.count;
    });
    expect(states).to.deep.equal([1, 2, 3, 4, 5, 6, 'publish', 1]);
  });

  it('should keep order when a chunk is pushed before the last one is read', () => {
    const decoder = new PacketDecoder();
    for (const chunk of ['40 02 00', '01 c0', '', '00 40 02 0002', 'd0']) decoder.push(bytes(chunk));
    expect(decoder.next()).to.deep.equal({ type: 'puback', packetId: 1 });
    expect(decoder.next()).to.deep.equal({ type: 'pingreq' });
    expect(decoder.next()).to.deep.equal({ type: 'puback', packetId: 2 });
    expect(decoder.next()).to.equal(undefined);
    expect(decoder.pieces.count).to.equal(1);
  });

  it('should copy each byte of a large packet a bounded number of times, however small the chunks', () => {
    const whole = encode(publish(1_000_000));
    let copied = 0;
    const { set } = Uint8Array.prototype; // eslint-disable-line @typescript-eslint/unbound-method
    sinon.replace(Uint8Array.prototype, 'set', function (this: Uint8Array, source: ArrayLike<number>, at?: number) {
      copied += source.length;
      set.call(this, source, at);
    });
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += 100) chunks.push(whole.slice(at, at + 100));
    expect(decodeAll(...chunks)).to.have.length(1);
    expect(copied).to.be.within(whole.length, 3 * whole.length);
  });

  it('should refuse a packet over maxPacketSize from its header, before it is buffered', () => {
    const limited = (size: number) => {
      const decoder = new PacketDecoder(100);
      decoder.push(encode(publish(size)).subarray(0, 2));
      return decoder;
    };
    expect(limited(95).next()).to.equal(undefined);
    const decoder = limited(96);
    expect(() => decoder.next())
      .to.throw(PacketTooLargeError)
      .that.includes({ size: 101, limit: 100 });
    expect(decoder.pieces.count).to.equal(0);
  });

  it('should refuse reserved flags from the header, before the packet is buffered [MQTT-2.2.2-2]', () => {
    const decoder = new PacketDecoder();
    decoder.push(bytes('91 ff 7f'));
    expect(() => decoder.next()).to.throw(ProtocolError);
  });

  it('should make payloads plain Uint8Arrays, also from a Buffer', () => {
    for (const size of [0, 10, 100, 1000, 100_000]) {
      const [packet] = decodeAll(Buffer.from(encode(publish(size))));
      expect(Object.getPrototypeOf((packet as PublishPacket).payload)).to.equal(Uint8Array.prototype);
    }
  });

  it('should not let a kept payload pin more than 64 times its own memory', () => {
    for (const size of [10, 64, 65, 100, 1000, 1023, 1024, 8000, 30_000]) {
      const chunk = new Uint8Array(65_536);
      chunk.set(encode(publish(size)));
      const decoder = new PacketDecoder();
      decoder.push(chunk);
      const { payload } = decoder.next() as PublishPacket;
      expect(payload.buffer.byteLength).to.be.at.most(64 * size);
    }
  });

  it('should read payloads of any size out of a chunk of megabytes, and pin no more of it', () => {
    const packets = [4_000, 4_097, 30_000, 100, 65_000].map((size) => publish(size));
    const chunk = new Uint8Array(8_388_608);
    const whole = Buffer.concat(packets.map(encode));
    chunk.set(whole);
    const read = decodeAll(chunk.subarray(0, whole.length)) as PublishPacket[];
    expect(read).to.deep.equal(packets);
    for (const { payload } of read) expect(payload.buffer.byteLength).to.be.at.most(64 * payload.length);
  });

  it('should never write over a small payload that was copied', () => {
    const packets = Array.from({ length: 300 }, (_, i) => ({
      ...publish(0),
      payload: new Uint8Array(65 + 3 * i).fill(i),
    }));
    const whole = Buffer.concat(packets.map(encode));
    const chunks = [new Uint8Array(65_536), new Uint8Array(65_536), new Uint8Array(65_536)];
    for (const [i, chunk] of chunks.entries()) chunk.set(whole.subarray(i * 65_536, (i + 1) * 65_536));
    expect(decodeAll(...chunks.map((chunk, i) => chunk.subarray(0, whole.length - i * 65_536)))).to.deep.equal(packets);
  });

  it('should not allocate for all that a header claims before it has come', () => {
    const decoder = new PacketDecoder();
    const made = sinon.spy(globalThis, 'Uint8Array');
    decoder.push(bytes('30 ff ff ff 7f 0001'));
    expect(decoder.next()).to.equal(undefined);
    const sizes = made.args.map(([size]: unknown[]) => size).filter((size) => typeof size === 'number');
    expect(Math.max(...sizes)).to.be.at.most(65_536);
  });

  it('should never write over the payload of a packet that came in pieces', () => {
    for (const size of [50, 130, 500, 1000, 5000]) {
      const packets = [1, 2, 3].map((byte) => ({ ...publish(0), payload: new Uint8Array(size).fill(byte) }));
      const pieces = packets.flatMap((packet) => [encode(packet).slice(0, 20), encode(packet).slice(20)]);
      expect(decodeAll(...pieces)).to.deep.equal(packets);
    }
  });

  it('should copy payloads from memory that is written to again', () => {
    const sizes = [0, 10, 64, 65, 700, 1023, 1024, 1025, 4096, 5000, 20_000, 70_000, 300_000];
    const packets = [...sizes, ...sizes.reverse()].map((size, i) => ({
      ...publish(0),
      payload: new Uint8Array(size).fill(i + 1),
    }));
    const whole = Buffer.concat(packets.map(encode));
    for (const size of [1, 50, 1000, 5000, 65_536, 524_288]) {
      const decoder = new PacketDecoder();
      decoder.isLent = true;
      const lent = new Uint8Array(size);
      const read: unknown[] = [];
      for (let at = 0; at < whole.length; at += size) {
        const chunk = whole.subarray(at, at + size);
        lent.set(chunk);
        decoder.push(lent.subarray(0, chunk.length));
        for (let packet = decoder.next(); packet; packet = decoder.next()) read.push(packet);
        lent.fill(0xff);
      }
      expect(read).to.deep.equal(packets);
    }
  });

  it('should not let a payload from lent memory pin more than 64 times its own memory', () => {
    const lent = new Uint8Array(524_288);
    const sizes = [65, 1023, 1024, 1025, 8000, 65_537];
    lent.set(Buffer.concat(sizes.map((size) => encode(publish(size)))));
    const decoder = new PacketDecoder();
    decoder.isLent = true;
    decoder.push(lent);
    for (const size of sizes) {
      const { payload } = decoder.next() as PublishPacket;
      expect(payload.length).to.equal(size);
      expect(payload.buffer.byteLength).to.be.at.most(64 * size);
    }
  });

  it('should view a large payload, not copy it', () => {
    const chunk = encode(publish(60_000)).slice();
    expect((decodeAll(chunk)[0] as PublishPacket).payload.buffer).to.equal(chunk.buffer);
  });

  it('should tell topic names apart, however many and however alike', () => {
    const topics = Array.from({ length: 2000 }, (_, i) => `room/${i % 1000}/${i % 7 === 0 ? 'ü' : 'u'}`);
    const packets = topics.map((topic) => publish(1, topic));
    expect(decodeAll(Buffer.concat(packets.map(encode)))).to.deep.equal(packets);
  });
});
