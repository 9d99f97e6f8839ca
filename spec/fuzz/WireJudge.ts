import mqttPacket from 'mqtt-packet';
import { PacketTooLargeError } from '../../lib/errors.js';
import type {
  AcknowledgementPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  ProtocolVersion,
  PublishPacket,
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { type Claimant, Hold } from './Hold.js';
import { WireInbox } from './WireInbox.js';
import { RECEIVE_MAXIMUM_EXCEEDED, WireTerms, plain } from './WireTerms.js';

const MESSAGE_RATE_TOO_HIGH = 0x96;

/** The number that a payload carries: every message that the application publishes has one of its own. */
export function serialIn(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0);
}

/** What the application published, as the judge must know it. */
export interface Known extends Pick<PublishPacket, 'topic' | 'qos' | 'retain' | 'payload' | 'properties'> {
  readonly serial: number;
  /** Milliseconds that it may wait, and when that began. */
  readonly expiry: number | undefined;
  readonly since: number;
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
  readonly protocolVersion: ProtocolVersion | 'auto';
  /** What the server is told of this client, and what this client wants at most. */
  readonly receiveMaximum: number;
  /** Bytes that may wait in the client while it does not read, if the transport cannot be paused. */
  readonly receiveQueue: number;
  readonly isPausable: boolean;
  /** Whether packets may come in the middle of a step of the client: what it has read it need not have looked at yet. */
  readonly synchronous: boolean;
  /** Whether the client is being ended. */
  isEnding(): boolean;
  readonly maxPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly topicAliases: number;
  /** Whether a message was there in a turn in which time went by, so that its connection may have ended before that. */
  wasBlocked(serial: number): boolean;
  now(): number;
  /** When the present turn of the event loop began: what leaves in it was written since. */
  turnBegan(): number;
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
  readonly hold: Hold;
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
  /** Messages that the server has refused, and for each that expires, what the server was last told of that. */
  readonly refused = new Set<number>();
  /** Of those, the ones of which the client need not have heard: it hung up in the same chunk. */
  readonly unsureRefused = new Set<number>();
  readonly expiries = new Map<number, number>();
  /** The identifier that a server assigned last. */
  clientId = 'fuzz';
  readonly received = new Set<number>();
  readonly unsureReceived = new Set<number>();
  /** QoS 2 messages that are delivered and not acknowledged, by identifier. */
  readonly pending = new Map<number, Hold>();
  /** How many QoS 0 messages the application has not answered for. */
  unfinished = 0;
  /** Whether the server has sent more than it was told: from then on the client does not trust it. */
  isDeaf: boolean | 'perhaps' = false;
  era = 0;
  everUp = false;
  /** The newest message that was written: at QoS 0, and above. */
  private readonly newest: [number, number] = [-1, -1];
  private connections = 0;
  private last: WireConnection | undefined;
  /** How far into `expected` messages were delivered. */
  private delivered = 0;

  constructor(readonly witness: Witness) {}

  /** Whether the client may have taken an answer for one to a message that was not written by then, or not in this session. */
  isGuessed(serial: number): boolean {
    if (!this.last || this.last.guessed.size === 0) return false;
    const isWritten = (exchange: Exchange) => exchange.era === this.era && !exchange.isUnsure;
    const own = [...this.exchanges.values()].filter((exchange) => exchange.serial === serial);
    return !this.written.has(serial) || own.some((exchange) => !isWritten(exchange));
  }

  /** A connection opens. */
  connect(isLent: boolean): WireConnection {
    return (this.last = new WireConnection(this, ++this.connections, isLent));
  }

  /** Whether the server of the last connection cannot take a message, so that it may fail so. */
  mayFail(serial: number, code: string): boolean {
    const { last, witness } = this;
    const { expiry, ...known } = witness.published(serial)!;
    const message = { type: 'publish', dup: false, packetId: Math.min(1, known.qos), ...known } as const;
    return last?.terms.refusal(message) === code || (expiry !== undefined && last?.terms.refusal(message, 5) === code);
  }

  /** Whether a message was dropped because a server could not take it. */
  isDropped(serial: number): boolean {
    const isAbove = this.mayFail(serial, 'NOT_SUPPORTED') || this.mayFail(serial, 'PACKET_TOO_LARGE');
    return isAbove || this.witness.hasFailed(serial);
  }

