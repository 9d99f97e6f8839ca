import mqttPacket from 'mqtt-packet';
import type { Packet, PublishPacket, SubscribePacket, UnsubscribePacket } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';

/** The number that a payload carries: every message that the application publishes has one of its own. */
export function serialIn(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0);
}

/** What the application published, as the judge must know it. */
export interface Known extends Pick<PublishPacket, 'topic' | 'qos' | 'retain' | 'payload'> {
  readonly serial: number;
}

/** What the judge asks about the client. */
export interface Witness {
  readonly onSessionLost: 'error' | 'republish';
  /** What CONNECT must say on the next connection. */
  cleanStart(everUp: boolean): boolean;
  published(serial: number): Known | undefined;
  hasAsked(filter: string): boolean;
  /** Whether a message is where it survives the process; `true` where there is no such place. */
  isKept(serial: number): boolean;
  /** Whether the caller of a publish was told an error, and must not see the message sent after it. */
  hasFailed(serial: number): boolean;
  /** How many QoS 1 and 2 messages may be unacknowledged on a connection. */
  readonly maxInflight: number;
  /** Topic filters of one SUBSCRIBE or UNSUBSCRIBE. */
  readonly subscribeBatch: number;
  /** Whether writes have failed: what the client takes for written may never have been. */
  hasBrokenWrites(): boolean;
  /** Whether messages wait for a store between the session and the wire. */
  readonly hasStore: boolean;
}

/** An outgoing exchange, as it shows on the wire. */
interface Exchange {
  readonly serial: number;
  readonly qos: number;
  /** The session in which PUBLISH was last written, and the connection. */
  era: number;
  connection: number;
  isReleased: boolean;
  /** Its connection was closed while its acknowledgement was read: who knows whether the client has seen it. */
  isUnsure: boolean;
}

/** A message that the client must hand to the application, or may. */
export interface Expected {
  readonly packet: PublishPacket;
  isSure: boolean;
}

/**
 * Watches both directions of all connections of one client, as the client sees them, and notes what no client may do,
 * and what it must have handed over. Reads every packet with our decoder, and with mqtt-packet as well.
 */
export class WireJudge {
  readonly faults: string[] = [];
  /** What came to the client, in order. */
  readonly expected: Expected[] = [];
  /** Messages whose exchange is over, and those that were written at all, with how often. */
  readonly concluded = new Set<number>();
  readonly written = new Map<number, number>();
  readonly exchanges = new Map<number, Exchange>();
  readonly received = new Set<number>();
  readonly unsureReceived = new Set<number>();
  era = 0;
  everUp = false;
  /** The newest message that was written: at QoS 0, and above. */
  private readonly newest: [number, number] = [-1, -1];
  private connections = 0;

  constructor(readonly witness: Witness) {}

  /** A connection opens. */
  connect(): WireConnection {
    return new WireConnection(this, ++this.connections);
  }

  /** The broker answered with a session, or without one. */
  startSession(isPresent: boolean): void {
    this.everUp = true;
    if (isPresent) return;
    this.era++;
    this.received.clear();
    this.unsureReceived.clear();
    if (this.witness.onSessionLost === 'republish') return;
    for (const [packetId, { qos }] of this.exchanges) if (qos === 2) this.exchanges.delete(packetId);
  }

  /** The first PUBLISH of a message: its turn, and never again for one that is over. */
  begin(serial: number): void {
    const before = this.written.get(serial) ?? 0;
    this.written.set(serial, before + 1);
    if (this.witness.hasFailed(serial)) this.faults.push(`message ${serial} after its caller was told an error`);
    if (before > 0) return;
    const { newest, witness } = this;
    const own = witness.published(serial)!.qos === 0 ? 0 : 1;
    // What did not reach the wire is repeated at QoS 1 and 2 before it is sent at QoS 0.
    const newer = witness.hasStore || this.connections > 1 ? newest[own] : Math.max(...newest);
    if (serial < newer) this.faults.push(`message ${serial} after ${newer}`);
    newest[own] = Math.max(newest[own], serial);
    if (this.concluded.has(serial)) this.faults.push(`message ${serial} is over`);
  }
}

/** One connection under the eyes of the judge. */
export class WireConnection {
  isOpen = true;
  /** The broker broke the protocol in a way that the client has to see: it must hang up. */
  isCondemned = false;
  /** CONNECT was seen, CONNACK 0 was, DISCONNECT was. */
  private stage: 'new' | 'asked' | 'up' | 'left' = 'new';
  private cleanStart = true;
  /** Acknowledgements that the client owes, in order. */
  readonly owed: string[] = [];
  private readonly requests = new Map<number, SubscribePacket | UnsubscribePacket>();
  /** Messages whose PUBLISH was written here and whose exchange is not over. */
  private readonly inFlight = new Set<number>();
  /** PUBRECs that were not answered yet, by identifier. */
  private readonly pubrecs = new Map<number, number>();
  private readonly ours = new PacketDecoder();
  private readonly incoming = new PacketDecoder();
  private readonly others = mqttPacket.parser({ protocolVersion: 4 });
  private readonly seenByOthers: string[] = [];
  /** What the chunk that the client reads at present has changed. */
  private undo: (() => void)[] = [];

