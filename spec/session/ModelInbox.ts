import { expect } from 'chai';
import { type MqttError, ProtocolError } from '../../lib/errors.js';
import type { AcknowledgementPacket, ProtocolVersion, PublishPacket, QoS } from '../../lib/packet/Packet.js';
import { OpenMessage } from '../../lib/session/OpenMessage.js';
import { type ModelBroker, numberIn } from './ModelBroker.js';

/**
 * Who answers for a message that is delivered: nobody, so that it is acknowledged by itself, or so many listeners, later;
 * or somebody refuses or leaves it at once.
 */
export type Claims = 0 | 1 | 2 | 'refuses' | 'leaves';

/** How a listener answers for a message. */
export type Answer = { readonly how: 'acknowledge'; readonly reason: number } | { readonly how: 'abandon' };

/** What the specs cannot know of an inbox from outside. */
export interface InsideInbox {
  readonly acknowledged: Iterable<number>;
  readonly unacknowledged: ReadonlyMap<number, unknown>;
  readonly waiting: { readonly size: number };
  readonly unfinished: number;
}

const REFUSED_FROM = 0x80;
const RECEIVE_MAXIMUM_EXCEEDED = 0x93;

/** A message that somebody answers for. */
interface Held {
  readonly message: OpenMessage;
  readonly number: number;
  readonly packetId: number;
  readonly version: ProtocolVersion;
  /** How many have not answered. */
  claims: number;
  isAcknowledged: boolean;
  reason: number;
  /** Its connection is gone, or at QoS 2 its session: no answer counts any more. */
  isOver: boolean;
}

/** An acknowledgement that the broker waits for on this connection. */
interface Due {
  readonly type: 'puback' | 'pubrec';
  readonly packetId: number;
  held: Held | undefined;
}

/**
 * The broker's messages as they must be delivered and acknowledged: PUBACK and PUBREC in the order of the PUBLISHes
 * [MQTT-4.6.0-2] [MQTT-4.6.0-3], none before all have answered who hold a message, and at once when its turn has come.
 * Throws at what must not be.
 */
export class ModelInbox {
  /** Numbers of the messages that were delivered, in order. */
  readonly delivered: number[] = [];
  /** The store: identifiers of QoS 2 messages that are acknowledged and not released. */
  readonly kept = new Set<number>();
  /** What `read` said last. */
  isReading = true;
  /** Nothing more can come on this connection: it has to go. */
  isStuck = false;
  private version: ProtocolVersion = 4;
  /** Whether the server keeps to the receive maximum. */
  private isTold = false;
  private isDeaf = false;
  /** Everything that the present process was given and has not answered for, or need not any more. */
  private held: Held[] = [];
  /** QoS 2 messages that were delivered and not acknowledged, by identifier. */
  private readonly pending = new Map<number, Held>();
  /** QoS 1 messages that were lost with their connection and have not come again, by identifier. */
  private readonly lost = new Map<number, Held>();
  private due: Due[] = [];
  /** Identifiers of the messages that the broker takes for open. */
  private readonly open = new Set<number>();
  private abandoned = 0;
  /** The message that is received now. */
  private current: Due | undefined;
  private expectsDelivery = false;
  private violates = false;
  /** The QoS 2 message that was delivered, and its identifier not kept yet: if the process dies now, it comes again. */
  private unkept: number | undefined;
  /** How often a QoS 2 message may be delivered again. */
  private readonly again = new Map<number, number>();
  private deliveries = 0;

  /** @param claims who answers for the messages, one after the other, over and over */
  constructor(
    private readonly receiveMaximum: number,
    private claims: readonly Claims[],
  ) {}

  // ─── the connection ───

  up(version: ProtocolVersion, sessionPresent: boolean): void {
    this.version = version;
    this.isTold = version === 5 && !this.isDeaf;
    if (sessionPresent) return;
    for (const held of this.pending.values()) held.isOver = true;
    this.pending.clear();
  }

  /** The session has heard of the connection. */
  isUp(sessionPresent: boolean): void {
    for (const { message } of this.lost.values()) expect(message.cameAgain, 'came again').to.equal(false);
    if (!sessionPresent) this.lost.clear();
  }

  /** The connection is gone: what is due on it is due no more. */
  cut(): void {
    for (const { type, held } of this.due) {
      if (type === 'pubrec' || !held || isAbandoned(held)) continue;
      held.isOver = true;
      if (held.message.outcome === 'open') this.lost.set(held.packetId, held);
    }
    this.due = [];
    this.open.clear();
    this.abandoned = 0;
    this.violates = this.isStuck = false;
    this.isReading = true;
  }

