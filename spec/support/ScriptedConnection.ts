import type { ConnackPacket, Packet, PacketType, ProtocolVersion } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { encode } from '../../lib/packet/encode.js';
import type { MemoryPeer } from '../../lib/transport/memory.js';

/** The packet of a type. */
export type PacketOf<T extends PacketType> = Packet extends infer P
  ? P extends { readonly type: PacketType }
    ? T extends P['type']
      ? P & { readonly type: T }
      : never
    : never
  : never;

/** What a scripted connection needs of the other end, in memory or over a socket. */
export type ScriptedPeer = Pick<MemoryPeer, 'bytes$' | 'write' | 'close' | 'fail'>;

/** The broker's end of one connection: records what the client does, and does what the spec says. */
export class ScriptedConnection {
  /** All packets received, in order. */
  readonly received: Packet[] = [];
  /** What no client may do: bytes that cannot be decoded, a write after a hang-up or DISCONNECT, no CONNECT first … */
  readonly faults: string[] = [];
  /** How many separate writes (over a socket: chunks) came from the client. */
  writes = 0;
  /** Neither end has closed. */
  open = true;
  /** The client has closed. */
  hungUp = false;
  private untaken: Packet[] = [];
  private readonly decoder = new PacketDecoder(undefined, 'auto');
  /** How many filters each UNSUBSCRIBE had, by packet identifier. */
  private readonly unsubscribed = new Map<number, number>();

  /** @param react called with each packet, after it was recorded */
  constructor(
    private readonly peer: ScriptedPeer,
    private readonly react: (packet: Packet) => void,
  ) {}

  /** Begins to read. */
  start(): this {
    this.peer.bytes$.subscribe({
      next: (chunk) => this.read(chunk),
      complete: () => this.closedByClient(),
      error: () => this.closedByClient(),
    });
    return this;
  }

  /** Takes the packets received since they were last taken; with a type only those, and the others stay to be taken. */
  take(): Packet[];
  take<T extends PacketType>(type: T): PacketOf<T>[];
  take(type?: PacketType): Packet[] {
    const taken = this.untaken.filter((packet) => type === undefined || packet.type === type);
    this.untaken = this.untaken.filter((packet) => !taken.includes(packet));
    return taken;
  }

  /** The version that the client speaks, as its CONNECT says. */
  get version(): ProtocolVersion {
    return this.decoder.version === 5 ? 5 : 4;
  }

  /**
   * Sends packets, all in one chunk, in the version that the client speaks. What MQTT 5 needs and a spec for both versions
   * does not say is filled in.
   */
  send(...packets: Packet[]): void {
    const protocolVersion = this.version;
    const said = protocolVersion === 5 ? packets.map((packet) => this.asOf5(packet)) : packets;
    this.sendBytes(Buffer.concat(said.map((packet) => encode(packet, { protocolVersion }))));
  }

  /** Sends bytes, whatever they mean, in one chunk. */
  sendBytes(bytes: Uint8Array): void {
    this.peer.write(bytes);
  }

  /** Closes the connection in an orderly way. */
  close(): void {
    this.open = false;
    this.peer.close();
  }

  /** Breaks the connection. */
  fail(error: unknown = new Error('ECONNRESET')): void {
    this.open = false;
    this.peer.fail(error);
  }

  /** Called when the client has closed: whatever it writes from now on is a fault. */
  closedByClient(): void {
    if (!this.open) return;
    this.open = false;
    this.hungUp = true;
  }

  private read(chunk: Uint8Array): void {
    this.writes += 1;
    try {
      this.decoder.push(chunk);
      for (let packet = this.decoder.next(); packet; packet = this.decoder.next()) this.receive(packet);
    } catch (error) {
      this.faults.push(`undecodable: ${String(error)}`);
      this.close();
    }
  }

  private asOf5(packet: Packet): Packet {
    if (packet.type === 'connack')
      return { ...packet, reasonCode: REASON_CODES[packet.reasonCode] ?? packet.reasonCode };
    if (packet.type !== 'unsuback' || packet.reasonCodes) return packet;
    return { ...packet, reasonCodes: new Array<number>(this.unsubscribed.get(packet.packetId) ?? 1).fill(0) };
  }

  private receive(raw: Packet): void {
    const packet = plain(raw);
    if (packet.type === 'unsubscribe') this.unsubscribed.set(packet.packetId, packet.filters.length);
    const first = this.received.length === 0;
    if (first !== (packet.type === 'connect')) this.faults.push(`${packet.type} as packet ${this.received.length + 1}`);
    if (this.received.at(-1)?.type === 'disconnect') this.faults.push(`${packet.type} after disconnect`);
    this.received.push(packet);
    this.untaken.push(packet);
    this.react(packet);
  }
}

/** The reason codes of MQTT 5 for the return codes of 3.1.1. */
export const REASON_CODES: Readonly<Record<ConnackPacket['reasonCode'], number>> = {
  1: 0x84,
  2: 0x85,
  3: 0x88,
  4: 0x86,
  5: 0x87,
};

/** A packet without what means nothing: so a spec compares packets of both versions alike. */
export function plain(packet: Packet): Packet {
  const meansNothing = (name: string, value: unknown) =>
    value === undefined ||
    name === 'protocolVersion' ||
    (name === 'reasonCode' && value === 0 && packet.type !== 'connack');
  const kept = Object.fromEntries(Object.entries(packet).filter(([name, value]) => !meansNothing(name, value)));
  if (packet.type === 'connect' && packet.will) kept['will'] = bare(packet.will);
  if (packet.type !== 'subscribe') return kept as unknown as Packet;
  const subscriptions = packet.subscriptions.map((one) =>
    Object.fromEntries(
      Object.entries(one).filter(([name, value]) => name === 'qos' || (value !== false && value !== 0)),
    ),
  );
  return { ...kept, subscriptions } as unknown as Packet;
}

/** An object without what is `undefined`. */
function bare(value: object): unknown {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}
