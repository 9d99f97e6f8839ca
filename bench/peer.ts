// The other end of every measurement: a sink and source that costs less than any client, so that the client is what is
// measured. It takes its orders from the client identifier of CONNECT (JSON, see PeerOrders) and from PUBLISHes to
// `start`, whose payload is the number of messages that it shall send. It prints its port and runs until it is killed.
import { type Socket, createServer } from 'node:net';

/** What a connection tells the peer about itself, as JSON in its client identifier. */
export interface PeerOrders {
  /** Topics of the messages that it sends: `prefix` and a number below `topics`, in turn. */
  readonly prefix?: string;
  readonly topics?: number;
  readonly size?: number;
  readonly qos?: 0 | 1 | 2;
  /** Sends back what comes to the topic `echo`. */
  readonly echo?: boolean;
  /** Never acknowledges a PUBLISH. */
  readonly silent?: boolean;
  /** Breaks the first connection with this key after so many PUBLISHes, and says "session present" to the next. */
  readonly breakAfter?: number;
  readonly key?: string;
  /** Milliseconds that it keeps answers back. */
  readonly delay?: number;
}

const broken = new Set<string>();
/** How many QoS 2 messages it sends before it waits for their PUBCOMPs. */
const QOS2_WINDOW = 1_000;

class Connection {
  private pending: Buffer = Buffer.alloc(0);
  private out = Buffer.allocUnsafe(1 << 16);
  private length = 0;
  private orders: PeerOrders = {};
  private published = 0;
  private left = 0;
  private unreleased = 0;
  private chunk: Buffer | undefined;
  private perChunk = 0;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data) => this.read(data));
    socket.on('drain', () => this.pour());
    socket.on('error', () => socket.destroy());
  }

  private read(data: Buffer): void {
    const bytes = this.pending.length > 0 ? Buffer.concat([this.pending, data]) : data;
    let at = 0;
    while (at + 2 <= bytes.length) {
      let remaining = 0;
      let header = 1;
      let complete = false;
      for (; header < 5 && at + header < bytes.length; header++) {
        const byte = bytes[at + header]!;
        remaining |= (byte & 0x7f) << (7 * (header - 1));
        if (byte < 0x80) {
          complete = true;
          header++;
          break;
        }
      }
      if (!complete || at + header + remaining > bytes.length) break;
      this.packet(bytes, at, at + header, at + header + remaining);
      at += header + remaining;
    }
    this.pending = at < bytes.length ? bytes.subarray(at) : Buffer.alloc(0);
    this.flush();
  }

  private packet(bytes: Buffer, at: number, body: number, end: number): void {
    const first = bytes[at]!;
    switch (first >> 4) {
      case 3: {
        const qos = (first >> 1) & 3;
        const topicEnd = body + 2 + bytes.readUInt16BE(body);
        this.published++;
        if (topicEnd === body + 7 && bytes.toString('latin1', body + 2, topicEnd) === 'start') {
          this.left = Number(bytes.toString('latin1', topicEnd + (qos > 0 ? 2 : 0), end));
          this.pour();
        }
        if (this.orders.echo && topicEnd === body + 6) this.put(bytes.subarray(at, end));
        if (qos > 0 && !this.orders.silent) this.ack(qos === 1 ? 0x40 : 0x50, bytes, topicEnd);
        if (this.orders.breakAfter === this.published && this.orders.key && !broken.has(this.orders.key)) {
          broken.add(this.orders.key);
          this.socket.destroy();
        }
        return;
      }
      case 5:
        return this.ack(0x62, bytes, body); // PUBREC
      case 6:
        return this.ack(0x70, bytes, body); // PUBREL
      case 7:
        if (--this.unreleased === 0) this.pour();
        return;
      case 1: {
        const idLength = bytes.readUInt16BE(body + 10);
        const id = bytes.toString('utf8', body + 12, body + 12 + idLength);
        this.orders = id.startsWith('{') ? (JSON.parse(id) as PeerOrders) : {};
        const resumed = this.orders.key !== undefined && broken.has(this.orders.key);
        if (this.orders.key !== undefined && !resumed) this.orders = { ...this.orders, silent: true };
        return this.put(Buffer.of(0x20, 2, resumed ? 1 : 0, 0));
      }
      case 8: {
        const codes: number[] = [];
        for (let i = body + 2; i < end; i += 3 + bytes.readUInt16BE(i))
          codes.push(bytes[i + 2 + bytes.readUInt16BE(i)]!);
        const length = 2 + codes.length;
        const lengthBytes = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
        return this.put(Buffer.from([0x90, ...lengthBytes, bytes[body]!, bytes[body + 1]!, ...codes]));
      }
      case 10:
        return this.put(Buffer.of(0xb0, 2, bytes[body]!, bytes[body + 1]!));
      case 12:
        return this.put(Buffer.of(0xd0, 0));
      case 14:
        this.socket.end();
    }
  }

  private ack(type: number, bytes: Buffer, at: number): void {
    if (this.length + 4 > this.out.length) this.flush();
    this.out[this.length++] = type;
    this.out[this.length++] = 2;
    this.out[this.length++] = bytes[at]!;
    this.out[this.length++] = bytes[at + 1]!;
  }

  private put(bytes: Buffer): void {
    this.flush();
    this.write(Buffer.from(bytes));
  }

  private flush(): void {
    if (this.length === 0) return;
    this.write(this.out.subarray(0, this.length));
    this.out = Buffer.allocUnsafe(1 << 16);
    this.length = 0;
  }

  private write(bytes: Buffer): void {
    if (this.orders.delay === undefined) this.socket.write(bytes);
    else setTimeout(() => this.socket.write(bytes), this.orders.delay);
  }

  /** Sends what is ordered, as fast as the socket takes it. */
  private pour(): void {
    if (this.left === 0) return;
    this.flush();
    this.chunk ??= this.encodeChunk();
    while (this.left > 0) {
      const count = Math.min(this.left, this.perChunk);
      if (this.orders.qos === 2) {
        if (this.unreleased > 0) return;
        this.unreleased = count;
      }
      const size = this.chunk.length / this.perChunk;
      this.left -= count;
      if (!this.socket.write(count === this.perChunk ? this.chunk : this.chunk.subarray(0, count * size))) return;
    }
  }

  /** Many messages of equal length, encoded once. */
  private encodeChunk(): Buffer {
    const { prefix = 'bench/', topics = 1, size = 64, qos = 0 } = this.orders;
    const wide = String(topics - 1).length;
    const topicLength = prefix.length + wide;
    const remaining = 2 + topicLength + (qos > 0 ? 2 : 0) + size;
    const lengthBytes: number[] = [];
    for (let rest = remaining; ; rest >>= 7) {
      lengthBytes.push(rest > 127 ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 127) break;
    }
    const fits = Math.max(1, Math.floor((1 << 18) / remaining));
    this.perChunk = qos === 2 ? Math.min(QOS2_WINDOW, fits) : Math.max(fits, Math.min(topics, 32_768));
    const packets: Buffer[] = [];
    for (let i = 0; i < this.perChunk; i++) {
      const topic = prefix + String(i % topics).padStart(wide, '0');
      const head = Buffer.concat([
        Buffer.of(0x30 | (qos << 1), ...lengthBytes, topicLength >> 8, topicLength & 255),
        Buffer.from(topic),
      ]);
      const id = (i % 65_535) + 1;
      packets.push(head, qos > 0 ? Buffer.of(id >> 8, id & 255) : Buffer.alloc(0), Buffer.alloc(size, 0x78));
    }
    return Buffer.concat(packets);
  }
}

const server = createServer((socket) => new Connection(socket));
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
