import mqttPacket from 'mqtt-packet';
import { pathToFileURL } from 'node:url';
import type * as Encode from '../lib/packet/encode.js';
import type { Packet } from '../lib/packet/Packet.js';
import type * as Decoder from '../lib/packet/PacketDecoder.js';
import type * as Writer from '../lib/packet/ByteWriter.js';
import type * as Write from '../lib/packet/writePacket.js';

/** Nanoseconds a packet, ours and `mqtt-packet`'s. */
export interface CodecResult {
  readonly title: string;
  readonly ours: number;
  readonly theirs: number;
  /** How many times faster ours must be. */
  readonly target: number;
}

const built = async <T>(name: string) => (await import(pathToFileURL(`dist/esm/packet/${name}.js`).href)) as T;
const COUNT = 2_000;
/** How many packets leave in one write. */
const TURN = 100;

/** Encodes and decodes PUBLISHes of 64 bytes and PUBACKs. @param ms how long each side of each comparison runs */
export async function compareCodecs(ms: number): Promise<CodecResult[]> {
  const { encode } = await built<typeof Encode>('encode');
  const { PacketDecoder } = await built<typeof Decoder>('PacketDecoder');
  const { ByteWriter } = await built<typeof Writer>('ByteWriter');
  const { writePacket } = await built<typeof Write>('writePacket');
  const payload = Buffer.alloc(64, 0x78);
  const kinds: [string, (i: number) => Packet][] = [
    ['PUBLISH', (i) => ({ type: 'publish', topic: `bench/topic/${i % 100}`, payload, qos: 1, retain: false, dup: false, packetId: i + 1 })], // prettier-ignore
    ['PUBACK', (i) => ({ type: 'puback', packetId: i + 1 })],
  ];
  const results: CodecResult[] = [];
  for (const [kind, of] of kinds) {
    const ours = Array.from({ length: COUNT }, (_, i) => of(i));
    const theirs = ours.map(theirPacket);
    const writer = new ByteWriter();
    results.push({
      title: `encode ${kind}`,
      target: 4,
      ...inTurn(
        ms,
        () => {
          for (let i = 0; i < COUNT; i++) {
            writePacket(writer, ours[i]!);
            if (i % TURN === TURN - 1) writer.take();
          }
        },
        () => {
          for (const packet of theirs) mqttPacket.generate(packet);
        },
      ),
    });
    const bytes = Buffer.concat(ours.map((packet) => encode(packet)));
    for (const size of [1, 16, 1_500, 65_536]) {
      const chunks: Buffer[] = [];
      for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
      results.push({
        title: `decode ${kind}, chunks of ${size.toLocaleString('en')} B`,
        target: 4,
        ...inTurn(
          ms,
          () => {
            const decoder = new PacketDecoder();
            for (const chunk of chunks) {
              decoder.push(chunk);
              while (decoder.next());
            }
          },
          () => {
            const parser = mqttPacket.parser();
            parser.on('packet', () => undefined);
            for (const chunk of chunks) parser.parse(chunk);
          },
        ),
      });
    }
  }
  return results;
}

function theirPacket(packet: Packet): mqttPacket.Packet {
  if (packet.type === 'puback') return { cmd: 'puback', messageId: packet.packetId };
  if (packet.type !== 'publish') throw new Error(packet.type);
  const { topic, payload, qos, retain, dup, packetId } = packet;
  return { cmd: 'publish', topic, payload: payload as Buffer, qos, retain, dup, messageId: packetId };
}

/** Both in turn, five times; the median of each, in nanoseconds a packet. */
function inTurn(ms: number, a: () => void, b: () => void): { ours: number; theirs: number } {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < 6; run++) {
    ours.push(nanoseconds(ms / 5, a));
    theirs.push(nanoseconds(ms / 5, b));
  }
  const middle = (all: number[]) => all.slice(1).sort((x, y) => x - y)[2]!; // the first run only warmed up
  return { ours: middle(ours), theirs: middle(theirs) };
}

function nanoseconds(ms: number, work: () => void): number {
  const start = performance.now();
  let rounds = 0;
  do {
    work();
    rounds++;
  } while (performance.now() - start < ms);
  return ((performance.now() - start) * 1e6) / rounds / COUNT;
}
