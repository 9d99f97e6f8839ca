import { EMPTY, NEVER, Observable, defer, map, mergeMap, throwError } from 'rxjs';
import { encode } from '../../lib/packet/encode.js';
import type { ConnackPacket, ConnectPacket, Packet, ProtocolVersion } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import type { Duplex, Transport } from '../../lib/transport/Transport.js';
import { type MemoryPeer, memory } from '../../lib/transport/memory.js';
import { lend } from './lend.js';
import { spoken } from './spoken.js';
import type { WireConnection, WireJudge } from './WireJudge.js';

/** What becomes of a dial, or of what is written later. */
export type Dial = 'accept' | 'refuse' | 'hang' | 'complete' | 'break' | 'twice' | 'throw on write';

/**
 * The answer to CONNECT. `'old'` and `'hang up'` are servers that know 3.1.1 alone: one says so in a CONNACK of that, the
 * other closes the connection.
 */
export type Connack = Pick<ConnackPacket, 'sessionPresent' | 'reasonCode' | 'properties'> | 'silent' | 'old' | 'hang up'; // prettier-ignore

/** The broker's end of a connection. */
interface Peer {
  readonly peer: MemoryPeer;
  readonly wire: WireConnection;
  /** As CONNECT says. */
  version: ProtocolVersion;
}

/** A broker that answers when, how and in which order it is told; or at once and well, while it is told that. */
export class FuzzBroker {
  dial: Dial = 'accept';
  connack: Connack = { sessionPresent: false, reasonCode: 0 };
  isAuto = true;
  /** Answers that were not sent yet. */
  pending: Packet[] = [];
  /** Filters subscribed on the present connection. */
  readonly subscribed = new Set<string>();
  /** Transports that are subscribed: dialling or open. */
  live = 0;
  readonly faults: string[] = [];
  private current: Peer | undefined;
  /** What is left of a packet that was sent by half. */
  private rest = new Uint8Array(0);

  constructor(
    private readonly judge: WireJudge,
    private readonly synchronous: boolean,
    private readonly isLent: boolean,
    private readonly isPausable: boolean,
  ) {}

  readonly transport: Transport = defer(() => this.dialled());

  /** What the judge says of the present connection, if it is open. */
  get wire(): WireConnection | undefined {
    return this.current?.wire.isOpen ? this.current.wire : undefined;
  }

  /** Sends bytes behind what is left of a packet; the last `keep` of them later. */
  sendBytes(bytes: Uint8Array, keep = 0): void {
    const all = Buffer.concat([this.rest, bytes]);
    const cut = Math.max(0, all.length - keep);
    this.rest = new Uint8Array(all.subarray(cut));
    if (cut > 0) this.current?.peer.write(new Uint8Array(all.subarray(0, cut)));
  }

  send(...packets: readonly Packet[]): void {
    this.sendBytes(this.encoded(packets));
  }

  /** The bytes of packets in the version of the present connection. */
  encoded(packets: readonly Packet[]): Uint8Array {
    const version = this.current?.version ?? 4;
    return Buffer.concat(packets.map((packet) => spoken(packet, version)));
  }

  /** Takes an answer out that was not sent yet. */
  take(at: number): Packet | undefined {
    return this.pending.splice(at % Math.max(1, this.pending.length), 1)[0];
  }

  cut(how: 'close' | 'fail'): void {
    if (this.current) this.current.wire.isCut = true;
    this.current?.peer[how]();
  }

  reads(isReading: boolean): void {
    this.current?.peer[isReading ? 'resume' : 'pause']();
  }

  private dialled(): Transport {
    if (this.live > 0) this.faults.push('a second connection while the first is there');
    this.live++;
    return held(this.dialling(), () => this.live--);
  }

  private dialling(): Observable<Duplex> {
    switch (this.dial) {
      case 'hang':
        return NEVER;
      case 'complete':
        return EMPTY;
      case 'break':
        return throwError(() => 'not even an Error');
      case 'twice':
        return this.connection(false).pipe(mergeMap((duplex) => [duplex, duplex]));
      default:
        return this.connection(this.dial === 'throw on write');
    }
  }

  private connection(throwsOnWrite: boolean): Observable<Duplex> {
    let opened: Peer | undefined;
    const serve = (peer: MemoryPeer) => {
      if (this.dial === 'refuse') throw new Error('ECONNREFUSED');
      opened = { peer, wire: this.judge.connect(this.isLent), version: 4 };
      this.serve(opened);
    };
    const opened$ = memory(serve, { synchronous: this.synchronous }).pipe(
      map((duplex) =>
        watched(duplex, opened!.wire, { throwsOnWrite, isLent: this.isLent, isPausable: this.isPausable }),
      ),
    );
    return held(opened$, () => opened?.wire.close());
  }