  constructor(
    private readonly judge: WireJudge,
    private readonly number: number,
  ) {
    this.others.on('packet', (packet) => this.seenByOthers.push(`${packet.cmd} ${packet.messageId ?? 0}`));
    this.others.on('error', (error: Error) => this.fault(`mqtt-packet cannot read it: ${error.message}`));
  }

  /** The client hangs up, or has been hung up on. */
  close(): void {
    this.isOpen = false;
    for (const undo of this.undo.splice(0)) undo();
  }

  /** The client writes. */
  fromClient(bytes: Uint8Array): void {
    if (!this.isOpen) return this.fault(`${bytes.length} bytes after the hang-up`);
    if (bytes.length === 0) this.fault('a write of nothing');
    try {
      this.ours.push(bytes);
      this.others.parse(Buffer.from(bytes));
      for (let packet = this.ours.next(); packet; packet = this.ours.next()) {
        const name = `${packet.type} ${'packetId' in packet ? packet.packetId : 0}`;
        const others = this.seenByOthers.shift();
        if (others !== name) this.fault(`mqtt-packet reads ${String(others)} where we read ${name}`);
        this.said(packet);
      }
    } catch (error) {
      this.fault(`undecodable: ${String(error)}`);
    }
  }

  /** The client reads a chunk. @param read has it do so */
  toClient(bytes: Uint8Array, read: () => void): void {
    this.undo = [];
    try {
      this.incoming.push(bytes);
      for (let packet = this.incoming.next(); packet; packet = this.incoming.next()) {
        this.heard(packet);
        if (this.stage !== 'up') break;
      } // what follows a packet that may not come is read or not
    } catch {
      this.isCondemned = true;
    }
    read();
    this.undo = [];
  }

  private fault(what: string): void {
    this.judge.faults.push(`connection ${this.number}: ${what}`);
  }

  // ─── what the client says ───

  private said(packet: Packet): void {
    if (this.stage === 'left') return this.fault(`${packet.type} after DISCONNECT`);
    if ((packet.type === 'connect') !== (this.stage === 'new')) return this.fault(`${packet.type} while ${this.stage}`);
    if (this.stage === 'asked' && packet.type !== 'disconnect') return this.fault(`${packet.type} before CONNACK`);
    switch (packet.type) {
      case 'connect':
        this.stage = 'asked';
        this.cleanStart = packet.cleanStart;
        if (this.cleanStart !== this.judge.witness.cleanStart(this.judge.everUp)) this.fault(`clean start ${String(packet.cleanStart)}`); // prettier-ignore
        return;
      case 'disconnect':
        this.stage = 'left';
        return;
      case 'pingreq':
        return;
      case 'publish':
        return this.saidPublish(packet);
      case 'pubrel':
        return this.saidPubrel(packet.packetId);
      case 'puback':
      case 'pubrec':
      case 'pubcomp': {
        const owed = this.owed.shift();
        const came = `${packet.type} ${packet.packetId}`;
        if (owed !== came) this.fault(`${came} where ${owed ?? 'nothing'} was due`);
        return;
      }
      case 'subscribe':
      case 'unsubscribe':
        return this.saidRequest(packet);
      default:
        this.fault(`${packet.type} from a client`);
    }
  }

  private saidPublish({ topic, qos, retain, payload, dup, packetId }: PublishPacket): void {
    const { judge, number } = this;
    const serial = payload.length >= 4 ? serialIn(payload) : -1;
    const known = judge.witness.published(serial);
    if (!known) return this.fault(`PUBLISH ${topic}, which nobody published`);
    const isSame = known.topic === topic && known.qos === qos && known.retain === retain;
    if (!isSame || !Buffer.from(known.payload).equals(payload))
      this.fault(`message ${serial} is not what was published`);
    judge.begin(serial);
    if (qos === 0) {
      if (judge.written.get(serial)! > 1) this.fault(`message ${serial} twice at QoS 0`);
      return;
    }
    if (!judge.witness.isKept(serial)) this.fault(`message ${serial} is on the wire and not in the store`);
    const { era } = judge;
    const before = judge.exchanges.get(packetId);
    if (before && before.serial !== serial && !before.isUnsure) {
      this.fault(`identifier ${packetId} of message ${before.serial} for message ${serial}`);
    }
    if (before?.serial === serial) {
      if (before.connection === number) this.fault(`message ${serial} twice on a connection`);
      if (before.isReleased && before.era === era && !before.isUnsure) this.fault(`PUBLISH ${packetId} after PUBREC`);
      if (dup !== (before.era === era)) this.fault(`DUP ${String(dup)} of message ${serial}`);
    } else if (dup && !judge.witness.hasBrokenWrites())
      this.fault(`DUP of message ${serial} that was not written before`);
    if (this.requests.has(packetId)) this.fault(`identifier ${packetId} of a request for message ${serial}`);
    this.inFlight.add(serial);
    const { maxInflight } = judge.witness;
    if (this.inFlight.size > maxInflight) this.fault(`${this.inFlight.size} messages in flight, not ${maxInflight}`);
    judge.exchanges.set(packetId, { serial, qos, era, connection: number, isReleased: false, isUnsure: false });
  }

