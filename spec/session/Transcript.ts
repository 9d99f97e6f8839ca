import { expect } from 'chai';
import { ClientEndedError, type MqttError, ProtocolError, StoreError } from '../../lib/errors.js';
import type { Packet, QoS } from '../../lib/packet/Packet.js';
import { MAX_PACKET_SIZE } from '../../lib/packet/fixedHeader.js';
import { Outgoing } from '../../lib/session/Outgoing.js';
import { LIMITS_OF_311, type ServerLimits } from '../../lib/session/ServerLimits.js';
import { Session } from '../../lib/session/Session.js';
import type { Application, Keeper, SessionEffects, Surroundings, Wire } from '../../lib/session/SessionEffects.js';
import type { SessionEvent } from '../../lib/session/SessionEvent.js';
import type { SessionInput } from '../../lib/session/SessionInput.js';
import type { SessionOptions } from '../../lib/session/SessionOptions.js';

type Message = Outgoing<string>;
type Input = SessionInput<Message, string>;

/** What a transcript shows beside what it always shows. */
type Shown = 'kept' | 'dropped' | 'subscribing';

const OPTIONS: SessionOptions = {
  maxInflight: 65_535,
  receiveMaximum: 65_535,
  queue: { size: 100, bytes: Infinity, overflow: 'error' },
  onSessionLost: 'error',
  subscribeBatch: Infinity,
  giveUpAfter: 5,
  stableAfter: 10_000,
};

/**
 * A session and what it did, as text: one line per input, `input | effect; effect`. Packets sent begin with `>`, packets
 * that come with `<`, and `name@1` is a name with a QoS. `turn?` says that the end of the turn is asked for.
 *
 * `down` is the loss of a connection that was stable, whose transport took what `written` last said; `down uptime=800`
 * says otherwise, and `down left` is one that the client ended. `written unsent=0 taken=2` is in bytes and messages.
 * `wait 100` lets so many milliseconds pass. `up v5` and `up qos=1 window=2` are servers of MQTT 5, see `limitsOf`; `#1` is a subscription identifier,
 * and `kept` a filter that the server does not give up.
 *
 * A script is such a text: its inputs are played, and the effects compared.
 */
