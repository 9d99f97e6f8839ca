import { ByteReader } from './ByteReader.js';
import { MAX_PACKET_SIZE } from './fixedHeader.js';
import type { Packet } from './Packet.js';
import { Pieces } from './Pieces.js';
import { NO_BYTES } from './noBytes.js';

/**
 * Cuts a stream of bytes, which come in chunks of any size, into packets: `push` a chunk, then call `next` until it
 * returns `undefined`.
 *
 * A packet that lies in one chunk is read where it lies. One that does not is put together first: the work is linear in
 * the bytes, however small the chunks. The decoder holds nothing between packets but its cache of topic names, blocks for
 * small payloads, and the memory in which small packets are put together.
 */
export class PacketDecoder {
  /** Whether the next chunk may be written to again once `next` has returned `undefined`. */
  isLent = false;
  /** What came of a packet whose end has not come. */
  readonly pieces = new Pieces();
  /** Chunks that came before all of `chunk` was read. */
  private readonly waiting: Uint8Array[] = [];
  private readonly reader = new ByteReader();
  /** What is read now, from `offset` on. */
  private chunk: Uint8Array = NO_BYTES;
  private offset = 0;
  /** How many bytes of a packet that does not lie in one chunk are needed to go on. */
  private wanted = 0;

  /** @param limit bytes of the largest packet that is accepted, fixed header included */
  constructor(private readonly limit = MAX_PACKET_SIZE) {}

  /** How many bytes of large payloads there were so far. */
  get large(): number {
    return this.reader.large;
  }

  /**
   * Takes the next bytes of the stream. Unless it `isLent` a chunk must not be changed afterwards: payloads may be views
   * of it. A lent one must be read to its end, by `next`, before the next one is pushed.
   */
  push(chunk: Uint8Array): void {
    if (this.offset < this.chunk.length) {
      this.waiting.push(chunk);
    } else {
      this.chunk = chunk;
      this.offset = 0;
    }
  }

  /**
   * The next packet, or `undefined` if its last byte has not come yet. Once it has thrown there is no way to go on.
   *
   * @throws {ProtocolError} the bytes are not MQTT 3.1.1
   * @throws {PacketTooLargeError} a packet is over the limit, from its fixed header
   */
  next(): Packet | undefined {
    let packet: Packet | undefined;
    while (packet === undefined && (this.offset < this.chunk.length || this.nextChunk())) {
      packet = this.pieces.count === 0 ? this.readInPlace() : this.gather();
    }
    return packet;
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
    if (pieces.count < wanted) return undefined;
    const kind = reader.begin(pieces.bytes, 0, wanted, this.limit);
    this.wanted = kind ? reader.end : wanted + 1;
    return kind && reader.end <= wanted ? reader.read(kind, pieces.drop()) : undefined;
  }

  /** Steps to the next chunk. Without one, nothing is pinned while the connection is idle. */
  private nextChunk(): boolean {
    const isThere = this.waiting.length > 0;
    this.chunk = this.reader.bytes = isThere ? this.waiting.shift()! : NO_BYTES;
    this.offset = 0;
    return isThere;
  }
}
