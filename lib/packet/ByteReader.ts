import { ProtocolError } from '../errors.js';
import { TopicCache } from './TopicCache.js';
import { readUtf8 } from './utf8.js';

const NOTHING = new Uint8Array(0);
/** V8 keeps the bytes of typed arrays up to this length inside the object: a copy is as cheap as a view. */
const ON_HEAP = 64;
/** A view may pin at most this many times its own length. */
const PINNED = 64;

/** Reads the fields of one packet after the other; each decoder has one, and points it at the next packet. */
export class ByteReader {
  /** Of a plain Uint8Array: what `slice` makes of one is of its kind. */
  bytes: Uint8Array = NOTHING;
  /** Where the next field begins. */
  offset = 0;
  /** Where the packet ends. */
  end = 0;
  private reused = false;
  private readonly topics = new TopicCache();

  /** Points the reader at `bytes[offset, end)`: a packet behind its fixed header; if `reused`, all of it is copied. */
  reset(bytes: Uint8Array, offset: number, end: number, reused: boolean): void {
    this.reused = reused;
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Lets go of the bytes, which would be pinned otherwise until the next packet. */
  release(): void {
    this.bytes = NOTHING;
  }

  /** One byte. */
  readByte(field: string): number {
    this.need(1, field);
    return this.bytes[this.offset++]!;
  }

  /** Two bytes, the most significant first [MQTT-1.5.2]. */
  readUint16(field: string): number {
    this.need(2, field);
    const at = this.offset;
    this.offset = at + 2;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  /**
   * Two bytes, a packet identifier.
   *
   * @throws {ProtocolError} it is 0; `clause` says where that is forbidden
   */
  readPacketId(clause: string): number {
    const packetId = this.readUint16('packet identifier');
    if (packetId === 0) throw new ProtocolError('packet identifier: 1 to 65535 expected, 0 came', clause);
    return packetId;
  }

  /** A length of two bytes and as many bytes of UTF-8 [MQTT-1.5.3]. */
  readText(field: string): string {
    const start = this.skipField(field);
    return readUtf8(this.bytes, start, this.offset, field);
  }

  /** A length of two bytes and a topic name. */
  readTopicName(): string {
    const start = this.skipField('topic name');
    return this.topics.read(this.bytes, start, this.offset);
  }

  /** A length of two bytes and as many bytes, copied. */
  readBinary(field: string): Uint8Array {
    const start = this.skipField(field);
    return copyOf(this.bytes, start, this.offset);
  }

  /**
   * The rest of the packet, as a plain Uint8Array that is the caller's to keep.
   *
   * Up to 64 bytes, and whatever is small beside the memory it lies in, are copied, so that a kept payload of 10 bytes does
   * not pin a chunk of 64 kB. Others are views: they pin at most 64 times their length, and nothing writes to them again
   * provided that the source of the chunks does not (a socket of Node or a WebSocket does not).
   */
  readRest(): Uint8Array {
    const { bytes, offset, end } = this;
    const length = end - offset;
    this.offset = end;
    if (length <= ON_HEAP || this.reused || length * PINNED < bytes.buffer.byteLength)
      return copyOf(bytes, offset, end);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
  }

  /** Steps over a length of two bytes and as many bytes, and returns where those begin. */
  private skipField(field: string): number {
    const length = this.readUint16(field);
    this.need(length, field);
    const start = this.offset;
    this.offset = start + length;
    return start;
  }

  private need(count: number, field: string): void {
    if (this.offset + count > this.end) throw this.cutShort(count, field);
  }

  private cutShort(count: number, field: string): ProtocolError {
    const left = this.end - this.offset;
    return new ProtocolError(`${field}: ${count} more bytes expected, the packet ends after ${left}`, 'MQTT-2.2.3');
  }
}

/** One call that V8 does in compiled code. Of a Buffer it would make a Buffer, but those do not come here. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === end ? NOTHING : bytes.slice(start, end);
}
