import { InvalidOptionsError, PacketTooLargeError } from '../errors.js';
import { ByteReader } from './ByteReader.js';
import { MAX_PACKET_SIZE, checkFixedHeader, packetSize } from './fixedHeader.js';
import type { Packet } from './Packet.js';
import { PartialPacket } from './PartialPacket.js';
import { readPacket } from './readPacket.js';

const NOTHING = new Uint8Array(0);

/** Options of `PacketDecoder` and `decodePackets`. */
export interface DecoderOptions {
  /** Bytes of the largest packet that is accepted, fixed header included: 2 to 268,435,460, the default. */
  readonly maxPacketSize?: number | undefined;
}

/**
 * Cuts a stream of bytes, which come in chunks of any size, into packets: `push` a chunk, then call `next` until it
 * returns `undefined`.
 *
 * A packet that lies in one chunk is read where it lies. One that does not is gathered, and joined when its last byte is
 * there: the work is linear in the bytes, however small the chunks.
 * The decoder holds nothing between packets but its cache of topic names.
 */
export class PacketDecoder {
  private readonly maxPacketSize: number;
  private readonly reader = new ByteReader();
  private failure: Error | undefined;

  /** What is read now, from `offset` on. */
  private chunk: Uint8Array = NOTHING;
  private offset = 0;
  /** Chunks that came before all of `chunk` was read. */
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  /** A packet that does not lie in one chunk. */
  private readonly partial = new PartialPacket();
  /** Whether the fixed header of `partial` is complete. */
  private sizeKnown = false;

  /** @throws {InvalidOptionsError} */
  constructor(options: DecoderOptions = {}) {
    const { maxPacketSize = MAX_PACKET_SIZE } = options;
    if (!Number.isInteger(maxPacketSize) || maxPacketSize < 2 || maxPacketSize > MAX_PACKET_SIZE) {
      throw new InvalidOptionsError(
        'maxPacketSize',
        `an integer from 2 to ${MAX_PACKET_SIZE} expected, ${maxPacketSize} came`,
      );
    }
    this.maxPacketSize = maxPacketSize;
  }

  /** Bytes that came and are not part of a packet returned by `next`. 0: the last packet ended with the last chunk. */
  get bytesBuffered(): number {
    return this.partial.length + this.chunk.length - this.offset + this.waitingBytes;
  }

  /** Takes the next bytes of the stream. They must not be changed afterwards: payloads may be views of them. */
  push(chunk: Uint8Array): void {
    if (this.failure !== undefined) return;
    if (this.offset === this.chunk.length) {
      this.chunk = chunk;
      this.offset = 0;
    } else {
      this.waiting.push(chunk);
      this.waitingBytes += chunk.length;
    }
  }

  /**
   * The next packet, or `undefined` if its last byte has not come yet.
   *
   * @throws {ProtocolError} the bytes are not MQTT 3.1.1; there is no way to go on, and each further call throws the same
   * @throws {PacketTooLargeError} a packet is over `maxPacketSize`, from its fixed header; likewise for good
   */
  next(): Packet | undefined {
    if (this.failure !== undefined) throw this.failure;
    try {
      return this.partial.wanted === 0 ? this.nextInPlace() : this.nextGathered();
    } catch (error) {
      this.failure = error as Error;
      this.drop();
      throw error;
    }
  }

  /** At the beginning of a packet: reads it where it lies, if all of it is there. */
  private nextInPlace(): Packet | undefined {
    if (this.offset === this.chunk.length && !this.nextChunk()) return undefined;
    const { chunk, offset } = this;
    const size = packetSize(chunk, offset, chunk.length);
    if (size > this.maxPacketSize) throw new PacketTooLargeError(size, this.maxPacketSize);
    const end = offset + size;
    if (size === 0 || end > chunk.length) {
      this.sizeKnown = false;
      this.partial.begin(2);
      return this.nextGathered();
    }
    this.offset = end;
    // Once a chunk, and not for chunks that are only gathered.
    if (chunk.constructor !== Uint8Array) this.chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    return readPacket(this.reader, this.chunk, offset, end, false);
  }

  /** In the middle of a packet: first its fixed header is put together, then the rest. */
  private nextGathered(): Packet | undefined {
    const { partial } = this;
    while (this.offset < this.chunk.length || this.nextChunk()) {
      const { chunk, offset } = this;
      const end = Math.min(chunk.length, offset + partial.wanted - partial.length);
      partial.append(chunk, offset, end);
      this.offset = end;
      if (!this.sizeKnown && partial.length === partial.wanted) this.lookAtHeader();
      if (partial.length === partial.wanted) {
        const { length, isReused } = partial;
        return readPacket(this.reader, partial.end(), 0, length, isReused);
      }
    }
    return undefined;
  }

  /** Refuses what can be refused before the rest of the packet is waited for. */
  private lookAtHeader(): void {
    const { partial } = this;
    const size = packetSize(partial.bytes, 0, partial.length);
    if (size === 0) {
      partial.wanted += 1;
      return;
    }
    if (size > this.maxPacketSize) throw new PacketTooLargeError(size, this.maxPacketSize);
    checkFixedHeader(partial.bytes[0]!, size - partial.length);
    partial.wanted = size;
    this.sizeKnown = true;
  }

  /** Steps to the next chunk that is not empty. Without one, nothing is pinned while the connection is idle. */
  private nextChunk(): boolean {
    this.chunk = NOTHING;
    this.offset = 0;
    while (this.chunk.length === 0 && this.waiting.length > 0) {
      this.chunk = this.waiting.shift()!;
      this.waitingBytes -= this.chunk.length;
    }
    if (this.chunk.length > 0) return true;
    this.reader.release();
    return false;
  }

  private drop(): void {
    this.partial.drop();
    this.waiting = [];
    this.waitingBytes = 0;
    this.nextChunk();
  }
}
