import type { Subscriber } from 'rxjs';
import { InvalidArgumentError, type MqttError, UndecodableError } from '../errors.js';
import type { PublishPacket } from '../packet/Packet.js';
import { finish } from '../stream/finish.js';
import type { NamedLevel } from '../topic/namedWildcards.js';
import type { Claim } from './Claim.js';
import type { ClientEvent } from './ClientEvent.js';
import type { Codec } from './Codec.js';
import { Message } from './Message.js';

/** What becomes of a message whose payload does not decode: skipped, an error of the stream, or given to a function. */
export type OnUndecodable<P> = 'skip' | 'error' | ((message: Message<P>, error: UndecodableError) => void);

/**
 * How payloads are decoded.
 *
 * @typeParam V what the codec makes of payloads
 * @typeParam P the named wildcards of the filter
 */
export interface DecodeOptions<V = unknown, P = Readonly<Record<string, string>>> {
  /** What makes `message.value` of the payload. Default: none. */
  readonly payload?: Codec<V, never> | undefined;
  /**
   * What is done about a message whose payload does not decode. `events$` tells of it in any case, and the listener does not
   * get it. `'skip'`, default: nothing. `'error'`: the stream errs with the `UndecodableError`. A function is called with
   * message and error; what it throws is reported as an uncaught exception, and ends nothing.
   *
   * With `acknowledge: 'manual'` the message is acknowledged, unless the function has refused or abandoned it, and not with
   * `'error'`: there it is one of those that are open when the listener leaves.
   */
  readonly onUndecodable?: OnUndecodable<P> | undefined;
}

/** How a listener wants payloads decoded. */
export interface Decoding {
  readonly codec: Codec<unknown, never>;
  /** Its message has the params of the listener's filter, whatever these are. */
  readonly onUndecodable: OnUndecodable<never>;
}

/** One who wants them decoded. */
interface Reader {
  readonly wanted: { readonly names: readonly NamedLevel[] };
  readonly subscriber: Subscriber<Message>;
}

/** What a codec made of a message. */
interface Outcome {
  /** The message for listeners whose filters have no names; with its value, if there is no error. */
  readonly message: Message;
  readonly error?: MqttError;
}

/** What codecs make of one message, while it is handed to its listeners: each codec is asked once. */
export class Decoded {
  private readonly outcomes = new Map<Codec<unknown, never>, Outcome>();

  constructor(
    private readonly packet: PublishPacket,
    private readonly tell: (event: ClientEvent) => void,
  ) {}

  /** Hands a listener the message with its value; or does what the listener wants with one that does not decode. */
  deliver(reader: Reader, { codec, onUndecodable }: Decoding, claim: Claim | undefined): void {
    if (reader.subscriber.closed) return; // left while others were told
    this.hand(this.outcome(codec), reader, onUndecodable, claim);
  }

  private hand(
    { message, error }: Outcome,
    { wanted, subscriber }: Reader,
    onUndecodable: OnUndecodable<never>,
    claim: Claim | undefined,
  ): void {
    if (subscriber.closed) return; // left while the codec was asked, or an event was told
    const { packet } = this;
    const { names } = wanted;
    if (!error) {
      const isShared = !claim && names.length === 0;
      subscriber.next(isShared ? message : new Message(packet, names, claim, message.value));
    } else if (onUndecodable === 'error' || !(error instanceof UndecodableError)) finish(subscriber, error);
    else skipped(new Message(packet, names, claim), error, onUndecodable);
  }

  private outcome(codec: Codec<unknown, never>): Outcome {
    const known = this.outcomes.get(codec);
    if (known) return known;
    const outcome = decode(this.packet, codec);
    this.outcomes.set(codec, outcome);
    const { error } = outcome;
    if (error instanceof UndecodableError) {
      this.tell({ type: 'undecodable', topic: this.packet.topic, error, issues: error.issues });
    }
    return outcome;
  }
}

/**
 * A listener does not get a message, because its payload does not decode. One who acknowledges by hand never sees it: so it
 * is acknowledged here, when the function that sees it has not done otherwise. What that throws, the caller reports.
 */
function skipped(
  message: Message<never>,
  error: UndecodableError,
  onUndecodable: Exclude<OnUndecodable<never>, 'error'>,
): void {
  try {
    if (onUndecodable !== 'skip') onUndecodable(message, error);
  } finally {
    message.acknowledge();
  }
}

/** Asks a codec. An error that it throws to say that it is of no use stays as it is. */
function decode(packet: PublishPacket, codec: Codec<unknown, never>): Outcome {
  const message = new Message(packet);
  try {
    return { message: new Message(packet, undefined, undefined, codec.decode(message)) };
  } catch (thrown) {
    if (thrown instanceof UndecodableError || thrown instanceof InvalidArgumentError) return { message, error: thrown };
    const why = thrown instanceof Error ? thrown.message : `the codec threw a ${typeof thrown}`;
    return { message, error: new UndecodableError(packet.topic, why, [], { cause: thrown }) };
  }
}
