import type { Packet, QoS, SubscribePacket } from '../../lib/packet/Packet.js';
import { matches } from '../../lib/topic/matches.js';

/** What the broker once sends to the client for a subscription. */
interface Forward {
  readonly serial: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly packetId: number;
  next: 'publish' | 'pubrel';
}

/** The number that a payload carries: every message of the model has one of its own. */
export function numberIn(payload: Uint8Array): number {
  return payload[0]! * 256 + payload[1]!;
}

/** See {@link numberIn}. */
export function payloadFor(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 255);
}

const lesser = (a: QoS, b: QoS) => Math.min(a, b) as QoS;

/** A small broker with one client and one session, faithful to MQTT 3.1.1; what is sent to it wrongly, it throws at. */
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
  /** Everything that was forwarded. */
  readonly forwards: { serial: number; qos: QoS; lost: boolean }[] = [];
  /** When a SUBSCRIBE last granted a filter. */
  readonly grantedAt = new Map<string, number>();
  grant: (filter: string) => QoS | 0x80 = () => 2;
  /** Whether a redelivery carries DUP: a broker must, but not every broker does. */
  redeliversAsDup = true;
  isUp = false;

  constructor(
    private readonly send: (packet: Packet) => void,
    private readonly clock: () => number,
  ) {}

  connect(sessionPresent: boolean): void {
    this.isUp = true;
    if (!sessionPresent) {
      const lost = new Set([...this.unfinished.values()].map(({ serial }) => serial));
      for (const forward of this.forwards) forward.lost ||= lost.has(forward.serial);
      this.subscriptions.clear();
      this.unfinished.clear();
      this.received.clear();
    }
    for (const forward of this.unfinished.values()) this.sendNext(forward, this.redeliversAsDup);
  }

  /** Somebody publishes: the client itself, or another one. */
  publish(topic: string, qos: QoS, retain: boolean): void {
    if (retain) this.retained.set(topic, qos);
    const granted = [...this.subscriptions].filter(([filter]) => matches(filter, topic)).map(([, qos]) => qos);
    if (granted.length > 0) this.forward(topic, lesser(qos, Math.max(...granted) as QoS), false);
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case 'publish': {
        const { topic, qos, packetId, payload, retain } = packet;
        if (qos < 2 || !this.received.has(packetId)) {
          this.taken.push({ number: numberIn(payload), qos });
          this.publish(topic, qos, retain);
        }
        if (qos === 2) this.received.add(packetId);
        if (qos > 0) this.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId });
        return;
      }
      case 'pubrel':
        this.received.delete(packet.packetId);
        return this.send({ type: 'pubcomp', packetId: packet.packetId });
      case 'puback':
      case 'pubcomp':
        return this.conclude(packet.type, packet.packetId);
      case 'pubrec': {
        const forward = this.unfinished.get(packet.packetId);
        if (forward?.qos !== 2) throw new Error(`PUBREC ${packet.packetId} for nothing`);
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
        for (const filter of packet.filters) this.subscriptions.delete(filter);
        return this.send({ type: 'unsuback', packetId: packet.packetId });
      default:
        throw new Error(`${packet.type} from a client`);
    }
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
    if (this.isUp) this.sendNext(forward, false);
  }

  private sendNext({ serial, topic, qos, retain, packetId, next }: Forward, dup: boolean): void {
    if (next === 'pubrel') return this.send({ type: 'pubrel', packetId });
    this.send({ type: 'publish', topic, qos, retain, dup: dup && qos > 0, packetId, payload: payloadFor(serial) });
  }

  private conclude(type: 'puback' | 'pubcomp', packetId: number): void {
    const forward = this.unfinished.get(packetId);
    const expected = forward?.qos === 1 ? 'puback' : forward?.next === 'pubrel' ? 'pubcomp' : 'pubrec';
    if (expected !== type) throw new Error(`${type} ${packetId}, where ${expected} was due`);
    this.unfinished.delete(packetId);
  }
}
