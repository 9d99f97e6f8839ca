import { ByteReader } from './ByteReader.js';
import { PROTOCOL_ERROR, check, refuseLonger } from './check.js';
import { FixedHeader, MAX_PACKET_SIZE } from './fixedHeader.js';
import { NO_BYTES } from './noBytes.js';
import type { DecodedVersion, Packet, ProtocolVersion } from './Packet.js';
import type { AnyPacketKind } from './packetKinds.js';
import { type MemoryUse, PayloadMemory, type Shield } from './PayloadMemory.js';
import { Pieces } from './Pieces.js';

/** Where in CONNECT, behind its fixed header, the protocol level stands. */
const LEVEL = 6;

/**
 * Cuts a stream of bytes, which come in chunks of any size, into packets: `push` a chunk, then call `next` until it
 * returns `undefined`.
 *
 * A packet that lies in one chunk is read there. Another is put together first; the work is linear in the bytes, however
 * small the chunks. Between packets the decoder keeps only its cache of topic names, the block that small payloads share,
 * and the memory in which small packets are put together.
 */
export class PacketDecoder {
  /** Whether the next chunk may be written to again once `next` has returned `undefined`. */
  isLent = false;
  /** The bytes so far of a packet that is not complete. */
  readonly pieces = new Pieces();
  /** Chunks that wait until `chunk` is read. */
  private waiting: Uint8Array[] = [];
  /** How many of them were begun, and the bytes of the others. */
  private begun = 0;
  private waitingBytes = 0;
  private readonly memory = new PayloadMemory();
  private readonly reader = new ByteReader(this.memory);
  private readonly header = new FixedHeader();
  /** The chunk that is read now, from `offset` on. */
  private chunk: Uint8Array = NO_BYTES;
  private offset = 0;
  /** How many bytes of the packet in `pieces` are needed to go on. */
  private wanted = 0;

  /**
   * @param limit bytes of the largest packet that is accepted, fixed header included
   * @param version in which packets are read. It may be set between packets. `'auto'` becomes 4 or 5 with the first packet:
   *   CONNECT names the version that both sides speak from then on; CONNACK has properties in MQTT 5 and none in 3.1.1
   */
  constructor(
    private readonly limit = MAX_PACKET_SIZE,
    public version: DecodedVersion = 4,
  ) {}

  /** How many bytes of large payloads there were so far. */
  get large(): number {
    return this.memory.large;
  }

  /**
   * Makes memory refuse to be transferred, as `markAsUntransferable` of Node's worker_threads does. With it payloads may
   * share memory: it is called once for each block and chunk that payloads are views of. Without it they do not share.
   */
  get shield(): Shield | undefined {
    return this.memory.shield;
  }

  set shield(shield: Shield | undefined) {
    this.memory.shield = shield;
  }

  /**
   * Takes the next bytes of the stream. A chunk must not be changed afterwards, for payloads may be views of it. A chunk
   * that `isLent` may be changed, but must be read to its end, by `next`, before the next one is pushed.
   */
  push(chunk: Uint8Array): void {
    if (this.unread === 0) return this.begin(chunk);
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
  }

  /** Bytes that were pushed and not read. */
  get unread(): number {
    return this.waitingBytes + this.chunk.length - this.offset;
  }

  /** Keeps what is not read yet: a copy of it, if the chunk is lent. Once it is read, packets may be read on. */
  keep(): void {
    if (!this.isLent) return;
    this.begin(this.chunk.slice(this.offset));
    this.isLent = false;
  }

  /**
   * The next packet, or `undefined` if it is not complete yet. After an error the decoder is of no use.
   *
   * @throws {ProtocolError} the bytes are not MQTT of this version
   * @throws {PacketTooLargeError} a packet is over the limit, from its fixed header
   */
  next(): Packet | undefined {
    let packet: Packet | undefined;
    while (packet === undefined && (this.offset < this.chunk.length || this.nextChunk())) {
      packet = this.pieces.count === 0 ? this.readInPlace() : this.gather();
    }
    return packet;
  }

  /** At the beginning of a packet: reads it in the chunk, if all of it is there. */
  private readInPlace(): Packet | undefined {
    const { chunk, offset, header } = this;
    const kind = header.read(chunk, offset, chunk.length, this.limit, this.version);
    if (kind && header.end <= chunk.length) {
      this.offset = header.end;
      // At the first packet of a chunk, and not in chunks without a whole packet.
      if (chunk.constructor !== Uint8Array) {
        this.chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      }
      return this.read(kind, this.chunk, this.isLent ? 'lent' : 'chunk');
    }
    this.wanted = kind ? header.end - offset : 2;
    return this.gather();
  }

  /** In the middle of a packet: takes as much as is wanted, which is its fixed header at first, then all of it. */
  private gather(): Packet | undefined {
    const { chunk, offset, header, pieces, wanted } = this;
    const end = Math.min(chunk.length, offset + wanted - pieces.count);
    pieces.append(chunk, offset, end, wanted);
    this.offset = end;
    if (pieces.count < wanted) return undefined;
    const { bytes } = pieces;
    const kind = header.read(bytes, 0, wanted, this.limit, this.version);
    this.wanted = kind ? header.end : wanted + 1;
    return kind && header.end <= wanted ? this.read(kind, bytes, pieces.drop()) : undefined;
  }

  /** Reads the packet whose fixed header was read before. */
  private read(kind: AnyPacketKind, bytes: Uint8Array, use: MemoryUse): Packet {
    const { header, memory, reader, version } = this;
    memory.use = use;
    reader.open(bytes, header.body, header.end);
    const packet = kind.read(reader, header.first, version === 'auto' ? this.learnVersion(kind, bytes) : version);
    reader.checkEnd(kind.type);
    return packet;
  }

  /** Sees from the first packet of a stream which version it is. */
  private learnVersion({ type }: AnyPacketKind, bytes: Uint8Array): ProtocolVersion {
    const { body, end } = this.header;
    if (type === 'auth') return (this.version = 5); // a server may send it before CONNACK
    const isConnect = type === 'connect';
    check(isConnect || type === 'connack', 'first packet', 'connect or connack', type, '3.1.0-1', PROTOCOL_ERROR);
    const is5 = isConnect ? bytes[body + LEVEL] === 5 : end - body > 2;
    // Its last byte is 0 only if it is not needed: these packets are not empty.
    if (is5 && bytes[body - 1] === 0) refuseLonger('remaining length');
    return (this.version = is5 ? 5 : 4);
  }

  /** Goes on to the next chunk. Without one, no memory is pinned while the connection is idle. */
  private nextChunk(): boolean {
    const next = this.waiting[this.begun] ?? NO_BYTES;
    this.begin(next);
    this.reader.close();
    if (this.waiting.length === 0) return false;
    this.waitingBytes -= next.length;
    this.waiting[this.begun++] = NO_BYTES; // taking it out would move all the others
    if (this.begun < this.waiting.length / 2) return true;
    this.waiting = this.waiting.slice(this.begun);
    this.begun = 0;
    return true;
  }

  private begin(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.offset = 0;
    this.memory.beginChunk();
  }
}
