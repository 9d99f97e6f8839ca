import fc from 'fast-check';
import { type ProtocolVersion, encode } from '../../lib/codec.js';
import { arbitraryPacket } from '../support/arbitraryPackets.js';
import { arbitraryPacket5 } from '../support/arbitraryPackets5.js';
import type { DecoderCase } from './runDecoderCase.js';

/** What may be done to valid bytes: indices are taken modulo their length. */
type Damage =
  | { readonly is: 'set' | 'insert'; readonly at: number; readonly byte: number }
  | { readonly is: 'flip'; readonly at: number; readonly bit: number }
  | { readonly is: 'remove' | 'repeat'; readonly at: number; readonly count: number }
  | { readonly is: 'splice'; readonly at: number; readonly bytes: Uint8Array };

const at = fc.oneof({ weight: 3, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.nat(25_000) });
const count = fc.integer({ min: 1, max: 8 });
/** Bytes that mean something somewhere: lengths, flags, the beginnings of packets and of ill-formed UTF-8. */
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x23, 0x2b, 0xc0, 0xe2, 0xed, 0xf4));

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ is: fc.constantFrom('set' as const, 'insert' as const), at, byte }),
  fc.record({ is: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({ is: fc.constantFrom('remove' as const, 'repeat' as const), at, count }),
  fc.record({ is: fc.constant('splice' as const), at, bytes: fc.uint8Array({ maxLength: 12 }) }),
);

/** A fixed header whose length may be anything, of one byte to one too many. */
const header = fc
  .tuple(fc.nat(255), fc.array(fc.nat(127), { maxLength: 4 }), fc.nat(255))
  .map(([first, longer, last]) => Uint8Array.of(first, ...longer.map((byte) => byte | 0x80), last));

/** Packets of a version, encoded. */
const encoded: Readonly<Record<ProtocolVersion, fc.Arbitrary<Uint8Array>>> = {
  4: arbitraryPacket().map(encode),
  5: arbitraryPacket5().map((packet) => encode(packet, { protocolVersion: 5 })),
};

/** Packets, some of them damaged, headers that promise anything, and plain noise: one after the other. */
function segment(version: ProtocolVersion): fc.Arbitrary<Uint8Array> {
  const other = version === 4 ? 5 : 4;
  return fc.oneof(
    { weight: 6, arbitrary: encoded[version] },
    {
      weight: 6,
      arbitrary: fc
        .tuple(encoded[version], fc.array(damage, { minLength: 1, maxLength: 4 }))
        .map(([bytes, damages]) => damages.reduce(damaged, bytes)),
    },
    { weight: 1, arbitrary: encoded[other] },
    { weight: 1, arbitrary: header },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  );
}

const cuts = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.nat(3_000)), { minLength: 1, maxLength: 30 });
const maxPacketSize = fc.constantFrom(undefined, undefined, undefined, 2, 12, 80, 1_500);

/** Cases of packets of one version, which is told or to be found out: then the first packet tells it, or should have. */
function casesOf(spoken: ProtocolVersion): fc.Arbitrary<DecoderCase> {
  const connect =
    spoken === 4
      ? arbitraryPacket('connect').map(encode)
      : arbitraryPacket5('connect').map((packet) => encode(packet, { protocolVersion: 5 }));
  const segments = fc.array(segment(spoken), { maxLength: 8 });
  return fc
    .tuple(fc.constantFrom(spoken, 'auto' as const), fc.option(connect), segments, cuts, maxPacketSize)
    .map(([version, connect, segments, cuts, maxPacketSize]) => {
      const all = version === 'auto' && connect ? [connect, ...segments] : segments;
      return { version, bytes: new Uint8Array(Buffer.concat(all)), cuts, maxPacketSize };
    });
}

/** All that may come. */
export const arbitraryDecoderCase: fc.Arbitrary<DecoderCase> = fc.oneof(casesOf(4), casesOf(5));

function damaged(bytes: Uint8Array, damage: Damage): Uint8Array {
  const at = bytes.length === 0 ? 0 : damage.at % bytes.length;
  const join = (...parts: (Uint8Array | readonly number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  switch (damage.is) {
    case 'set':
      return join(bytes.subarray(0, at), [damage.byte], bytes.subarray(at + 1));
    case 'insert':
      return join(bytes.subarray(0, at), [damage.byte], bytes.subarray(at));
    case 'flip':
      return join(bytes.subarray(0, at), [bytes[at]! ^ (1 << damage.bit)], bytes.subarray(at + 1));
    case 'remove':
      return join(bytes.subarray(0, at), bytes.subarray(at + damage.count));
    case 'repeat':
      return join(bytes.subarray(0, at + damage.count), bytes.subarray(at));
    case 'splice':
      return join(bytes.subarray(0, at), damage.bytes, bytes.subarray(at));
  }
}
