import type {
  AcknowledgementPacket,
  Packet,
  ProtocolVersion,
  PublishPacket,
  QoS,
  SubscribePacket,
} from '../../lib/packet/Packet.js';
import { matches } from '../../lib/topic/matches.js';

/** What the broker once sends to the client for a subscription. */
interface Forward {
  readonly serial: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly packetId: number;
  next: 'publish' | 'pubrel';
  /** Whether it goes out as a redelivery, when its turn comes. */
  dup?: boolean;
}

/** The number that a payload carries: every message of the model has one of its own. */
export function numberIn(payload: Uint8Array): number {
  return payload[0]! * 256 + payload[1]!;
}

/** Bytes: a message is larger than a SUBSCRIBE of any filter, so that Maximum Packet Size is about messages. */
export const PAYLOAD_SIZE = 12;

/** See {@link numberIn}. */
export function payloadFor(number: number): Uint8Array {
  const payload = new Uint8Array(PAYLOAD_SIZE);
  payload.set([number >> 8, number & 255]);
  return payload;
}

const lesser = (a: QoS, b: QoS) => Math.min(a, b) as QoS;

const NOT_FOUND = 0x92;
/** Nobody uses it: it is above all that are given out in a run. */
export const STRAY = 65_000;

/** How a connection is made. */
export interface ModelConnection {
  readonly version: ProtocolVersion;
  readonly sessionPresent: boolean;
  /** How many QoS 1 and 2 messages the client takes unacknowledged, if it can say so. */
  readonly receiveMaximum: number;
}

/** A small broker with one client and one session, faithful to the standard; what is sent to it wrongly, it throws at. */
export class ModelBroker {
  // the session
  readonly subscriptions = new Map<string, QoS>();
  /** What is not acknowledged, or waits for a connection, in resend order. */
  readonly unfinished = new Map<number, Forward>();
  readonly received = new Set<number>();
  // what outlives it
  readonly retained = new Map<string, QoS>();
  /** Numbers of the messages that came, in order; a QoS 2 one counts once per identifier. */
  readonly taken: { number: number; qos: QoS }[] = [];
  /** Numbers of messages that were refused at some time: one of which the client does not hear that comes again. */
  readonly refused = new Set<number>();
  /** Everything that was forwarded. */
  readonly forwards: { serial: number; qos: QoS; lost: boolean }[] = [];
  /** When a SUBSCRIBE last granted a filter. */
  readonly grantedAt = new Map<string, number>();
  grant: (filter: string) => QoS | 0x80 = () => 2;
  /** What PUBACK and PUBREC say to a message that is new, with MQTT 5. */
  reason: () => number = () => 0;
  /** Whether a redelivery carries DUP: a broker must, but not every broker does. */
  redeliversAsDup = true;
  isUp = false;
  // the connection
  private version: ProtocolVersion = 4;
  private window = Infinity;
  /** Identifiers of what was published on this connection and is not concluded. */
  private readonly open = new Set<number>();
  /** What waits for the client's window, and what would overtake that. */
  private held: Forward[] = [];

  constructor(
    private readonly send: (packet: Packet) => void,
    private readonly clock: () => number,
  ) {}

  connect({ version, sessionPresent, receiveMaximum }: ModelConnection): void {
    this.isUp = true;
    this.version = version;
    this.window = version === 5 ? receiveMaximum : Infinity;
    this.open.clear();
    this.held = [];
    if (!sessionPresent) {
      const lost = new Set([...this.unfinished.values()].map(({ serial }) => serial));
      for (const forward of this.forwards) forward.lost ||= lost.has(forward.serial);
      this.subscriptions.clear();
      this.unfinished.clear();
      this.received.clear();
    }
    for (const forward of this.unfinished.values()) {
      if (forward.next === 'pubrel') this.sendNext(forward, false);
      else this.publishNext(forward, this.redeliversAsDup);
    }
  }

  /** Sends what waits for the window without waiting: more than the client takes. */
  flood(): void {
    for (const forward of this.held.splice(0)) this.sendNext(forward, false);
  }

  /** Sends an acknowledgement that belongs to nothing. */
  stray(type: 'pubrec' | 'pubrel'): void {
    this.send({ type, packetId: STRAY });
  }