  /** The process dies. What it had not kept is delivered to the next one. */
  crash(): void {
    this.cut();
    if (this.unkept !== undefined) this.mayComeAgain(this.unkept);
    this.unkept = undefined;
    for (const { packetId, number } of this.pending.values()) if (!this.kept.has(packetId)) this.mayComeAgain(number);
    this.pending.clear();
    this.held = [];
    this.lost.clear();
    this.isDeaf = false;
  }

  /** Whether more may come on this connection at present. */
  get takes(): boolean {
    return this.isReading && !this.isStuck;
  }

  /** From now on all messages are acknowledged. */
  calm(): void {
    this.claims = [1, 0];
  }

  // ─── what comes ───

  /** PUBLISH comes, and the session receives it in `receive`. @returns whether the connection has to go for it */
  receive(packet: PublishPacket, receive: () => void): boolean {
    const { qos, packetId, dup } = packet;
    const { length } = this.delivered;
    const violates = (this.violates = this.isTooMuch(packet));
    const isKnown = qos === 2 && (this.pending.has(packetId) || this.kept.has(packetId));
    this.expectsDelivery = !violates && !isKnown;
    this.current = undefined;
    if (qos > 0 && !violates) {
      this.open.add(packetId);
      this.current = { type: qos === 1 ? 'puback' : 'pubrec', packetId, held: this.pending.get(packetId) };
      this.due.push(this.current);
    }
    receive();
    const before = qos === 1 && !violates ? this.lost.get(packetId) : undefined;
    if (before) expect(before.message.cameAgain, 'came again').to.equal(dup);
    if (before) this.lost.delete(packetId);
    expect(this.violates, 'a violation is seen').to.equal(false);
    expect(this.delivered.length - length, `deliveries of ${packetId}`).to.equal(violates || isKnown ? 0 : 1);
    return violates;
  }

  /** PUBREL comes. @returns whether its message is known */
  release(packetId: number): boolean {
    this.open.delete(packetId);
    return this.kept.has(packetId);
  }

  /** Whether the broker has more messages open than the client takes [MQTT5-3.3.4-9]. */
  private isTooMuch({ qos, packetId }: PublishPacket): boolean {
    if (qos === 0 || !this.isTold || (qos === 2 && this.open.has(packetId))) return false;
    return this.open.size >= this.receiveMaximum;
  }

  // ─── what the session does ───

  deliver({ qos, packetId, payload }: PublishPacket): OpenMessage | undefined {
    expect(this.expectsDelivery, `delivered ${packetId}`).to.equal(true);
    this.expectsDelivery = false;
    const number = numberIn(payload);
    this.delivered.push(number);
    const claims = this.claims[this.deliveries++ % this.claims.length]!;
    const message = this.claimed(qos, packetId, claims);
    if (!message) {
      this.unkept = qos === 2 ? number : undefined;
      return undefined;
    }
    const held: Held = {
      message,
      number,
      packetId,
      version: this.version,
      claims: countOf(claims),
      isAcknowledged: message.outcome === 'acknowledged',
      reason: message.reasonCode,
      isOver: false,
    };
    this.held.push(held);
    if (this.current) this.current.held = held;
    if (qos === 2) this.pending.set(packetId, held);
    if (message.outcome !== 'open') this.decided(held, qos);
    return message;
  }

  keepReceived(packetId: number): void {
    this.kept.add(packetId);
    this.pending.delete(packetId);
    this.unkept = undefined;
  }

  /** PUBACK or PUBREC is written. */
  acknowledge({ type, packetId, reasonCode = 0 }: AcknowledgementPacket): void {
    const { next } = this;
    if (!next) throw new Error(`${type} ${packetId} for nothing`);
    const { held } = next;
    this.due.shift();
    const reason = this.version === 5 ? (held?.reason ?? 0) : 0;
    expect(`${type} ${packetId} ${reasonCode}`, 'in order').to.equal(`${next.type} ${next.packetId} ${reason}`);
    if (held) expect([held.claims, held.isAcknowledged], 'answered by all').to.deep.equal([0, true]);
    const isOver = type === 'puback' || reason >= REFUSED_FROM;
    if (isOver) this.open.delete(packetId);
    if (type === 'puback') return;
    if (!isOver) return void expect(this.kept.has(packetId), `${packetId} is kept before its PUBREC`).to.equal(true);
    this.pending.delete(packetId); // what comes now is another message [MQTT5-4.3.3-9], also if the broker does not hear this
    this.mayComeAgain(held!.number);
  }

  /** The session asks for another connection. */
  renew(): void {
    expect(this.abandoned, 'abandoned').to.equal(this.receiveMaximum);
    this.isStuck = true;
  }

