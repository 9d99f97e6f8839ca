import { inspect } from 'node:util';
import { expect } from 'chai';
import mqttPacket from 'mqtt-packet';
import { Observable } from 'rxjs';
import {
  type DecoderOptions,
  type Packet,
  PacketTooLargeError,
  ProtocolError,
  type ProtocolVersion,
  decodePackets,
  encode,
} from '../../lib/codec.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { decodeWith } from '../../lib/stream/decodePackets.js';
import { lend } from './lend.js';

/** Bytes, which version they are said to be, where they are cut into chunks, and how large a packet may be. */
export interface DecoderCase {
  readonly version: ProtocolVersion | 'auto';
  readonly bytes: Uint8Array;
  readonly cuts: readonly number[];
  readonly maxPacketSize: number | undefined;
}

/** Decodes a case whole and in pieces, and throws where something is wrong with what comes. */
export function runDecoderCase({ version, bytes, cuts, maxPacketSize }: DecoderCase): void {
  const chunks = chunksOf(bytes, cuts);
  const options = { maxPacketSize, protocolVersion: version };
  const whole = decode([bytes], options);
  expect(decode(chunks, options), 'the same wherever it is cut').to.deep.equal(whole);
  expect(decode(chunks, options, true), 'the same of chunks that are lent').to.deep.equal(whole);
  const protocolVersion = version === 'auto' ? versionOf(whole.packets[0]) : version;

  let at = 0;
  for (const packet of whole.packets) {
    const { start, end } = frame(bytes, at)!;
    expect(end - at, 'bytes of a packet').to.be.at.most(maxPacketSize ?? Infinity);
    // Whatever is accepted is what we would write, whatever the length of its remaining length.
    const again = encode(packet, { protocolVersion });
    if (protocolVersion === 4) {
      const body = frame(again, 0)!.start;
      expect([again[0], ...again.subarray(body)], packet.type).to.deep.equal([
        bytes[at],
        ...bytes.subarray(start, end),
      ]);
      expect(readByOthers(again), `what mqtt-packet makes of ${packet.type}`).to.equal(isAsOthers(packet));
    } else {
      // Properties may stand in another order and the end of a packet may be left out: then it is another form of the same.
      expect(again.length, `bytes of ${packet.type}`).to.be.within(end - at - 2, end - at);
      const { packets, error } = decode([again], { protocolVersion });
      expect(packets, inspect(error)).to.deep.equal([packet]);
    }
    at = end;
  }
  const { error } = whole;
  if (error) {
    const isTooLarge = error instanceof PacketTooLargeError;
    expect(isTooLarge || error instanceof ProtocolError, inspect(error)).to.equal(true);
    if (isTooLarge) expect(frame(bytes, at)!.end - at).to.be.greaterThan(maxPacketSize!);
  } else {
    const next = frame(bytes, at);
    if (next) expect(next.end, 'nothing is kept back that is complete').to.be.greaterThan(bytes.length);
  }
}

function decode(chunks: readonly Uint8Array[], options: DecoderOptions, areLent = false) {
  const packets: Packet[] = [];
  let error: unknown;
  let ends = 0;
  let left = 0;
  const decoder = new PacketDecoder(options.maxPacketSize, options.protocolVersion);
  const source = new Observable<Uint8Array>((reader) => {
    reader.add(() => left++);
    for (const chunk of chunks) {
      if (areLent) lend(chunk, decoder, (lent) => reader.next(lent));
      else reader.next(chunk);
    }
    reader.complete();
  });
  const packets$ = areLent ? decodeWith(source, () => decoder) : source.pipe(decodePackets(options));
  packets$.subscribe({
    next: (packet) => {
      expect(ends, 'ends before a packet').to.equal(0);
      packets.push(packet);
    },
    error: (cause: unknown) => {
      expect(left, 'the source is left first').to.equal(1);
      error = cause;
      ends++;
    },
    complete: () => ends++,
  });
  expect([ends, left], 'ends').to.deep.equal([1, 1]);
  return { packets, error };
}

/** The version that the first packet of a stream tells. */
function versionOf(first: Packet | undefined): ProtocolVersion {
  return first && 'properties' in first ? 5 : 4;
}

function chunksOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    // Cuts of nothing for ever would never come to an end.
    const size = cuts[i % cuts.length]! + (i < cuts.length ? 0 : 1);
    const chunk = bytes.slice(at, at + size);
    chunks.push(i % 3 === 1 ? Buffer.from(chunk) : chunk);
    at += size;
  }
  return chunks;
}

/** Where the body of the packet at `at` begins and ends, if its fixed header is there. */
function frame(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } | undefined {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    const digit = bytes[at + i];
    if (digit === undefined) return undefined;
    length += (digit & 127) * 128 ** (i - 1);
    if (digit < 128) return { start: at + i + 1, end: at + i + 1 + length };
  }
  return undefined;
}

function readByOthers(bytes: Uint8Array): boolean {
  let count = 0;
  let isRefused = false;
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', () => count++).on('error', () => (isRefused = true));
  parser.parse(Buffer.from(bytes));
  return count === 1 && !isRefused;
}

/** mqtt-packet takes some of what is empty for absent. */
function isAsOthers(packet: Packet): boolean {
  return packet.type !== 'connect' || packet.clientId !== '' || packet.cleanStart;
}