  /** The broker answered with a session, or without one. */
  startSession(isPresent: boolean): void {
    this.everUp = true;
    if (isPresent) return;
    this.era++;
    this.received.clear();
    this.unsureReceived.clear();
    for (const hold of this.pending.values()) hold.isOver = true;
    this.pending.clear();
    if (this.witness.onSessionLost === 'republish') return;
    for (const [packetId, { qos }] of this.exchanges) if (qos === 2) this.exchanges.delete(packetId);
  }

  /** A message is delivered. @returns what is known of it */
  deliver({ topic, payload, qos }: Pick<PublishPacket, 'topic' | 'payload' | 'qos'>): Hold | undefined {
    const isThis = ({ packet }: Expected) =>
      packet.topic === topic && packet.qos === qos && Buffer.from(packet.payload).equals(payload);
    const at = this.expected.findIndex((one, i) => i >= this.delivered && isThis(one));
    if (at < 0) return undefined;
    this.delivered = at + 1;
    return this.expected[at]!.hold;
  }

  /** All listeners have a message. */
  hasDelivered(hold: Hold): void {
    const { qos, packetId, isClaimed, isAnswered, isReleased } = hold;
    hold.isDelivered = true;
    if (qos === 0 && isClaimed) this.unfinished++;
    if (qos === 2 && isAnswered && this.pending.get(packetId) === hold && isReleased) this.received.delete(packetId);
    if (!isClaimed) this.decided(hold);
  }

  /** A listener answers. @param reason `undefined`: it leaves the message */
  answered(hold: Hold, claimant: Claimant, reason: number | undefined): void {
    hold.answer(claimant, reason);
    if (hold.isClaimed || !hold.isDelivered) return;
    if (hold.qos === 0) this.unfinished--;
    this.decided(hold);
  }