  /** @returns whether it is right that the session ends the connection */
  fail(error: MqttError): boolean {
    if (!this.violates || !(error instanceof ProtocolError)) return false;
    expect(error.reasonCode).to.equal(RECEIVE_MAXIMUM_EXCEEDED);
    this.violates = false;
    this.isDeaf = true;
    return true;
  }

  // ─── what the application does ───

  /** Whether somebody has not answered for a message, or has left one that the broker still has. */
  get isBusy(): boolean {
    return this.abandoned > 0 || this.held.some(({ claims }) => claims > 0);
  }

  /** Whether only another connection can help. */
  get isWaiting(): boolean {
    return this.abandoned > 0 && !this.held.some(({ claims }) => claims > 0);
  }

  /** Somebody answers, at any time. @returns the message, if that decides what becomes of it */
  answer(at: number, answer: Answer): OpenMessage | undefined {
    const open = this.held.filter(({ claims }) => claims > 0);
    const held = open[at % open.length];
    if (!held) return undefined;
    const { message, version } = held;
    const reason = answer.how === 'acknowledge' && version === 5 ? answer.reason : 0; // 3.1.1 cannot say it
    const decides = answer.how === 'abandon' ? message.answered() : message.acknowledge(reason);
    held.claims--;
    if (answer.how === 'acknowledge') {
      held.isAcknowledged = true;
      if (held.reason < REFUSED_FROM) held.reason = reason;
    }
    expect(decides, 'decides').to.equal(held.claims === 0);
    if (!decides) return undefined;
    this.decided(held, message.qos);
    return message;
  }

  // ─── what must be true ───

  /** Between two steps. @param isReading what the session says */
  check(isUp: boolean, isReading: boolean): void {
    const { next } = this;
    if (next) expect(next.held?.claims ?? 0, `${next.type} ${next.packetId} is held`).to.be.above(0);
    expect(this.isStuck, 'stuck').to.equal(this.abandoned >= this.receiveMaximum);
    for (const { claims, isAcknowledged, reason, packetId } of this.pending.values()) {
      expect(claims === 0 && isAcknowledged && reason < REFUSED_FROM, `${packetId} is not kept`).to.equal(false);
    }
    if (!isUp) return;
    const unfinished = this.held.filter(({ claims, message }) => claims > 0 && message.qos === 0).length;
    const waiting = this.isTold ? 0 : this.due.filter(({ held }) => !isAbandoned(held)).length;
    const expected = unfinished + waiting < this.receiveMaximum;
    expect([isReading, this.isReading], `reads with ${unfinished} and ${waiting}`).to.deep.equal([expected, expected]);
  }

  /** At the end. */
  checkRest(
    { acknowledged, unacknowledged, waiting, unfinished }: InsideInbox,
    forwards: ModelBroker['forwards'],
  ): void {
    const left = [[...acknowledged].length, this.kept.size, unacknowledged.size, waiting.size, unfinished];
    expect(left, 'left over').to.deep.equal([0, 0, 0, 0, 0]);
    const first = [...new Set(this.delivered)];
    expect(first, 'order').to.deep.equal([...first].sort((a, b) => a - b));
    for (const { serial, qos, lost } of forwards) {
      const count = this.delivered.filter((number) => number === serial).length;
      const most = qos === 1 ? Infinity : 1 + (this.again.get(serial) ?? 0);
      expect(count, `forward ${serial}@${qos}`).to.be.within(qos === 0 || lost ? 0 : 1, most);
    }
  }

  /** The acknowledgement that is next. */
  private get next(): Due | undefined {
    while (this.due[0] && isAbandoned(this.due[0].held)) this.due.shift();
    return this.due[0];
  }

  private claimed(qos: QoS, packetId: number, claims: Claims): OpenMessage | undefined {
    if (claims === 0) return undefined;
    const message = new OpenMessage(qos, packetId);
    for (let i = 0; i < countOf(claims); i++) message.claim();
    if (claims === 'refuses' && this.version === 5) message.acknowledge(0x83);
    else message.answered();
    return message;
  }

  /** All have answered for a message. What is acknowledged is pending until it is kept, or refused until that is said. */
  private decided(held: Held, qos: QoS): void {
    if (held.isOver || qos === 0 || !isAbandoned(held)) return;
    if (this.due.some((due) => due.held === held)) this.abandoned++;
    if (qos === 1) return;
    this.pending.delete(held.packetId);
    this.mayComeAgain(held.number);
  }

  private mayComeAgain(number: number): void {
    this.again.set(number, (this.again.get(number) ?? 0) + 1);
  }
}

function countOf(claims: Claims): number {
  return typeof claims === 'number' ? claims : 0;
}

function isAbandoned(held: Held | undefined): boolean {
  return held?.claims === 0 && !held.isAcknowledged;
}