export class Transcript implements SessionEffects<Message, string> {
  readonly session: Session<Message, string>;
  /** Shown as well: most scripts are not about that. */
  readonly shows = new Set<Shown>();
  /** Whether what is sent is written at once, and does not wait for a store. */
  writes = true;
  private effects: string[] = [];
  private readonly published = new Map<string, Message>();
  /** What the application heard last. */
  private heard = '';
  private taken = 0;
  private now = 0;

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Session<Message, string>({ ...OPTIONS, ...options }, this);
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
    const [type, first = '', ...rest] = input.split(' ');
    if (type === '<') this.session.receive(packetOf(first, rest));
    else if (type === 'publish') this.session.publish(this.made(first, numbers(rest)['expiry']));
    else if (type === 'wait') this.now += Number(first);
    else this.session.step(this.parse(input));
    this.session.now = { monotonic: this.now, wall: 0 };
    return this.effects.join('; ');
  }

  outgoing(name: string): Message {
    return this.published.get(name)!;
  }

  readonly wire: Wire<Message> = {
    send: (packet) => this.effects.push(`> ${text(packet)}`),
    publish: (outgoing) => {
      this.effects.push(`> ${text(outgoing)}`);
      if (this.writes) outgoing.written(0);
    },
  };

  readonly keeper: Keeper<Message> = {
    keep: ({ topic, awaited }) => this.note('kept', `keep ${topic} ${awaited}`),
    forget: ({ topic }) => this.note('kept', `forget ${topic}`),
    keepReceived: (packetId) => this.note('kept', `keep received ${packetId}`),
    forgetReceived: (packetId) => this.note('kept', `forget received ${packetId}`),
  };

  readonly application: Application<Message, string> = {
    deliver: ({ topic, qos }) => {
      this.effects.push(`deliver ${topic}@${qos}`);
      return undefined;
    },
    settle: ({ topic }, token, error) => {
      expect(token).to.equal(topic);
      this.effects.push(`settle ${token}${coded(error)}`);
    },
    answered: (token, grants, error) => {
      const granted = grants.map(({ filter, requested, granted }) => ` ${filter}@${requested}/${granted}`).join('');
      this.effects.push(`answered ${token}${granted}${coded(error)}`);
    },
    subscribing: (filter) => this.note('subscribing', `subscribing ${filter}`),
    subscribed: (filter) => (this.heard = `subscribed ${filter}`),
    unsubscribed: () => undefined, // `events` says it as well
    refused: (filter, error) => (this.heard = `refused ${filter} ${error.code}`),
    resumed: (sessionPresent) => this.effects.push(sessionPresent ? 'resumed' : 'started'),
  };

  readonly surroundings: Surroundings = {
    turnNeeded: () => {
      if (!this.effects.includes('turn?')) this.effects.push('turn?');
    },
    remind: (ms) => this.effects.push(`remind ${ms}`),
    probe: () => this.effects.push('probe'),
    read: (isReading) => this.effects.push(isReading ? 'read' : 'pause'),
    renew: (error) => this.effects.push(`renew ${error.code}`),
    fail: (error) => this.effects.push(`violation ${error instanceof ProtocolError ? error.clause : error.code}`),
  };

  readonly events = { next: (event: SessionEvent) => this.report(event) };

  private report(event: SessionEvent): void {
    switch (event.type) {
      case 'subscribed':
        expect(this.heard).to.equal(`subscribed ${event.filter}`);
        return void this.effects.push(`subscribed ${event.filter}@${event.requested}/${event.granted}`);
      case 'refused':
        return void this.effects.push(this.refusal(event.filter));
      case 'unsubscribed':
        return void this.effects.push(`unsubscribed ${event.filter}`);
      case 'message-dropped':
        return this.note('dropped', `dropped ${event.topic} ${event.reason}`);
      case 'suspected':
        return void this.effects.push(['suspected', ...event.filters, ...event.topics].join(' '));
      case 'given-up':
        return void this.effects.push(`given-up ${event.filter ?? event.topic} ${event.trials}`);
    }
  }

  /** What the application heard, if it is about that: else it is the UNSUBSCRIBE of a filter that was refused. */
  private refusal(filter: string): string {
    const [what, of, code] = this.heard.split(' ');
    this.heard = '';
    if (what !== 'refused' || of !== filter) return `kept ${filter}`;
    return `refused ${filter}${code === 'SUBSCRIPTION_REFUSED' ? '' : ` ${code}`}`;
  }

  private note(what: Shown, effect: string): void {
    if (this.shows.has(what)) this.effects.push(effect);
  }

  private made(word: string, expiry: number | undefined): Message {
    const { name, qos } = named(word);
    const outgoing = new Outgoing<string>(name, Uint8Array.of(1, 2, 3), qos, false, name, undefined);
    if (expiry !== undefined) outgoing.lifetime = { expiry, since: { monotonic: this.now, wall: 0 } };
    this.published.set(name, outgoing);
    return outgoing;
  }

  private parse(input: string): Input {
    const [type = '', first = '', ...rest] = input.split(' ');
    const { uptime = 3_600_000, unsent = 0, taken = this.taken } = numbers([first, ...rest]);
    switch (type) {
      case 'up':
        return { type: 'up', sessionPresent: first === 'resumed', ...limitsOf([first, ...rest]) };
      case 'down':
        this.taken = 0;
        return { type, uptime, isLoss: first !== 'left', taken };
      case 'written':
        this.taken = taken;
        return { type, unsent, taken };
      case 'withdraw':
        return { type, outgoing: this.published.get(first)! };
      case 'listen':
      case 'leave':
        return { type, filter: named(first).name, qos: named(first).qos };
      case 'subscribe': // subscribe token a@1 b@1
        return { type, token: first, filters: rest.map((word) => named(word).name), qos: named(rest[0]!).qos };
      case 'unsubscribe':
        return { type, token: first, filters: rest };
      case 'unkept':
        return { type, outgoing: this.published.get(first)!, error: new StoreError('write', 'full') };
      case 'give-up':
        return { type, error: new ClientEndedError('over'), isKept: first === 'kept' };
      case 'end':
        return { type, error: new ClientEndedError('over') };
      case 'turn':
      case 'reminded':
      case 'probed':
      case 'expire':
        return { type };
      default:
        throw new Error(`no such input: ${input}`);
    }
  }
}

/** Plays a script on a new session. */
export function play(script: string, options: Partial<SessionOptions> = {}): Transcript {
  return new Transcript(options).play(script);
}

function coded(error: MqttError | undefined): string {
  return error ? ` ${error.code}` : '';
}

/** What a server of MQTT 5 can: `v5`, and `wildcards=0 shared=0 ids=0 size=30 qos=1 window=2` what it cannot. */
function limitsOf(words: readonly string[]): { limits?: ServerLimits } {
  const { wildcards, shared, ids, size = MAX_PACKET_SIZE, qos, window } = numbers(words);
  if (!words.includes('v5') && qos === undefined && window === undefined) return {};
  const limits: ServerLimits = {
    ...LIMITS_OF_311,
    protocolVersion: 5,
    wildcardSubscriptionAvailable: wildcards !== 0,
    sharedSubscriptionAvailable: shared !== 0,
    subscriptionIdentifiersAvailable: ids !== 0,
    maximumPacketSize: size,
    maximumQoS: (qos ?? 2) as QoS,
    receiveMaximum: window ?? LIMITS_OF_311.receiveMaximum,
  };
  return { limits };
}

/** The words `name=5` among others. */
function numbers(words: readonly string[]): Record<string, number | undefined> {
  return Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => [word.split('=')[0]!, Number(word.split('=')[1])])); // prettier-ignore
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
      const identifier = packet.properties?.subscriptionIdentifier;
      return [`subscribe ${packet.packetId}`, ...(identifier ? [`#${identifier}`] : []), ...filters].join(' ');
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
    case 'unsuback':
      return rest.length === 0 ? { type, packetId } : { type, packetId, reasonCodes: rest.map(Number) };
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
