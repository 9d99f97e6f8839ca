import type { PublishPacket, QoS } from '../packet/Packet.js';
import type { PublishProperties } from '../packet/PacketProperties.js';
import { type Claim, checkReasonCode } from './Claim.js';
import { type NamedLevel, paramsOf } from '../topic/namedWildcards.js';

let utf8: TextDecoder | undefined; // made at the first use: importing must not need what a platform lacks
const NO_NAMES: readonly NamedLevel[] = [];

/** Properties of a message that came. Binary ones are shared like the payload: do not write to them. */
export type ReceivedProperties = Omit<PublishProperties, 'topicAlias'>;

const NO_PROPERTIES: ReceivedProperties = Object.freeze({});

/** What a message is made of: a packet, or another message. */
type Delivered = Pick<PublishPacket, 'topic' | 'payload' | 'qos' | 'retain' | 'dup' | 'properties'>;

/**
 * A message that came. Read-only: all listeners of a filter get the same one.
 *
 * @typeParam P the named wildcards of the filter it was asked for with
 * @typeParam V what the codec made of the payload, if there is one
 */
export class Message<P = Readonly<Record<string, string>>, V = unknown> {
  /** The topic name it was published to. */
  readonly topic: string;
  /**
   * The bytes of the message. They never change by themselves and may be kept as long as you like. All listeners share
   * them, and they may share memory with other payloads: do not write to them, and hand a worker `bytes()` instead.
   */
  readonly payload: Uint8Array;
  /** The QoS at which the server sent it: the lower of what was published and what was granted. */
  readonly qos: QoS;
  /** `true` for a retained message that was stored before the subscription; `false` for a live one [MQTT-3.3.1-8]. */
  readonly retain: boolean;
  /** `true` when the server sends it again; at QoS 1 it may then have been seen already [MQTT-3.3.1-3]. */
  readonly dup: boolean;
  /** What MQTT 5 says about it; with MQTT 3.1.1, and if there is nothing, it is empty. */
  readonly properties: ReceivedProperties;
  /**
   * What the codec of `topic$` made of the payload; `undefined` without a codec. Read-only like the message: all who listen
   * with one codec get the same value.
   */
  readonly value: V;
  readonly #names: readonly NamedLevel[];
  readonly #claim: Claim | undefined;
  #levels: readonly string[] | undefined;
  #params: P | undefined;

  /** The same message, with a value. For codecs that are asked later than by `topic$`. */
  static withValue<P, V>(message: Message<P>, value: V): Message<P, V> {
    return new Message<P, V>(message, message.#names, message.#claim, value);
  }

  constructor(packet: Delivered, names = NO_NAMES, claim?: Claim, value?: V) {
    this.topic = packet.topic;
    this.payload = packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.dup = packet.dup;
    this.properties = packet.properties ?? NO_PROPERTIES;
    this.value = value as V;
    this.#names = names;
    this.#claim = claim;
    Object.freeze(this);
  }

  /** The topic name's levels: `a//b` has three. */
  get levels(): readonly string[] {
    return (this.#levels ??= Object.freeze(this.topic.split('/')));
  }

  /** What the named wildcards stand for: with `room/+room/temp`, `params.room` is the second level. */
  get params(): P {
    return (this.#params ??= Object.freeze(paramsOf(this.#names, this.levels)) as P);
  }

  /** The payload as text: UTF-8, where ill-formed bytes become U+FFFD. */
  text(): string {
    return (utf8 ??= new TextDecoder()).decode(this.payload);
  }

  /**
   * The payload as JSON.
   * @typeParam T what it is taken to be; nothing checks it
   * @throws {SyntaxError} when it is not JSON: inside an operator that makes the stream error
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /**
   * Acknowledges it, for a listener with `acknowledge: 'manual'`: the work on it is done. PUBACK, at QoS 2 PUBREC, leaves
   * when all such listeners have called this, and those for the messages before have left [MQTT-4.6.0-2] [MQTT-4.6.0-3]. At
   * QoS 0 there is no acknowledgement; there it makes room for another message. Does nothing the second time, for a
   * listener who is not `'manual'`, when the connection that a QoS 1 message came on is gone, and after the end.
   *
   * @param reasonCode MQTT 5: from 0x80 on the message is refused, which brokers take for the end of its way as well; the
   *   first refusal of several listeners holds. Default 0: success
   * @throws {InvalidArgumentError} not a reason code of PUBACK
   * @throws {NotSupportedError} a message that came by MQTT 3.1.1 cannot be refused
   */
  acknowledge(reasonCode = 0): void {
    if (reasonCode !== 0) checkReasonCode(reasonCode);
    this.#claim?.acknowledge(reasonCode);
  }

  /**
   * Leaves it unacknowledged for good, for a listener with `acknowledge: 'manual'`: the broker sends it again on the next
   * connection, if the session lives on, and keeps a place of its window for it until then. Those behind it do not wait.
   * When abandoned messages fill `receiveMaximum`, the client connects anew by itself; it says DISCONNECT first, so that no
   * will is published.
   */
  abandon(): void {
    this.#claim?.abandon();
  }

  /**
   * Whether the broker has sent it again, as another message: it is of QoS 1, and was unacknowledged when its connection
   * ended. Work on it that has not begun need not begin.
   */
  get cameAgain(): boolean {
    return this.#claim?.cameAgain ?? false;
  }

  /** A copy of the payload in memory of its own: it may be changed, and `buffer` may be transferred to a worker. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.payload);
  }
}