  /** Somebody publishes: the client itself, or another one. */
  publish(topic: string, qos: QoS, retain: boolean): void {
    if (retain) this.retained.set(topic, qos);
    const granted = [...this.subscriptions].filter(([filter]) => matches(filter, topic)).map(([, qos]) => qos);
    if (granted.length > 0) this.forward(topic, lesser(qos, Math.max(...granted) as QoS), false);
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case 'publish':
        return this.take(packet);
      case 'pubrel':
        if (packet.packetId === STRAY) return;
        return this.answer('pubcomp', packet.packetId, this.received.delete(packet.packetId) ? 0 : NOT_FOUND);
      case 'puback':
      case 'pubcomp':
        if (packet.packetId !== STRAY) this.conclude(packet.type, packet.packetId);
        return;
      case 'pubrec': {
        const forward = this.unfinished.get(packet.packetId);
        if (forward?.qos !== 2) throw new Error(`PUBREC ${packet.packetId} for nothing`);
        if ((packet.reasonCode ?? 0) >= 0x80) return this.conclude('pubrec', packet.packetId);
        if (forward.next === 'publish') this.unfinished.delete(packet.packetId);
        forward.next = 'pubrel';
        this.unfinished.set(packet.packetId, forward);
        return this.sendNext(forward, false);
      }
      case 'subscribe':
        return this.subscribe(packet);
      case 'pingreq':
        return this.send({ type: 'pingresp' });
      case 'unsubscribe':
        return this.unsubscribe(packet.packetId, packet.filters);
      default:
        throw new Error(`${packet.type} from a client`);
    }
  }

  private take({ topic, qos, packetId, payload, retain }: PublishPacket): void {
    const isNew = qos < 2 || !this.received.has(packetId);
    const reason = this.version === 5 && isNew && qos > 0 ? this.reason() : 0;
    if (reason >= 0x80) this.refused.add(numberIn(payload));
    else if (isNew) {
      this.taken.push({ number: numberIn(payload), qos });
      this.publish(topic, qos, retain);
      if (qos === 2) this.received.add(packetId);
    }
    if (qos > 0) this.answer(qos === 1 ? 'puback' : 'pubrec', packetId, reason);
  }

  private answer(type: AcknowledgementPacket['type'], packetId: number, reasonCode: number): void {
    this.send(this.version === 5 ? { type, packetId, reasonCode } : { type, packetId });
  }

  private unsubscribe(packetId: number, filters: readonly string[]): void {
    const reasonCodes = filters.map((filter) => (this.subscriptions.delete(filter) ? 0 : 0x11));
    this.send(this.version === 5 ? { type: 'unsuback', packetId, reasonCodes } : { type: 'unsuback', packetId });
  }

  private subscribe({ packetId, subscriptions }: SubscribePacket): void {
    const reasonCodes = subscriptions.map(({ filter, qos }) => {
      const most = this.grant(filter);
      this.subscriptions.delete(filter);
      if (most === 0x80) return most;
      const granted = lesser(qos, most);
      this.subscriptions.set(filter, granted);
      this.grantedAt.set(filter, this.clock());
      return granted;
    });
    this.send({ type: 'suback', packetId, reasonCodes });
    for (const { filter } of subscriptions) {
      const granted = this.subscriptions.get(filter);
      if (granted === undefined || filter.startsWith('$share/')) continue;
      for (const [topic, qos] of this.retained) {
        if (matches(filter, topic)) this.forward(topic, lesser(qos, granted), true);
      }
    }
  }

  private forward(topic: string, qos: QoS, retain: boolean): void {
    const serial = this.forwards.length;
    if (qos === 0 && !this.isUp) return;
    this.forwards.push({ serial, qos, lost: false });
    let packetId = 0; // the lowest that is free: soon used again, and the same as many of the client's
    if (qos > 0) do packetId++;
    while (this.unfinished.has(packetId)); // prettier-ignore
    const forward: Forward = { serial, topic, qos, retain, packetId, next: 'publish' };
    if (qos > 0) this.unfinished.set(packetId, forward);
    if (this.isUp) this.publishNext(forward, false);
  }

  private publishNext(forward: Forward, dup: boolean): void {
    const mustWait = this.held.length > 0 || (forward.qos > 0 && this.open.size >= this.window);
    if (mustWait) this.held.push(Object.assign(forward, { dup }));
    else this.sendNext(forward, dup);
  }

  private sendNext({ serial, topic, qos, retain, packetId, next }: Forward, dup: boolean): void {
    if (next === 'pubrel') return this.send({ type: 'pubrel', packetId });
    if (qos > 0) this.open.add(packetId);
    this.send({ type: 'publish', topic, qos, retain, dup: dup && qos > 0, packetId, payload: payloadFor(serial) });
  }

  private conclude(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number): void {
    const forward = this.unfinished.get(packetId);
    const expected = forward?.qos === 1 ? 'puback' : forward?.next === 'pubrel' ? 'pubcomp' : 'pubrec';
    if (expected !== type) throw new Error(`${type} ${packetId}, where ${expected} was due`);
    this.unfinished.delete(packetId);
    this.open.delete(packetId);
    while (this.held[0] && (this.held[0].qos === 0 || this.open.size < this.window)) {
      const forward = this.held.shift()!;
      this.sendNext(forward, forward.dup === true);
    }
  }
}
