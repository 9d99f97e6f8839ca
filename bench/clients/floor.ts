import { connect as dial } from 'node:net';
import type { BenchClient, ConnectOptions } from '../BenchClient.js';

/**
 * The floor: a hand-written program on a bare socket that writes packets encoded beforehand and only counts what comes.
 * It knows the workloads' packets by heart, and answers acknowledgements by their first byte. Not a client.
 */
export async function connect({ port, clientId }: ConnectOptions): Promise<BenchClient> {
  const socket = dial({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const id = Buffer.from(clientId);
  const length = 12 + id.length;
  const lengthBytes = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  socket.write(Buffer.concat([Buffer.of(0x10, ...lengthBytes, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, id.length >> 8, id.length & 255), id])); // prettier-ignore

  let encoded: { packet: Buffer; topic: string; payload: Uint8Array; qos: number; idAt: number } | undefined;
  let out = Buffer.allocUnsafe(1 << 17);
  let at = 0;
  let scheduled = false;
  let lastId = 0;
  const waiting: (() => void)[] = [];
  let head = 0;
  let handler: () => void = () => undefined;
  let onAck: (() => void) | undefined;
  let pending: Buffer = Buffer.alloc(0);
  let skip = 0; // bytes of a large packet at QoS 0 that are only counted

  const flush = () => {
    scheduled = false;
    if (at === 0) return;
    socket.write(out.subarray(0, at));
    out = Buffer.allocUnsafe(1 << 17);
    at = 0;
  };
  const room = (count: number) => {
    if (at + count > out.length) flush();
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  const write = (topic: string, payload: Uint8Array, qos: number) => {
    if (encoded?.payload !== payload || encoded.qos !== qos || encoded.topic !== topic) {
      encoded = { ...encode(topic, payload, qos), topic, payload, qos };
    }
    const { packet, idAt } = encoded;
    if (packet.length > 16_384) {
      flush();
      const head = Buffer.from(packet.subarray(0, idAt + 2));
      if (qos > 0) head.writeUInt16BE((lastId = (lastId % 65_535) + 1), idAt);
      socket.write(head);
      socket.write(packet.subarray(idAt + 2));
      return;
    }
    room(packet.length);
    packet.copy(out, at);
    if (qos > 0) out.writeUInt16BE((lastId = (lastId % 65_535) + 1), at + idAt);
    at += packet.length;
  };
  const ack = (type: number, high: number, low: number) => {
    room(4);
    out[at++] = type;
    out[at++] = 2;
    out[at++] = high;
    out[at++] = low;
  };
  const settle = () => {
    const done = waiting[head];
    waiting[head++] = undefined as never;
    if (head === 65_536) {
      waiting.splice(0, head);
      head = 0;
    }
    done?.();
  };
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      if (skip > data.length) {
        skip -= data.length;
        return;
      }
      const bytes = pending.length > 0 ? Buffer.concat([pending, data]) : data;
      let i = skip;
      if (skip > 0) handler();
      skip = 0;
      while (i + 2 <= bytes.length) {
        let remaining = bytes[i + 1]! & 127;
        let body = i + 2;
        for (let shift = 7; bytes[body - 1]! > 127 && body < bytes.length; shift += 7)
          remaining |= (bytes[body++]! & 127) << shift;
        const end = body + remaining;
        if (bytes[body - 1]! > 127) break;
        const first = bytes[i]!;
        if (end > bytes.length) {
          if (remaining < 65_536 || first !== 0x30) break;
          skip = end - bytes.length;
          i = bytes.length;
          break;
        }
        if (first >> 4 === 3) {
          if (first & 6) {
            const idAt = body + 2 + bytes.readUInt16BE(body);
            ack(first & 2 ? 0x40 : 0x50, bytes[idAt]!, bytes[idAt + 1]!);
          }
          handler();
        } else if (first === 0x40 || first === 0x70) settle();
        else if (first === 0x50) ack(0x62, bytes[body]!, bytes[body + 1]!);
        else if (first === 0x62) ack(0x70, bytes[body]!, bytes[body + 1]!);
        else if (first === 0x20) resolve();
        else if (first === 0x90) onAck?.();
        i = end;
      }
      pending = i < bytes.length ? bytes.subarray(i) : Buffer.alloc(0);
    });
  });
  socket.on('error', () => undefined);
  return {
    publish: write,
    publishThen(topic, payload, qos, done) {
      write(topic, payload, qos);
      if (qos > 0) waiting.push(done);
      else queueMicrotask(done);
    },
    async subscribe([filter = '#'], qos, onMessage) {
      handler = onMessage;
      const name = Buffer.from(filter);
      const granted = new Promise<void>((resolve) => (onAck = resolve));
      socket.write(Buffer.concat([Buffer.of(0x82, 5 + name.length, 0, 1, 0, name.length), name, Buffer.of(qos)]));
      await granted;
    },
    async end() {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.end(Buffer.of(0xe0, 0));
      await closed;
    },
  };
}

function encode(topic: string, payload: Uint8Array, qos: number): { packet: Buffer; idAt: number } {
  const name = Buffer.from(topic);
  const remaining = 2 + name.length + (qos > 0 ? 2 : 0) + payload.length;
  const lengthBytes: number[] = [];
  for (let rest = remaining; ; rest >>= 7) {
    lengthBytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  const head = Buffer.concat([Buffer.of(0x30 | (qos << 1), ...lengthBytes, name.length >> 8, name.length & 255), name]);
  return { packet: Buffer.concat([head, Buffer.alloc(qos > 0 ? 2 : 0), payload]), idAt: head.length };
}
