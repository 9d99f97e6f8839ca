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
  /** MQTT 5: how many topic aliases it takes. Not together with `start`, whose name it must see. */
  readonly aliasesTaken?: number;
  /** MQTT 5: it uses a topic alias for each of its topics. */
  readonly aliases?: boolean;
  /** MQTT 5: how many user properties its messages carry. */
  readonly userProperties?: number;
  /** MQTT 5: its messages carry the identifiers with which their topics were subscribed. */
  readonly identifiers?: boolean;
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
  /** Where each message of the chunk ends. */
  private ends: number[] = [];
  private version = 4;
  /** By topic filter. */
  private readonly identifiers = new Map<string, readonly number[]>();
  private areAliasesSet = false;

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
          const fields = topicEnd + (qos > 0 ? 2 : 0);
          this.left = Number(bytes.toString('latin1', this.skipProperties(bytes, fields), end));
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
        this.version = bytes[body + 6]!;
        const at = this.skipProperties(bytes, body + 10);
        const id = bytes.toString('utf8', at + 2, at + 2 + bytes.readUInt16BE(at));
        this.orders = id.startsWith('{') ? (JSON.parse(id) as PeerOrders) : {};
        const resumed = this.orders.key !== undefined && broken.has(this.orders.key);
        if (this.orders.key !== undefined && !resumed) this.orders = { ...this.orders, silent: true };
        const { aliasesTaken = 0 } = this.orders;
        const properties = this.propertyBytes([0x22, aliasesTaken >> 8, aliasesTaken & 255]);
        return this.put(Buffer.of(0x20, 2 + properties.length, resumed ? 1 : 0, 0, ...properties));
      }
      case 8: {
        const filters = this.skipProperties(bytes, body + 2);
        const hasIdentifier = filters > body + 3 && bytes[body + 3] === 0x0b; // or none, or it is not the first property
        const identifier = hasIdentifier ? [...bytes.subarray(body + 4, filters)] : [];
        const codes: number[] = [];
        for (let i = filters; i < end; i += 3 + bytes.readUInt16BE(i)) {
          const filterEnd = i + 2 + bytes.readUInt16BE(i);
          codes.push(bytes[filterEnd]! & 3);
          if (this.orders.identifiers) this.identifiers.set(bytes.toString('utf8', i + 2, filterEnd), identifier);
        }
        return this.answer(0x90, bytes, body, codes);
      }
      case 10: {
        const codes: number[] = [];
        let at = this.skipProperties(bytes, body + 2);
        for (; at < end; at += 2 + bytes.readUInt16BE(at)) codes.push(0);
        return this.answer(0xb0, bytes, body, this.version === 5 ? codes : []);
      }
      case 12:
        return this.put(Buffer.of(0xd0, 0));
      case 14:
        this.socket.end();
    }
  }

  /** Where the properties at `at` end; in MQTT 3.1.1 there are none. */
  private skipProperties(bytes: Buffer, at: number): number {
    if (this.version < 5) return at;
    let length = 0;
    let shift = 0;
    do {
      length |= (bytes[at]! & 0x7f) << shift;
      shift += 7;
    } while (bytes[at++]! > 0x7f);
    return at + length;
  }

  /** Properties with their length, in MQTT 5. */
  private propertyBytes(properties: readonly number[]): number[] {
    return this.version < 5 ? [] : [...varint(properties.length), ...properties];
  }

  /** SUBACK or UNSUBACK. */
  private answer(type: number, bytes: Buffer, at: number, codes: readonly number[]): void {
    const body = [bytes[at]!, bytes[at + 1]!, ...this.propertyBytes([]), ...codes];
    this.put(Buffer.from([type, ...varint(body.length), ...body]));
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
    if (this.orders.aliases && !this.areAliasesSet) {
      this.areAliasesSet = true;
      const { topics = 1 } = this.orders;
      for (let i = 0; i < topics; i++) this.socket.write(this.encode(i, true));
      this.left -= topics;
    }
    this.chunk ??= this.encodeChunk();
    while (this.left > 0) {
      const count = Math.min(this.left, this.perChunk);
      if (this.orders.qos === 2) {
        if (this.unreleased > 0) return;
        this.unreleased = count;
      }
      this.left -= count;
      if (!this.socket.write(count === this.perChunk ? this.chunk : this.chunk.subarray(0, this.ends[count - 1])))
        return;
    }
  }

  /** Many messages, encoded once. */
  private encodeChunk(): Buffer {
    const { topics = 1, qos = 0 } = this.orders;
    const fits = Math.max(1, Math.floor((1 << 18) / this.encode(0).length));
    this.perChunk = qos === 2 ? Math.min(QOS2_WINDOW, fits) : Math.max(fits, Math.min(topics, 32_768));
    const packets: Buffer[] = [];
    let end = 0;
    for (let i = 0; i < this.perChunk; i++) {
      const packet = this.encode(i);
      packets.push(packet);
      this.ends.push((end += packet.length));
    }
    return Buffer.concat(packets);
  }

  /** The message with this number. @param setsAlias whether it has both topic name and alias */
  private encode(i: number, setsAlias = false): Buffer {
    const { prefix = 'bench/', topics = 1, size = 64, qos = 0, aliases = false, userProperties = 0 } = this.orders;
    const topic = prefix + String(i % topics).padStart(String(topics - 1).length, '0');
    const name = Buffer.from(aliases && !setsAlias ? '' : topic);
    const id = (i % 65_535) + 1;
    const identifier = this.identifiers.get(topic) ?? [];
    const properties = [
      ...(aliases ? [0x23, 0, (i % topics) + 1] : []),
      ...(identifier.length > 0 ? [0x0b, ...identifier] : []),
    ];
    for (let n = 0; n < userProperties; n++) properties.push(0x26, 0, 4, ...Buffer.from(`key${n}`), 0, 6, ...Buffer.from(`value${n}`)); // prettier-ignore
    const body = Buffer.concat([
      Buffer.of(name.length >> 8, name.length & 255),
      name,
      Buffer.from(qos > 0 ? [id >> 8, id & 255] : []),
      Buffer.from(this.propertyBytes(properties)),
      Buffer.alloc(size, 0x78),
    ]);
    return Buffer.concat([Buffer.of(0x30 | (qos << 1), ...varint(body.length)), body]);
  }
}

/** The bytes of a Variable Byte Integer. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

const server = createServer((socket) => new Connection(socket));
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
