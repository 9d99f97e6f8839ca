import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { PacketDecoder } from '../lib/packet/PacketDecoder.js';
import type { Packet } from '../lib/packet/Packet.js';
import { breakOff } from '../spec/support/tcpProxy.js';
import type { Random } from './Random.js';
import { FAIR, type Weather, Wire } from './Wire.js';

const PINGREQ = Buffer.of(0xc0, 0);
/** How long the answer stays away after an ambush, in ms. */
const STALL = 1_000;
const HOST = '127.0.0.1';

export type Direction = 'toBroker' | 'toClient';

/** One connection of the client. */
interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
  readonly toBroker: Wire;
  readonly toClient: Wire;
  /** Reads what has gone on to the broker. */
  readonly said: PacketDecoder;
  /** Whether CONNACK has gone on. */
  isUp: boolean;
  /** PINGREQs that have gone on to the broker and are not answered. */
  pings: number;
}

/**
 * The bad network between one client and the broker: delays, fragments, stalls, cuts in the middle of a packet, resets.
 *
 * It is bad on the client's side. Towards the broker a connection always ends in order, after everything that has gone
 * on; and the next one is not made before the broker has closed the last one, which is when it has read all of it. So
 * what has gone on to the broker is known to the broker. The client cannot tell the difference.
 */
export class ChaosProxy {
  /** How often a connection was made. */
  connections = 0;
  private readonly server: Server;
  private pair: Pair | undefined;
  /** Resolves when the broker has closed the last connection. */
  private closed: Promise<unknown> = Promise.resolve();
  private weather = FAIR;
  /** Milliseconds that each connection lives. */
  private life = Infinity;
  private refuses = false;
  private frozen = false;
  private prey: ((pair: Pair, packet: Packet, back: Direction) => void) | undefined;
  private look: (() => void) | undefined;
  /** QoS 2 messages whose PUBREL has gone on to the client, on this or another connection, and whose PUBCOMP has not come. */
  private readonly released = new Set<number>();

