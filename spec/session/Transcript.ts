import { expect } from 'chai';
import { ClientEndedError, type MqttError, type ProtocolError } from '../../lib/errors.js';
import type { Packet, PublishPacket, QoS, SubscribePacket, UnsubscribePacket } from '../../lib/packet/Packet.js';
import type { Grant } from '../../lib/session/Grant.js';
import { Sent } from './Sent.js';
import { Session } from '../../lib/session/Session.js';
import type { SessionOptions } from '../../lib/session/SessionOptions.js';
import type { SessionEffects } from '../../lib/session/SessionEffects.js';
import type { SessionInput } from '../../lib/session/SessionInput.js';

type Input = SessionInput<Sent<string>, string>;

/**
 * A session and what it did, as text: one line per input, `input | effect; effect`. Packets sent begin with `>`, packets
 * that come with `<`, and `name@1` is a name with a QoS. `turn?` says that the end of the turn is asked for.
 *
 * A script is such a text: its inputs are played, and the effects compared.
 */
export class Transcript implements SessionEffects<Sent<string>, string> {
  canSend = true;
  readonly session: Session<Sent<string>, string>;
  private effects: string[] = [];
  private readonly published = new Map<string, Sent<string>>();
  private readonly requests = new Map<number, SubscribePacket | UnsubscribePacket>();

  constructor(options: Partial<SessionOptions> = {}) {
    const queue = { size: 100, bytes: Infinity, overflow: 'error' } as const;
    this.session = new Session({ maxInflight: 65_535, queue, onSessionLost: 'error', ...options }, this);
  }

  /** Plays the inputs of a script and expects its effects. */
  play(script: string): this {
    const lines = script.trim().split('\n').map((line) => line.split('|').map((part) => part.trim())); // prettier-ignore
    const shown = (input: string, effects: string) => `${input.padEnd(24)} | ${effects}`.trimEnd();
    const played = lines.map(([input]) => shown(input!, this.step(input!)));
    expect(played.join('\n')).to.equal(lines.map(([input, effects = '']) => shown(input!, effects)).join('\n'));
    return this;
  }

  /** Plays one input. @returns its effects */
  step(input: string): string {
    this.effects = [];
    const [is, first = '', ...rest] = input.split(' ');
    if (is === '<') this.session.receive(packetOf(first, rest));
    else if (is === 'publish') this.session.publish(this.made(first));
    else this.session.step(this.parse(input));
    return this.effects.join('; ');
  }

  outgoing(name: string): Sent<string> {
    return this.published.get(name)!;
  }

  send(packet: Packet): void {
    if (packet.type === 'subscribe' || packet.type === 'unsubscribe') this.requests.set(packet.packetId, packet);
    this.effects.push(`> ${text(packet)}`);
  }

  /** What is kept, as `keeps m1 r7`. Off by default: most scripts are not about that. */
  showsKept = false;

  keep({ token, awaited }: Sent<string>): void {
    this.note(`keep ${token} ${awaited}`);
  }

  forget({ token }: Sent<string>): void {
    this.note(`forget ${token}`);
  }

  keepReceived(packetId: number): void {
    this.note(`keep received ${packetId}`);
  }

  forgetReceived(packetId: number): void {
    this.note(`forget received ${packetId}`);
  }

  dropped({ token }: Sent<string>, reason: string): void {
    this.note(`dropped ${token} ${reason}`);
  }

  private note(effect: string): void {
    if (this.showsKept) this.effects.push(effect);
  }

  publish(outgoing: Sent<string>): void {
    outgoing.isWritten = true;
    this.effects.push(`> ${text(outgoing)}`);
  }

  deliver(message: PublishPacket): void {
    this.effects.push(`deliver ${message.topic}@${message.qos}`);
  }

  settle({ token }: Sent<string>, error?: MqttError): void {
    this.effects.push(`settle ${token}${error ? ` ${error.code}` : ''}`);
  }

  answered(token: string, grants: readonly Grant[], error?: MqttError): void {
    const granted = grants.map(({ filter, requested, granted }) => ` ${filter}@${requested}/${granted}`).join('');
    this.effects.push(`answered ${token}${granted}${error ? ` ${error.code}` : ''}`);
  }

