import type { MqttError } from '../errors.js';
import type { AcknowledgementPacket, PublishPacket, QoS } from '../packet/Packet.js';
import type { PublishProperties } from '../packet/PacketProperties.js';
import type { Placed } from './Sequence.js';
import type { Lifetime } from './lifetime.js';

/**
 * What a message waits for (MQTT section 4.3): `'nothing'` before the session has it and when it is over; `'queue'` until
 * the window takes it; `'transport'` at QoS 0, until the transport has it.
 */
export type Awaited = 'nothing' | 'queue' | 'transport' | 'puback' | 'pubrec' | 'pubcomp';

const NOT_WRITTEN = -1;

/** Told when the caller of a publish has left. */
export interface OutgoingOwner<T> {
  withdraw(outgoing: Outgoing<T>): void;
}

/**
 * A message on its way to the server: the PUBLISH packet itself and where its exchange stands, in one object, for 65,535
 * of them may be in flight. The client makes it when the application publishes; then only the session changes it.
 *
 * @typeParam T whom the session tells of the outcome; it hands the token back and never looks at it
 */
export class Outgoing<T = unknown> implements PublishPacket, Placed {
  /** 0 until it is first written, and at QoS 0. */
  packetId = 0;
  awaited: Awaited = 'nothing';
  place = 0;
  /** Which of all exchanges it was that began: PUBLISHes are repeated in this order [MQTT-4.6.0-1]. */
  ordinal = 0;
  /** When it was written last, by the clock of the `Wire`; less than 0 if it was not, in the present session. */
  writtenAt = NOT_WRITTEN;
  /** Of MQTT 5, if there are any. */
  properties?: PublishProperties;
  /** Whether nobody asked for them: a codec says them of its payload, and a server that speaks 3.1.1 is not told. */
  arePropertiesImplied?: boolean;
  /** What a PUBREC said about it, if it said more than success. */
  pubrec?: AcknowledgementPacket;
  /** When it came into the queue to wait for a connection, by a monotonic clock. */
  queuedAt?: number | undefined;
  /** Milliseconds that it waited there. */
  queuedFor?: number;
  /** Only of a message that must not wait for ever. */
  lifetime?: Lifetime;
  /** Only with a store: its number there. */
  serial?: number;
  /**
   * Only after its caller was told that the exchange is unfinished: how it ended. Absent again when the session is lost,
   * and with it the duty to finish the exchange, so that the message may be published anew.
   */
  outcome?: 'unfinished' | 'acknowledged' | MqttError | undefined;

  /** QoS and RETAIN, as the fixed header has them (MQTT section 3.3.1): each field costs memory per message. */
  private readonly flags: number;

  /** @param token `undefined`: nobody waits for the outcome. The exchange runs on without a caller */
  constructor(
    readonly topic: string,
    /** Dropped when the server has it [MQTT-4.3.3-1]. */
    public payload: Uint8Array,
    qos: QoS,
    retain: boolean,
    public token: T | undefined,
    public owner: OutgoingOwner<T> | undefined,
  ) {
    this.flags = (qos << 1) | (retain ? 1 : 0);
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory per message
  get type(): 'publish' {
    return 'publish';
  }

  get qos(): QoS {
    return (this.flags >> 1) as QoS;
  }

  get retain(): boolean {
    return (this.flags & 1) > 0;
  }

  get dup(): boolean {
    return this.isWritten && this.qos > 0;
  }

  /** Whether PUBLISH was written in the present session: then it is repeated with DUP [MQTT-3.3.1-1]. */
  get isWritten(): boolean {
    return this.writtenAt >= 0;
  }

  /** Whether its exchange has begun and is not over. */
  get isInFlight(): boolean {
    return this.packetId > 0 && this.awaited !== 'nothing' && this.awaited !== 'queue';
  }

  /** For the `Wire`: it is written. */
  written(at: number): void {
    this.writtenAt = Math.max(0, at); // a clock that a test has set back must not undo it
  }

  /** What was written is lost, or the session is. */
  notWritten(): void {
    this.writtenAt = NOT_WRITTEN;
  }

  /** The caller has left: what was not written is taken back, what was runs on. */
  unsubscribe(): void {
    if (this.token !== undefined) this.owner?.withdraw(this);
  }
}