  private constructor(
    private readonly brokerPort: number,
    private readonly random: Random,
  ) {
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => void this.accept(client));
  }

  /** Resolves when it listens. */
  static async start(brokerPort: number, random: Random): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(brokerPort, random);
    await once(proxy.server.listen(0, HOST), 'listening');
    return proxy;
  }

  get url(): string {
    return `mqtt://${HOST}:${(this.server.address() as AddressInfo).port}`;
  }

  private takes(): boolean {
    return !this.refuses && !this.frozen;
  }

  // ─── what may happen; nothing does while it is frozen ───

  /** The weather changes, for this connection and those that follow. */
  become(weather: Weather): void {
    if (this.frozen) return;
    this.weather = weather;
    this.pair?.toBroker.become(weather);
    this.pair?.toClient.become(weather);
  }

  /** Nothing goes on for so long, one way or both. */
  stall(ms: number, directions: readonly Direction[]): void {
    if (!this.frozen) for (const direction of directions) this.pair?.[direction].stall(ms);
  }

  /** Breaks the connection after this many more bytes. */
  cutSoon(bytes: number, direction: Direction): void {
    if (!this.frozen) this.pair?.[direction].cutSoon(bytes);
  }

  /** Breaks each connection after this many milliseconds, from the next one on. `Infinity`: never. */
  live(ms: number): void {
    if (!this.frozen) this.life = ms;
  }

  /** The connection breaks: the client sees a reset, and what is under way is lost. */
  reset(): void {
    if (!this.frozen && this.pair) this.break(this.pair);
  }

  /**
   * Waits for a packet of this type to go on, and stalls what would come in answer. Resolves then, or when none has come
   * within `patience` ms.
   */
  async ambush(type: Packet['type'], patience: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.prey = (pair, packet, back) => {
        if (packet.type !== type) return;
        pair[back].stall(STALL);
        clearTimeout(timer);
        resolve();
      };
    });
    this.prey = undefined;
  }

  /** From now on every connection is reset as soon as it comes; or is not. */
  refuse(refuses: boolean): void {
    if (!this.frozen) this.refuses = refuses;
  }

  // ─── for the death of the broker ───

  /**
   * Lets nothing go on to the client any more, and everything to the broker. Resolves when the broker has read all that
   * the client has heard the broker must know: `false` if that cannot be had within `patience` ms; then `thaw`.
   */
  async freeze(patience: number): Promise<boolean> {
    const { pair } = this;
    this.frozen = true;
    if (!pair) {
      this.refuses = true;
      await this.closed;
      return this.released.size === 0;
    }
    this.clear();
    if (!(await this.until(pair, () => pair.isUp, patience))) return false;
    pair.toClient.hold();
    const quiet = () => this.released.size === 0 && pair.said.pieces.count === 0;
    if (!(await this.until(pair, quiet, patience))) return false;
    // Mosquitto reads one packet at a time of each connection: PINGRESP says that it has read what was before PINGREQ.
    pair.broker.write(PINGREQ);
    pair.pings++;
    return this.until(pair, () => pair.pings === 0, patience);
  }

  /** Fair weather, and nothing that was to happen happens. */
  clear(): void {
    this.weather = FAIR;
    this.life = Infinity;
    this.refuses = false;
    this.pair?.toBroker.hasten();
    this.pair?.toClient.hasten();
  }

  /** All is as it was. */
  thaw(): void {
    this.frozen = this.refuses = false;
    this.pair?.toClient.release();
  }

  /** The broker is dead: what did not go on is lost. */
  lose(): void {
    if (this.pair) this.break(this.pair);
    this.thaw();
  }

  /** Breaks everything and stops listening. */
  async close(): Promise<void> {
    this.refuses = true;
    this.server.close();
    if (this.pair) this.break(this.pair);
    await this.closed;
  }

  private async until(pair: Pair, isTrue: () => boolean, patience: number): Promise<boolean> {
    const deadline = Date.now() + patience;
    while (this.pair === pair && Date.now() < deadline) {
      if (isTrue()) return true;
      await new Promise<void>((resolve) => {
        this.look = resolve;
        setTimeout(resolve, 50);
      });
    }
    return false;
  }

  private async accept(client: Socket): Promise<void> {
    client.on('error', () => undefined); // 'close' follows
    if (!this.takes()) return breakOff(client);
    if (this.pair) this.hangUp(this.pair); // the client has given it up
    await this.closed;
    if (client.closed || this.pair || !this.takes()) return breakOff(client); // much may have happened meanwhile
    const broker = connect({ port: this.brokerPort, host: HOST, noDelay: true, allowHalfOpen: true });
    broker.on('error', () => undefined);
    this.closed = new Promise((resolve) => broker.once('close', resolve));
    this.join(client, broker);
  }

  private join(client: Socket, broker: Socket): void {
    this.connections++;
    const said = new PacketDecoder(undefined, 'auto');
    const heard = new PacketDecoder(undefined, 'auto');
    const answered = new PacketDecoder(undefined, 'auto');
    const cut = () => this.break(pair);
    const pair: Pair = {
      client,
      broker,
      said,
      isUp: false,
      pings: 0,
      toBroker: new Wire(
        client,
        broker,
        this.random,
        (bytes) => read(said, bytes, (packet) => this.said(pair, packet)),
        cut,
      ),
      toClient: new Wire(
        broker,
        client,
        this.random,
        (bytes) => read(heard, bytes, (packet) => this.heard(pair, packet)),
        cut,
      ),
    };
    this.pair = pair;
    this.become(this.weather);
    if (this.life < Infinity) {
      const death = setTimeout(() => this.life < Infinity && !this.frozen && this.break(pair), this.life);
      client.once('close', () => clearTimeout(death));
    }
    client.on('data', (chunk) => pair.toBroker.push(chunk)).once('end', () => this.hangUp(pair));
    client.once('close', () => this.hangUp(pair));
    broker.on('data', (chunk) => {
      read(answered, chunk, ({ type }) => {
        if (type === 'pingresp') pair.pings--;
      });
      pair.toClient.push(chunk);
      this.look?.();
    });
    broker.once('end', () => pair.toClient.end());
    broker.once('close', () => {
      broker.end();
      pair.toClient.end();
    });
  }

  /** A packet has gone on to the broker. */
  private said(pair: Pair, packet: Packet): void {
    if (packet.type === 'pubcomp') this.released.delete(packet.packetId);
    if (packet.type === 'pingreq') pair.pings++;
    this.prey?.(pair, packet, 'toClient');
    this.look?.();
  }

  /** A packet has gone on to the client. */
  private heard(pair: Pair, packet: Packet): void {
    if (packet.type === 'connack') pair.isUp = true;
    if (packet.type === 'pubrel') this.released.add(packet.packetId);
    this.prey?.(pair, packet, 'toBroker');
  }

  /** The client has closed the connection, or is dead: what it sent is passed on, or lost. */
  private hangUp(pair: Pair): void {
    if (this.pair !== pair) return;
    if (!this.frozen && this.random.chance(0.5)) return this.break(pair);
    this.pair = undefined;
    pair.toClient.drop();
    pair.toBroker.hasten();
    pair.toBroker.end();
    pair.client.end();
    this.look?.();
  }

  /** What is under way is lost. */
  private break(pair: Pair): void {
    if (this.pair !== pair) return;
    pair.toBroker.drop();
    this.pair = undefined;
    pair.toClient.drop();
    breakOff(pair.client);
    pair.broker.end();
    this.look?.();
  }
}

function read(decoder: PacketDecoder, bytes: Buffer, packet: (packet: Packet) => void): void {
  decoder.push(bytes);
  for (let next = decoder.next(); next; next = decoder.next()) packet(next);
}
