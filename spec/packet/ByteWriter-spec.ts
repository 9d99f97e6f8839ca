import { expect } from 'chai';
import { ByteWriter } from '../../lib/packet/ByteWriter.js';
import { writePacket } from '../../lib/packet/writePacket.js';

function ping(writer: ByteWriter, count: number): void {
  for (let i = 0; i < count; i++) writePacket(writer, { type: 'pingreq' });
}

describe('ByteWriter', () => {
  it('should give what was written since the last take, and nothing twice', () => {
    const writer = new ByteWriter();
    expect(writer.take().length).to.equal(0);
    ping(writer, 2);
    expect(writer.length).to.equal(4);
    expect([...writer.take()]).to.deep.equal([0xc0, 0, 0xc0, 0]);
    expect(writer.length).to.equal(0);
    expect(writer.take().length).to.equal(0);
  });

  it('should never write again to what was taken', () => {
    const writer = new ByteWriter(16);
    const taken: Uint8Array[] = [];
    for (let i = 1; i <= 5000; i++) {
      writePacket(writer, { type: 'puback', packetId: i });
      if (i % 7 === 0 || i % 1000 < 3) taken.push(writer.take());
    }
    taken.push(writer.take());
    const all = Buffer.concat(taken);
    for (let i = 1; i <= 5000; i++) expect(all.readUInt16BE(4 * i - 2)).to.equal(i);
  });

  it('should need 512 bytes at most for an idle client, and none before its first packet', () => {
    const writer = new ByteWriter();
    expect(writer.bytes.length).to.equal(0);
    ping(writer, 1);
    expect(writer.bytes.length).to.equal(512);
  });

  it('should use one slab for many turns', () => {
    const writer = new ByteWriter();
    const slabs = new Set<ArrayBufferLike>();
    for (let i = 0; i < 200; i++) {
      ping(writer, 1);
      slabs.add(writer.take().buffer);
    }
    expect(slabs.size).to.equal(1);
  });

  it('should grow its slabs with what a turn writes, to 64 KiB and not further, and shrink them again', () => {
    const writer = new ByteWriter();
    ping(writer, 100_000);
    expect(writer.take().length).to.equal(200_000);
    ping(writer, 1);
    expect(writer.bytes.length).to.equal(65_536);
    for (let i = 0; i < 200_000; i++) {
      ping(writer, 1);
      writer.take();
    }
    expect(writer.bytes.length).to.be.below(2048);
  });

  it('should copy what one turn writes a bounded number of times', () => {
    const writer = new ByteWriter();
    let copied = 0;
    let { bytes } = writer;
    for (let i = 0; i < 500_000; i++) {
      const pending = writer.length;
      ping(writer, 1);
      if (writer.bytes !== bytes) copied += pending;
      bytes = writer.bytes;
    }
    expect(copied).to.be.below(2 * writer.length);
  });
});