  private decided(hold: Hold): void {
    const { qos, packetId, isAbandoned, reason } = hold;
    if (qos === 2 && !hold.isOver && this.pending.get(packetId) === hold) {
      if (isAbandoned) this.received.delete(packetId);
      if (isAbandoned || reason < 0x80) this.pending.delete(packetId); // else when it is refused
    }
    this.last?.inbox.decided(hold);
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
  /** It may have, but who knows what the client has read of an earlier connection. */
  isDoubtful = false;
  /** What DISCONNECT must say about that. */
  private fault5: number | undefined;
  /** The server said DISCONNECT: the client must hang up, without a word. */
  isDismissed = false;
  /** The client reads a chunk. */
  private isReading = false;
  /** The server closed the connection. */
  isCut = false;
  readonly terms = new WireTerms();
  /** Whether the client took the server for deaf when the connection began. */
  private wasDeaf: WireJudge['isDeaf'] = false;
  /** CONNECT was seen, CONNACK 0 was, DISCONNECT was. */
  private stage: 'new' | 'asked' | 'up' | 'left' = 'new';
  private cleanStart = true;
  /** PUBCOMPs that the client owes, in order. */
  readonly owed: string[] = [];
  /** PUBACKs and PUBRECs that it owes. */
  readonly inbox: WireInbox;
  private readonly requests = new Map<number, SubscribePacket | UnsubscribePacket>();
  /** Identifiers that the server has answered, and that no message had on the wire. */
  readonly guessed = new Set<number>();
  /** Messages whose PUBLISH was written here and whose exchange is not over. */
  private readonly inFlight = new Set<number>();
  /** PUBRECs that were not answered yet, by identifier. */
  private readonly pubrecs = new Map<number, number>();
  /** … in the order in which they came. */
  private released: number[] = [];
  private readonly ours = new PacketDecoder(undefined, 'auto');
  private incoming = new PacketDecoder();
  /** What came and the client has not read, with the bytes of each packet. */
  private unread: { readonly packet: Packet; readonly size: number }[] = [];
  /** Bytes that came, in all, and those of the packets that were read. */
  private came = 0;
  private taken = 0;
  /** What follows what is unread cannot be decoded. */
  private broken: { readonly reason: number | undefined } | undefined;
  private readonly read = { protocolVersion: 4 };
  private readonly others = mqttPacket.parser(this.read);
  private readonly seenByOthers: string[] = [];
  /** What was changed by what the client has read, and perhaps not looked at. */
  private undo: (() => void)[] = [];

  constructor(
    private readonly judge: WireJudge,
    private readonly number: number,
    private readonly isLent: boolean,
  ) {
    this.inbox = new WireInbox(
      () => this.terms.version,
      (packetId) => this.refused(packetId),
    );
    this.others.on('packet', (packet) => this.seenByOthers.push(`${packet.cmd} ${packet.messageId ?? 0}`));
    this.others.on('error', (error: Error) => this.fault(`mqtt-packet cannot read it: ${error.message}`));
  }

  /** The client hangs up, or has been hung up on. */
  close(): void {
    this.isOpen = false;
    const { witness } = this.judge;
    const isSilent = this.isCut || this.isDismissed || witness.hasBrokenWrites() || witness.hasStore;
    const isFaulty = this.isCondemned && this.terms.version === 5 && this.stage === 'up';
    if (isFaulty && !isSilent) this.fault('hung up without a reason');
    for (const undo of this.undo.splice(0)) undo();
    this.inbox.close();
  }

  /** Whether the session is there, and no DISCONNECT was said. */
  get isUp(): boolean {
    return this.stage === 'up';
  }

  get hasLeft(): boolean {
    return this.stage === 'left';
  }

  /** What the client should have done by the end of a turn. */
  get neglected(): string | undefined {
    const { inbox } = this;
    const { witness } = this.judge;
    if (this.isDismissed) return 'did not hang up on a broker that said DISCONNECT';
    if (this.isCondemned) return 'did not hang up on a broker that broke the protocol';
    if (this.stage !== 'up' || this.isDoubtful || inbox.isUnsure) return undefined;
    if (inbox.abandoned >= witness.receiveMaximum && !witness.isEnding()) return 'stays where nothing more can come';
    if (inbox.isLeaving) return 'acknowledges for listeners who have not left';
    if (this.unread.length > 0 && !this.mayPause) return `does not read on, at ${this.unread[0]!.packet.type}`;
    if (witness.hasStore || witness.hasBrokenWrites() || inbox.late.length === 0) return undefined;
    return `did not send ${inbox.late.join(', ')}`;
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

  /** A chunk comes to the client. @param read hands it over */
  toClient(bytes: Uint8Array, read: () => void): void {
    this.hasLooked();
    this.decode(bytes);
    this.weigh();
    this.isReading = true;
    read();
    this.isReading = false;
    this.hasLooked();
  }

  /** The turn has ended: the client has looked at all that it has read. */
  settled(): void {
    this.undo = [];
  }

  /** The client has read a chunk, and looked at it, unless that came in the middle of something else. */
  private hasLooked(): void {
    if (!this.judge.witness.synchronous) this.undo = [];
  }

  /** The client has decoded a packet. */
  reads(packet: Packet): void {
    const next = this.unread.shift();
    if (next?.packet.type !== packet.type) return this.fault(`reads ${packet.type} where ${String(next?.packet.type)} came`); // prettier-ignore
    this.taken += next.size;
    // What it kept is read outside of any chunk.
    if (!this.isReading) void Promise.resolve().then(() => this.hasLooked());
    const isBehind = this.stage === 'up' && this.mustPause && !this.judge.witness.synchronous;
    if (isBehind && this.isOpen && !this.isDoubtful && !this.inbox.isUnsure)
      this.fault(`reads ${packet.type} although the window is full`);
    this.heard(next.packet);
  }

  /** The client could not decode what follows. */
  broke(): void {
    if (this.unread.length > 0 || !this.broken) return this.fault('cannot decode what can be decoded');
    this.condemn(this.broken.reason);
  }

  private decode(bytes: Uint8Array): void {
    const { incoming } = this;
    this.came += bytes.length;
    if (this.broken) return;
    const rest = () => incoming.unread + incoming.pieces.count;
    try {
      incoming.push(bytes);
      for (let before = rest(), packet = incoming.next(); packet; packet = incoming.next()) {
        this.unread.push({ packet, size: before - rest() });
        before = rest();
      }
    } catch (error) {
      this.broken = { reason: error instanceof PacketTooLargeError ? 0x95 : undefined };
    }
  }

  /** What waits may be more than the client keeps. */
  private weigh(): void {
    const { isPausable, receiveQueue, synchronous } = this.judge.witness;
    if (isPausable || this.stage !== 'up' || this.came - this.taken <= receiveQueue) return;
    if (this.mustPause && !synchronous) this.condemn(MESSAGE_RATE_TOO_HIGH);
    // In the middle of a chunk it may pause, and the rest of that come as another one.
    else if (this.mayPause || synchronous || this.isLent) this.isDoubtful = true;
  }

  /** How many messages the application has in hand, as the client counts them: at least, and at most. */
  private get inHand(): readonly [number, number] {
    const { unfinished } = this.judge;
    const all = unfinished + this.inbox.waiting;
    if (this.terms.version === 4 || this.wasDeaf === true) return [all, all];
    return [unfinished, this.wasDeaf ? all : unfinished]; // a server of MQTT 5 stops by itself, but for QoS 0
  }

  private get mustPause(): boolean {
    return this.inHand[0] >= this.judge.witness.receiveMaximum;
  }

  private get mayPause(): boolean {
    return this.inHand[1] >= this.judge.witness.receiveMaximum;
  }

  /** The refusal of a QoS 2 message is on its way: what comes next with its identifier is another one. */
  private refused(packetId: number): void {
    this.terms.release(packetId);
    this.judge.received.delete(packetId);
    this.judge.pending.delete(packetId);
  }

  /** The client must hang up. @param reason what DISCONNECT must say, if that is certain */
  private condemn(reason?: number): void {
    if (!this.isCondemned && !this.isDoubtful) this.fault5 = reason;
    this.isCondemned = true;
  }

  private fault(what: string): void {
    this.judge.faults.push(`connection ${this.number}: ${what}`);
  }

  // ─── what the client says ───

  private said(packet: Packet): void {
    if (this.stage === 'left') return this.fault(`${packet.type} after DISCONNECT`);
    if ((packet.type === 'connect') !== (this.stage === 'new')) return this.fault(`${packet.type} while ${this.stage}`);
    if (this.stage === 'asked' && packet.type !== 'disconnect') return this.fault(`${packet.type} before CONNACK`);
    // Of messages and requests see below.
    const isSmall = !['connect', 'publish', 'subscribe', 'unsubscribe'].includes(packet.type);
    if (isSmall && this.terms.isTooLarge(packet)) this.fault(`${packet.type} is too large`);
    switch (packet.type) {
      case 'connect':
        return this.saidConnect(packet);
      case 'disconnect':
        return this.saidDisconnect(packet);
      case 'pingreq':
        return;
      case 'publish':
        return this.saidPublish(packet);
      case 'pubrel':
        return this.saidPubrel(packet);
      case 'puback':
      case 'pubrec': {
        const wrong = this.inbox.said(packet, this.judge.witness.isEnding());
        return wrong === undefined ? undefined : this.fault(wrong);
      }
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

  private saidConnect(packet: ConnectPacket): void {
    const { witness, everUp, clientId } = this.judge;
    const { cleanStart, protocolVersion = 4, properties = {} } = packet;
    this.stage = 'asked';
    this.cleanStart = cleanStart;
    this.terms.connect(packet);
    this.read.protocolVersion = protocolVersion;
    this.incoming = new PacketDecoder(witness.maxPacketSize, protocolVersion === 5 ? 'auto' : 4);
    if (cleanStart !== witness.cleanStart(everUp)) this.fault(`clean start ${String(cleanStart)}`);
    if (witness.protocolVersion !== 'auto' && protocolVersion !== witness.protocolVersion) this.fault(`version ${protocolVersion}`); // prettier-ignore
    if (packet.clientId !== clientId) this.fault(`client identifier ${packet.clientId}`);
    if (protocolVersion === 4) return;
    const told = [properties.receiveMaximum ?? 65_535, properties.topicAliasMaximum ?? 0, properties.maximumPacketSize ?? 268_435_460]; // prettier-ignore
    const due = [witness.receiveMaximum, witness.topicAliasMaximum, witness.maxPacketSize];
    if (String(told) !== String(due)) this.fault(`limits ${String(told)}, not ${String(due)}`);
  }

  private saidDisconnect({ reasonCode = 0 }: DisconnectPacket): void {
    this.stage = 'left';
    // One that the application asked for may leave while the server's is still to be read in the chunk.
    if (this.isDismissed && (reasonCode !== 0 || !this.isReading)) this.fault('DISCONNECT in answer to one');
    if (reasonCode === 0) return;
    if (!this.isCondemned && !this.isDoubtful) this.fault(`DISCONNECT ${reasonCode} for nothing`);
    else if (this.fault5 !== undefined && reasonCode !== this.fault5) this.fault(`DISCONNECT ${reasonCode}, not ${this.fault5}`); // prettier-ignore
  }

  private saidPublish(packet: PublishPacket): void {
    const { judge, terms } = this;
    if (terms.isTooLarge(packet)) this.fault(`PUBLISH of ${packet.payload.length} bytes payload is too large`);
    let resolved: PublishPacket;
    try {
      resolved = terms.resolveSent(packet, judge.witness.topicAliases);
    } catch (error) {
      return this.fault(String(error));
    }
    this.saidMessage(resolved);
    const why = terms.refusal(resolved);
    if (why) this.fault(`PUBLISH though ${why}`);
  }

  /** What the server is told of a message's life gets less and less. */
  private checkExpiry({ serial, expiry, since }: Known, said: number | undefined): void {
    const { expiries, witness } = this.judge;
    if (this.terms.version === 4 || expiry === undefined) {
      if (said !== undefined) this.fault(`message ${serial} expires`);
      return;
    }
    const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1_000));
    const most = Math.min(seconds(expiry - (witness.turnBegan() - since)), expiries.get(serial) ?? Infinity);
    const least = seconds(expiry - (witness.now() - since));
    if (said === undefined || said > most || said < least) this.fault(`message ${serial} expires in ${String(said)} s, not ${least} to ${most}`); // prettier-ignore
    expiries.set(serial, said ?? most);
  }

  private saidMessage({ topic, qos, retain, payload, dup, packetId, properties }: PublishPacket): void {
    const { judge, number } = this;
    const serial = payload.length >= 4 ? serialIn(payload) : -1;
    const known = judge.witness.published(serial);
    if (!known) return this.fault(`PUBLISH ${topic}, which nobody published`);
    const isSame = known.topic === topic && known.qos === qos && known.retain === retain;
    if (!isSame || !Buffer.from(known.payload).equals(payload))
      this.fault(`message ${serial} is not what was published`);
    const { messageExpiryInterval, ...rest } = plain(properties);
    const given = { ...plain(known.properties), messageExpiryInterval: undefined }; // JSON has no `undefined`
    if (JSON.stringify(sorted(rest)) !== JSON.stringify(sorted(given))) this.fault(`properties of message ${serial}`);
    this.checkExpiry(known, messageExpiryInterval);
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
      // What it wrote last may have been lost in a write that threw.
      const isLost = dup && judge.witness.hasBrokenWrites();
      if (dup !== (before.era === era) && !isLost) this.fault(`DUP ${String(dup)} of message ${serial}`);
    } else if (dup && !judge.witness.hasBrokenWrites() && !judge.witness.wasBlocked(serial))
      this.fault(`DUP of message ${serial} that was not written before`);
    if (this.requests.has(packetId)) this.fault(`identifier ${packetId} of a request for message ${serial}`);
    const isUnsure = this.guessed.has(packetId); // the client may have taken that answer for one to this message
    if (!isUnsure) this.inFlight.add(serial);
    const maxInflight = Math.min(judge.witness.maxInflight, this.terms.window);
    if (this.inFlight.size > maxInflight) this.fault(`${this.inFlight.size} messages in flight, not ${maxInflight}`);
    judge.exchanges.set(packetId, { serial, qos, era, connection: number, isReleased: false, isUnsure });
  }

  private saidPubrel({ packetId, reasonCode = 0 }: AcknowledgementPacket): void {
    const due = this.pubrecs.get(packetId) ?? 0;
    const exchange = this.judge.exchanges.get(packetId);
    if (exchange?.qos === 2 && exchange.era === this.judge.era) {
      // One that the server hung up on time and again is given up, and not known any more.
      const mustKnow = !exchange.isUnsure && !this.judge.witness.hasFailed(exchange.serial);
      if (reasonCode !== 0 && mustKnow) this.fault(`PUBREL ${packetId} says ${reasonCode}`);
      // One that this server cannot take, or one before could not, is not repeated: its identifier is released.
      if (exchange.connection !== this.number && this.judge.isDropped(exchange.serial)) exchange.isReleased = true;
      if (exchange.isReleased) this.inFlight.add(exchange.serial);
    }
    if (due > 0) {
      this.pubrecs.set(packetId, due - 1);
      const at = this.released.indexOf(packetId);
      if (at < 0) this.fault(`PUBREL ${packetId} behind that of a PUBREC that came later`); // [MQTT-4.6.0-4]
      this.released = this.released.slice(at + 1);
    } else if (exchange?.isReleased !== true && !this.judge.witness.hasBrokenWrites()) this.fault(`PUBREL ${packetId} for nothing`); // prettier-ignore
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
    if (filters.length > 1 && this.terms.isTooLarge(packet)) this.fault(`${packet.type} is too large`);
    if (new Set(filters).size < filters.length) this.fault(`${packet.type} with a filter twice`);
  }

  // ─── what it hears ───

  private heard(packet: Packet): void {
    const { judge } = this;
    if (this.stage !== 'up') {
      return packet.type === 'connack' ? this.heardConnack(packet) : this.condemn();
    }
    switch (packet.type) {
      case 'publish':
        return this.heardPublish(packet);
      case 'pubrel':
        this.terms.release(packet.packetId);
        if (this.isAcknowledged(packet.packetId) && judge.received.delete(packet.packetId)) {
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
        return this.heardAnswer(packet.type, packet.packetId, packet.reasonCode ?? 0);
      case 'suback':
      case 'unsuback': {
        const request = this.requests.get(packet.packetId);
        // The answer to one that waits for the store is wrong, and the client may say so.
        if (!request) return void (this.isDoubtful ||= judge.witness.hasStore);
        if (isAnswer(packet, request)) this.requests.delete(packet.packetId);
        else this.condemn();
        return;
      }
      case 'pingresp':
        return;
      case 'disconnect':
        // In the middle of something else the client sees this before the fault.
        if (this.terms.version === 5 && (!this.isCondemned || judge.witness.synchronous)) this.isDismissed = true;
        else this.condemn();
        return;
      default:
        this.condemn();
    }
  }

  private heardConnack(packet: ConnackPacket): void {
    const { judge, terms } = this;
    const isOld = terms.version === 5 && this.incoming.version === 4;
    const isUnasked = packet.properties?.authenticationMethod !== undefined; // [MQTT5-4.12.0-5] of a CONNECT that names none
    if (isOld || isUnasked || (this.cleanStart && packet.sessionPresent) || packet.reasonCode !== 0)
      return this.condemn();
    if (this.stage === 'asked') this.stage = 'up';
    terms.connack(packet);
    this.wasDeaf = judge.isDeaf;
    judge.clientId = packet.properties?.assignedClientIdentifier ?? judge.clientId;
    judge.startSession(packet.sessionPresent);
  }

  private heardPublish(came: PublishPacket): void {
    const { judge } = this;
    if (this.isCondemned || this.isDismissed) return;
    const { unacknowledged } = this.inbox;
    let packet = this.terms.receive(came, unacknowledged, this.wasDeaf === true);
    const isTooMuch = packet === RECEIVE_MAXIMUM_EXCEEDED;
    if (isTooMuch && this.exceeds()) return;
    if (isTooMuch) packet = this.terms.receive(came, unacknowledged, true);
    if (typeof packet === 'number') return this.condemn(packet);
    const { qos, packetId } = packet;
    const before = qos === 2 ? judge.pending.get(packetId) : undefined;
    if (before?.isDelivered === false) this.inbox.isUnsure = true;
    const isKnown = qos === 2 && judge.received.has(packetId);
    const isUnsure = qos === 2 && (judge.unsureReceived.delete(packetId) || before?.isDelivered === false);
    const isSure = !isUnsure && !isTooMuch;
    let hold = before;
    if (!isKnown || isUnsure) {
      const { version } = this.terms;
      const expected: Expected = { packet, isSure, hold: new Hold(qos, packetId, version, isSure) }; // prettier-ignore
      ({ hold } = expected);
      judge.expected.push(expected);
      this.undo.push(() => (expected.isSure &&= expected.hold.isDelivered));
    }
    if (qos === 2) {
      if (hold !== before) judge.pending.set(packetId, hold!);
      judge.received.add(packetId);
      this.undo.push(() => {
        if (hold?.isDelivered !== true) judge.unsureReceived.add(packetId);
      });
    }
    if (qos === 0 || (hold && this.inbox.waitsFor(hold))) return; // it came twice
    this.inbox.came(qos === 1 ? 'puback' : 'pubrec', packetId, hold);
  }

  /** The server has more messages open than it was told, or it seems so. @returns whether that is certain */
  private exceeds(): boolean {
    const { judge } = this;
    // Of what it has not looked at yet the client may find that it is acknowledged already.
    if (this.wasDeaf === 'perhaps' || judge.witness.synchronous) {
      this.isDoubtful = this.inbox.isUnsure = true;
      judge.isDeaf ||= 'perhaps';
      return false;
    }
    this.condemn(RECEIVE_MAXIMUM_EXCEEDED);
    judge.isDeaf = true;
    this.undo.push(() => (judge.isDeaf = 'perhaps'));
    return true;
  }

  private isAcknowledged(packetId: number): boolean {
    const hold = this.judge.pending.get(packetId);
    if (hold?.isDelivered === false) hold.isReleased = true;
    return !hold;
  }

  private heardAnswer(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, reason: number): void {
    const { exchanges, concluded, refused } = this.judge;
    const exchange = exchanges.get(packetId);
    const isRefusal = type !== 'pubcomp' && reason >= 0x80;
    if (type === 'pubrec' && !isRefusal) {
      this.pubrecs.set(packetId, (this.pubrecs.get(packetId) ?? 0) + 1);
      this.released.push(packetId);
    }
    // Of one that a session which is lost has begun, and this one not: the client does not know it any more. It may give
    // the identifier to a message while it reads the chunk, and then takes this for the answer to that.
    if (exchange?.era !== this.judge.era) {
      this.guessed.add(packetId);
      this.isDoubtful = true;
      return;
    }
    const { qos, isReleased } = exchange;
    const isDue = qos === 1 ? type === 'puback' : type === 'pubrec' || (type === 'pubcomp' && isReleased);
    if (!isDue) {
      // Of a session that was clean the client has given up what its callers were told an error of.
      if (!exchange.isUnsure && !this.judge.witness.hasFailed(exchange.serial)) return this.condemn();
      this.isDoubtful = true;
      return;
    }
    if (isRefusal && isReleased) return;
    this.undo.push(() => exchanges.set(packetId, Object.assign(exchange, { isUnsure: true })));
    if (type === 'pubrec' && !isRefusal) {
      exchange.isReleased = true;
      return;
    }
    this.inFlight.delete(exchange.serial);
    exchanges.delete(packetId);
    (isRefusal ? refused : concluded).add(exchange.serial);
    if (!isRefusal) return;
    if (this.isCondemned || this.isDismissed) this.judge.unsureRefused.add(exchange.serial);
    else this.undo.push(() => this.judge.unsureRefused.add(exchange.serial));
  }

  private owe(what: string): void {
    this.owed.push(what);
  }
}

/** Whether an answer is one to a request, with a code for each filter; UNSUBACK of 3.1.1 has none. */
function isAnswer(answer: SubackPacket | UnsubackPacket, request: SubscribePacket | UnsubscribePacket): boolean {
  const { reasonCodes } = answer;
  if (request.type === 'subscribe') return answer.type === 'suback' && reasonCodes?.length === request.subscriptions.length; // prettier-ignore
  return answer.type === 'unsuback' && (reasonCodes?.length ?? request.filters.length) === request.filters.length;
}

/** The same with its keys in order. */
function sorted(properties: object): object {
  return Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));
}