  subscribed(filter: string, requested: QoS, granted: QoS): void {
    this.effects.push(`subscribed ${filter}@${requested}/${granted}`);
  }

  refused(filter: string): void {
    this.effects.push(`refused ${filter}`);
  }

  unsubscribed(filter: string): void {
    this.effects.push(`unsubscribed ${filter}`);
  }

  resumed(sessionPresent: boolean): void {
    this.effects.push(sessionPresent ? 'resumed' : 'started');
  }

  turnNeeded(): void {
    if (!this.effects.includes('turn?')) this.effects.push('turn?');
  }

  violation(error: ProtocolError): void {
    this.effects.push(`violation ${error.clause}`);
  }

  private made(word: string): Sent<string> {
    const { name, qos } = named(word);
    const outgoing = new Sent(name, Uint8Array.of(1, 2, 3), qos, false, name);
    this.published.set(name, outgoing);
    return outgoing;
  }

  private parse(input: string): Input {
    const [is = '', first = '', ...rest] = input.split(' ');
    switch (is) {
      case 'up':
        return { is: 'up', sessionPresent: first === 'resumed' };
      case 'withdraw':
        return { is, outgoing: this.published.get(first)! };
      case 'listen':
      case 'leave':
        return { is, filter: named(first).name, qos: named(first).qos };
      case 'subscribe': // subscribe token a@1 b@1
        return { is, token: first, filters: rest.map((word) => named(word).name), qos: named(rest[0]!).qos };
      case 'unsubscribe':
        return { is, token: first, filters: rest };
      case 'overdue':
        return { is, packet: this.requests.get(Number(first))! };
      case 'congested':
      case 'free':
        return { is: 'congested', congested: is === 'congested' };
      case 'abandon':
        return { is, error: new ClientEndedError('over'), isEnd: first === 'end' };
      case 'down':
      case 'turn':
        return { is };
      default:
        throw new Error(`no such input: ${input}`);
    }
  }
}

/** Plays a script on a new session. */
export function play(script: string, options: Partial<SessionOptions> = {}): Transcript {
  return new Transcript(options).play(script);
}

function named(word: string): { name: string; qos: QoS } {
  const at = word.lastIndexOf('@');
  return { name: word.slice(0, at), qos: Number(word.slice(at + 1)) as QoS };
}

function text(packet: Packet): string {
  switch (packet.type) {
    case 'publish': {
      const id = packet.packetId === 0 ? '' : ` ${packet.packetId}`;
      return `publish${id} ${packet.topic}@${packet.qos}${packet.dup ? ' dup' : ''}`;
    }
    case 'subscribe': {
      const filters = packet.subscriptions.map(({ filter, qos }) => `${filter}@${qos}`);
      return `subscribe ${packet.packetId} ${filters.join(' ')}`;
    }
    case 'unsubscribe':
      return `unsubscribe ${packet.packetId} ${packet.filters.join(' ')}`;
    default:
      return `${packet.type} ${(packet as { packetId?: number }).packetId ?? ''}`;
  }
}

/** `puback 1`, `publish 1 m@2 dup`, `suback 1 0 refused 2`, … */
function packetOf(type: string, [id = '', ...rest]: string[]): Packet {
  const packetId = Number(id);
  switch (type) {
    case 'publish': {
      const { name: topic, qos } = named(rest[0]!);
      const dup = rest[1] === 'dup';
      return { type, packetId, topic, qos, dup, retain: false, payload: new Uint8Array(0) };
    }
    case 'suback':
      return { type, packetId, reasonCodes: rest.map((code) => (code === 'refused' ? 0x80 : (Number(code) as QoS))) };
    case 'connack':
      return { type, sessionPresent: false, reasonCode: 0 };
    case 'connect':
      return { type, clientId: 'c', cleanStart: true, keepAlive: 0 };
    case 'subscribe':
      return { type, packetId, subscriptions: [] };
    case 'unsubscribe':
      return { type, packetId, filters: [] };
    default:
      return { type: type as 'puback', packetId };
  }
}
