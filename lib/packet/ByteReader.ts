import type { TextKind } from '../text.js';
import { check, checkPacketId, refuseLonger } from './check.js';
import { NO_BYTES } from './noBytes.js';
import type { PayloadMemory } from './PayloadMemory.js';
import { TopicCache } from './TopicCache.js';
import { readShort, readUtf8 } from './utf8.js';

/**
 * Reads the fields of a packet, one after the other. A decoder has one reader and opens it at each packet.
 *
 * Each method throws a `ProtocolError` that names the `field` if its bytes go beyond the end of the packet (MQTT section
 * 2.2.3) or are not valid.
 */
export class ByteReader {
  private bytes: Uint8Array = NO_BYTES;
  /** Where the next field begins. */
  private offset = 0;
  /** Where the packet ends. */
  private end = 0;
  // Made when needed: a client that only publishes reads no topic name.
  private topics: TopicCache | undefined = undefined;

  constructor(private readonly memory: PayloadMemory) {}

  /** Goes to the packet whose fields are in `bytes[start, end)`; `bytes` is a plain Uint8Array, not a Buffer. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  /** Forgets the packet, so that its memory is not pinned. */
  close(): void {
    this.open(NO_BYTES, 0, 0);
  }

  /** Whether the packet has bytes that were not read yet. */
  get hasMore(): boolean {
    return this.offset < this.end;
  }

  /** Refuses bytes behind the last field. @param type of the packet */
  checkEnd(type: string): void {
    if (this.hasMore) check(false, `bytes behind ${type}`, 0, this.end - this.offset, '2.2.3');
  }

  /** One byte. */
  byte(field: string): number {
    return this.bytes[this.skip(1, field)]!;
  }

  /** Two bytes, the most significant first (MQTT section 1.5.2). */
  uint16(field: string): number {
    const at = this.skip(2, field);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  /** A Variable Byte Integer of four bytes at most, in its shortest form [MQTT5-1.5.5-1]. */
  varint(field: string): number {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.byte(field);
      if (shift > 0 && (byte === 0 || shift > 21)) refuseLonger(field);
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte > 0x7f);
    return value;
  }

  /** Two bytes, a packet identifier other than 0. @param clause the statement that asks for it */
  packetId(clause: string): number {
    const packetId = this.uint16('packet identifier');
    checkPacketId(packetId, clause);
    return packetId;
  }

  /** A length of two bytes and as many bytes of UTF-8 (MQTT section 1.5.3). */
  text(field: string, kind: TextKind = 'text'): string {
    const start = this.skip(this.uint16(field), field);
    const plain = kind === 'text' ? readShort(this.bytes, start, this.offset) : '';
    return plain || readUtf8(this.bytes.subarray(start, this.offset), field, kind);
  }

  /** A topic name, as text. Frequent names are found in a cache. */
  topicName(field: string, mayBeEmpty = false): string {
    const start = this.skip(this.uint16(field), field);
    if (mayBeEmpty && start === this.offset) return '';
    this.topics ??= new TopicCache();
    return this.topics.read(this.bytes, start, this.offset, field);
  }

  /** A length of two bytes and as many bytes, copied. */
  binary(field: string): Uint8Array {
    const start = this.skip(this.uint16(field), field);
    return this.bytes.slice(start, this.offset);
  }

  /** The rest of the packet: a plain Uint8Array. Nothing writes to it again. */
  payload(): Uint8Array {
    const start = this.offset;
    this.offset = this.end;
    return this.memory.payload(this.bytes, start, this.end);
  }

  /** Makes the packet end behind the next `length` bytes, for a while. @returns what `widen` must be given then */
  narrow(length: number, field: string): number {
    const { end } = this;
    const start = this.skip(length, field);
    this.end = this.offset;
    this.offset = start;
    return end;
  }

  /** Undoes `narrow`. */
  widen(end: number): void {
    this.end = end;
  }

  /** Steps over `count` bytes. Returns where they begin. */
  private skip(count: number, field: string): number {
    const at = this.offset;
    const behind = at + count;
    if (behind > this.end) check(false, `bytes of ${field}`, count, this.end - at, '2.2.3');
    this.offset = behind;
    return at;
  }
}