  private saidPubrel(packetId: number): void {
    const due = this.pubrecs.get(packetId) ?? 0;
    if (due > 0) this.pubrecs.set(packetId, due - 1);
    else if (this.judge.exchanges.get(packetId)?.isReleased !== true) this.fault(`PUBREL ${packetId} for nothing`);
  }

  private saidRequest(packet: SubscribePacket | UnsubscribePacket): void {
    const { packetId } = packet;
    const exchange = this.judge.exchanges.get(packetId);
    if (exchange && !exchange.isUnsure) this.fault(`identifier ${packetId} of a message for ${packet.type}`);
    if (this.requests.has(packetId)) this.fault(`identifier ${packetId} of two requests`);
    this.requests.set(packetId, packet);
    const filters = packet.type === 'subscribe' ? packet.subscriptions.map(({ filter }) => filter) : packet.filters;
    for (const filter of filters) if (!this.judge.witness.hasAsked(filter)) this.fault(`${packet.type} ${filter}`);
    if (filters.length > this.judge.witness.subscribeBatch) this.fault(`${filters.length} filters in a packet`);
    if (new Set(filters).size < filters.length) this.fault(`${packet.type} with a filter twice`);
  }

  // ─── what it hears ───

  private heard(packet: Packet): void {
    const { judge } = this;
    if (this.stage !== 'up') {
      if (packet.type !== 'connack' || (this.cleanStart && packet.sessionPresent) || packet.reasonCode !== 0) {
        this.isCondemned = true;
        return;
      }
      if (this.stage === 'asked') this.stage = 'up';
      return judge.startSession(packet.sessionPresent);
    }
    switch (packet.type) {
      case 'publish':
        return this.heardPublish(packet);
      case 'pubrel':
        if (judge.received.delete(packet.packetId)) {
          this.undo.push(() => {
            judge.received.add(packet.packetId); // perhaps: it is not known whether the client has read its release
            judge.unsureReceived.add(packet.packetId);
          });
        }
        this.owe(`pubcomp ${packet.packetId}`);
        return;
      case 'puback':
      case 'pubcomp':
      case 'pubrec':
        return this.heardAnswer(packet.type, packet.packetId);
      case 'suback':
      case 'unsuback': {
        const request = this.requests.get(packet.packetId);
        if (!request) return;
        const codes = packet.type === 'suback' ? packet.reasonCodes.length : -1;
        const due = request.type === 'subscribe' ? request.subscriptions.length : -1;
        if (codes === due) this.requests.delete(packet.packetId);
        else this.isCondemned = true;
        return;
      }
      case 'pingresp':
        return;
      default:
        this.isCondemned = true;
    }
  }

  private heardPublish(packet: PublishPacket): void {
    const { judge } = this;
    const { qos, packetId } = packet;
    const isKnown = qos === 2 && judge.received.has(packetId);
    const isUnsure = qos === 2 && judge.unsureReceived.delete(packetId);
    if (!isKnown || isUnsure) {
      const expected: Expected = { packet, isSure: !isUnsure };
      judge.expected.push(expected);
      this.undo.push(() => (expected.isSure = false));
    }
    if (qos === 2) {
      judge.received.add(packetId);
      this.undo.push(() => judge.unsureReceived.add(packetId));
    }
    if (qos > 0) this.owe(`${qos === 1 ? 'puback' : 'pubrec'} ${packetId}`);
  }

  private heardAnswer(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number): void {
    const { exchanges, concluded } = this.judge;
    const exchange = exchanges.get(packetId);
    if (type === 'pubrec') this.pubrecs.set(packetId, (this.pubrecs.get(packetId) ?? 0) + 1);
    // Of one that a session which is lost has begun, and this one not: the client does not know it any more.
    if (exchange?.era !== this.judge.era) return;
    const { qos, isReleased } = exchange;
    const isDue = qos === 1 ? type === 'puback' : type === 'pubrec' || (type === 'pubcomp' && isReleased);
    if (!isDue) {
      this.isCondemned = !exchange.isUnsure;
      return;
    }
    this.undo.push(() => exchanges.set(packetId, Object.assign(exchange, { isUnsure: true })));
    if (type !== 'pubrec') this.inFlight.delete(exchange.serial);
    if (type === 'pubrec') exchange.isReleased = true;
    else {
      exchanges.delete(packetId);
      concluded.add(exchange.serial);
    }
  }

  private owe(what: string): void {
    this.owed.push(what);
  }
}