  private serve(opened: Peer): void {
    const decoder = new PacketDecoder(undefined, 'auto');
    this.current = opened;
    this.pending = [];
    this.rest = new Uint8Array(0);
    this.subscribed.clear();
    opened.peer.bytes$.subscribe({
      next: (chunk) => {
        if (this.current !== opened) return;
        decoder.push(chunk);
        for (let packet = decoder.next(); packet; packet = decoder.next()) this.receive(packet);
      },
      error: () => undefined,
    });
  }

  private receive(packet: Packet): void {
    if (packet.type === 'connect') return this.greet(packet);
    if (packet.type === 'subscribe') for (const { filter } of packet.subscriptions) this.subscribed.add(filter);
    if (packet.type === 'unsubscribe') for (const filter of packet.filters) this.subscribed.delete(filter);
    const answer = answerTo(packet);
    if (!answer) return;
    if (this.isAuto) this.send(answer);
    else this.pending.push(answer);
  }

  private greet({ protocolVersion = 4, cleanStart }: ConnectPacket): void {
    const { connack } = this;
    if (this.current) this.current.version = protocolVersion;
    if (connack === 'silent') return;
    if (typeof connack === 'string' && protocolVersion === 5) {
      if (connack === 'old') this.sendBytes(encode({ type: 'connack', sessionPresent: false, reasonCode: 1 }));
      return this.cut('close');
    }
    const { sessionPresent, reasonCode, properties } = typeof connack === 'string' ? ACCEPTED : connack;
    this.send({ type: 'connack', sessionPresent: sessionPresent && !cleanStart, reasonCode, properties });
    if (reasonCode !== 0) this.cut('close');
  }
}

const ACCEPTED = { sessionPresent: false, reasonCode: 0, properties: undefined };

/** As `finalize`, but at once, also when the source is still in the middle of its `subscribe`. */
function held<T>(source: Observable<T>, left: () => void): Observable<T> {
  return new Observable((observer) => {
    observer.add(left);
    source.subscribe(observer);
  });
}

/** How a transport is. */
interface Ways {
  readonly throwsOnWrite: boolean;
  readonly isLent: boolean;
  readonly isPausable: boolean;
}

function watched(duplex: Duplex, wire: WireConnection, { throwsOnWrite, isLent, isPausable }: Ways): Duplex {
  const watch = (land: (chunk: Uint8Array, read: (chunk: Uint8Array) => void) => void) =>
    new Observable<Uint8Array>((reader) =>
      duplex.bytes$.subscribe({
        next: (chunk) => wire.toClient(chunk, () => land(chunk, (landed) => reader.next(landed))),
        error: (error: unknown) => reader.error(error),
        complete: () => reader.complete(),
      }),
    );
  return {
    bytes$: watch((chunk, read) => read(chunk)),
    inlet: {
      receive: (reader) => {
        if (reader instanceof PacketDecoder) overheard(reader, wire);
        return watch((chunk, read) => (isLent ? lend(chunk, reader, read) : read(chunk)));
      },
    },
    ...(isPausable ? { pause: () => duplex.pause!(), resume: () => duplex.resume!() } : {}),
    write(bytes) {
      if (throwsOnWrite && bytes.length % 3 === 0) throw new Error('EPIPE');
      wire.fromClient(bytes);
      duplex.write(bytes);
    },
    get buffered() {
      return duplex.buffered;
    },
  };
}

/** Tells of each packet that the client's decoder gives: what came may wait there for long. */
function overheard(decoder: PacketDecoder, wire: WireConnection): void {
  const next = decoder.next.bind(decoder);
  decoder.next = () => {
    let packet: Packet | undefined;
    try {
      packet = next();
    } catch (error) {
      wire.broke();
      throw error;
    }
    if (packet) wire.reads(packet);
    return packet;
  };
}

function answerTo(packet: Packet): Packet | undefined {
  switch (packet.type) {
    case 'publish':
      if (packet.qos === 0) return undefined;
      return { type: packet.qos === 1 ? 'puback' : 'pubrec', packetId: packet.packetId };
    case 'pubrec':
      return { type: 'pubrel', packetId: packet.packetId };
    case 'pubrel':
      return { type: 'pubcomp', packetId: packet.packetId };
    case 'subscribe':
      return { type: 'suback', packetId: packet.packetId, reasonCodes: packet.subscriptions.map(({ qos }) => qos) };
    case 'unsubscribe':
      return { type: 'unsuback', packetId: packet.packetId, reasonCodes: packet.filters.map(() => 0) };
    case 'pingreq':
      return { type: 'pingresp' };
    default:
      return undefined;
  }
}
