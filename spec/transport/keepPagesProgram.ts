// Receives messages of 1 MiB through a `Landing`, drops 24 of them at a time, and prints how many page faults each took
// once enough had come. To be run with --expose-gc.
import { resourceUsage } from 'node:process';
import { encode } from '../../lib/codec.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { Landing, allocate } from '../../lib/transport/Landing.js';

const AT_ONCE = 24;
const message = encode({ type: 'publish', topic: 'large', payload: new Uint8Array(1_048_576), qos: 0, retain: false, dup: false, packetId: 0 }); // prettier-ignore
const landing = new Landing();
const decoder = new PacketDecoder();
landing.reader = decoder;
decoder.pieces.allocate = allocate;

function receive(): void {
  const packets: unknown[] = [];
  landing.next = (chunk) => {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet; packet = decoder.next()) packets.push(packet);
  };
  for (let i = 0; i < AT_ONCE; i++) {
    for (let at = 0; at < message.length;) {
      const room = landing.room().subarray(0, message.length - at);
      room.set(message.subarray(at, at + room.length));
      landing.landed(room);
      at += room.length;
    }
  }
  if (packets.length !== AT_ONCE) throw new Error(`${packets.length} packets came`);
}

async function faults(rounds: number): Promise<number> {
  const before = resourceUsage().minorPageFault;
  for (let round = 0; round < rounds; round++) {
    receive();
    await new Promise(setImmediate); // nothing is held by the stack any more
    globalThis.gc!();
  }
  return (resourceUsage().minorPageFault - before) / (rounds * AT_ONCE);
}

await faults(10);
console.log(await faults(40));
