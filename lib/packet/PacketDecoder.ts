import { InvalidOptionsError } from '../errors.js';
import { ByteReader } from './ByteReader.js';
import { MAX_PACKET_SIZE } from './fixedHeader.js';
import type { Packet } from './Packet.js';
import { Pieces } from './Pieces.js';
import { NO_BYTES } from './noBytes.js';

/** Options of `PacketDecoder` and `decodePackets`. */
export interface DecoderOptions {
  /** Bytes of the largest packet that is accepted, fixed header included: 2 to 268,435,460, the default. */
  readonly maxPacketSize?: number | undefined;
}

/**
 * Cuts a stream of bytes, which come in chunks of any size, into packets: `push` a chunk, then call `next` until it
 * returns `undefined`.
 *
 * A packet that lies in one chunk is read where it lies. One that does not is put together first: the work is linear in
 * the bytes, however small the chunks. The decoder holds nothing between packets but its cache of topic names, blocks for
 * small payloads, and the memory in which small packets are put together.
 */
export class PacketDecoder {
  private readonly limit: number;
  /** Whether the next chunk may be written to again once `next` has returned `undefined`. */
  isLent = false;
  private failure: Error | undefined;
  /** Chunks that came before all of `chunk` was read. */
  private waiting: Uint8Array[] = [];
  private readonly reader = new ByteReader();
  private readonly pieces: Pieces;
  /** What is read now, from `offset` on. */
  private chunk: Uint8Array = NO_BYTES;
  private offset = 0;
  /** How many bytes of a packet that does not lie in one chunk are needed to go on. */
  private wanted = 0;

  /**
   * @param allocate makes memory for packets that come in pieces; it may hold anything. Default: zeros
   * @throws {InvalidOptionsError}
   */
  constructor(
    { maxPacketSize: limit = MAX_PACKET_SIZE }: DecoderOptions = {},
    allocate?: (size: number) => Uint8Array,
  ) {
    if (!Number.isInteger(limit) || limit < 2 || limit > MAX_PACKET_SIZE) {
      throw new InvalidOptionsError('maxPacketSize', `expected an integer from 2 to ${MAX_PACKET_SIZE}, got ${limit}`);
    }
    this.limit = limit;
    this.pieces = new Pieces(allocate);
  }

  /** Where the next bytes need not be copied: `push` a view of it, from its beginning. Only for a large packet in pieces. */
  get room(): Uint8Array | undefined {
    return this.pieces.room;
  }

  /** How many bytes of large payloads and of packets in pieces there were so far. */
  get largeBytes(): number {
    return this.reader.large + this.pieces.count;
  }

  /** Bytes that came and are not part of a packet returned by `next`. 0: the last packet ended with the last chunk. */
  get bytesBuffered(): number {
    const unread = this.pieces.count + this.chunk.length - this.offset;
    return this.waiting.reduce((sum, { length }) => sum + length, unread);
  }

  /**
   * Takes the next bytes of the stream. Unless it `isLent` a chunk must not be changed afterwards: payloads may be views
   * of it. A lent one must be read to its end, by `next`, before the next one is pushed.
   */
  push(chunk: Uint8Array): void {
    if (this.failure !== undefined) return;
    if (this.offset < this.chunk.length) {
      this.waiting.push(chunk);
    } else {
      this.chunk = chunk;
      this.offset = 0;
    }
  }

  /**
   * The next packet, or `undefined` if its last byte has not come yet.
   *
   * @throws {ProtocolError} the bytes are not MQTT 3.1.1; there is no way to go on, and each further call throws the same
   * @throws {PacketTooLargeError} a packet is over `maxPacketSize`, from its fixed header; likewise for good
   */
  next(): Packet | undefined {
    try {
      if (this.failure !== undefined) throw this.failure;
      let packet: Packet | undefined;
      while (packet === undefined && (this.offset < this.chunk.length || this.nextChunk())) {
        packet = this.pieces.count === 0 ? this.readInPlace() : this.gather();
      }
      return packet;
    } catch (error) {
      this.failure = error as Error;
      this.pieces.drop();
      this.waiting = [];
      this.nextChunk();
      throw error;
    }
  }

  /** At the beginning of a packet: reads it where it lies, if all of it is there. */
  private readInPlace(): Packet | undefined {
    const { chunk, offset, reader } = this;
    const kind = reader.begin(chunk, offset, chunk.length, this.limit);
    if (kind && reader.end <= chunk.length) {
      this.offset = reader.end;
      // Once a chunk, and not for chunks that are only gathered.
      if (chunk.constructor !== Uint8Array) {
        reader.bytes = this.chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      }
      return reader.read(kind, this.isLent);
    }
    this.wanted = kind ? reader.end - offset : 2;
    return this.gather();
  }

  /** In the middle of a packet: takes as much as is wanted, which is its fixed header at first, then all of it. */
  private gather(): Packet | undefined {
    const { chunk, offset, reader, pieces, wanted } = this;
    const end = Math.min(chunk.length, offset + wanted - pieces.count);
    pieces.append(chunk, offset, end, wanted);
    this.offset = end;
    const { bytes, count } = pieces;
    if (count < wanted) return undefined;
    const kind = reader.begin(bytes, 0, count, this.limit);
    this.wanted = kind ? reader.end : count + 1;
    if (!kind || count < this.wanted) return undefined;
    const { areLent } = pieces;
    pieces.drop();
    return reader.read(kind, areLent);
  }

  /** Steps to the next chunk that is not empty. Without one, nothing is pinned while the connection is idle. */
  private nextChunk(): boolean {
    this.offset = 0;
    while (this.waiting.length > 0) {
      this.chunk = this.waiting.shift()!;
      if (this.chunk.length > 0) return true;
    }
    this.chunk = this.reader.bytes = NO_BYTES;
    return false;
  }
}
