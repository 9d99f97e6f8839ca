import type { Message } from '../client/Message.js';
import type { PublishReceipt } from '../client/Publishing.js';
import type { QoS } from '../packet/Packet.js';

/** How requests are answered. @typeParam P the named wildcards of the filter */
export interface RespondOptions<P = Message['params']> {
  /** The highest QoS at which requests are wanted. Default 1. An answer has the QoS at which its request came. */
  readonly qos?: QoS | undefined;
  /** How many requests are worked on at a time; more wait here, in order. Default 1,000. */
  readonly concurrency?: number | undefined;
  /**
   * The topic for the answers to a request; `undefined`: none. Default: the Response Topic of MQTT 5, unless it begins with `$`.
   * Say it under MQTT 3.1.1, and where requesters may not choose what you publish to.
   */
  readonly responseTopic?: ((request: Message<P>) => string | undefined) | undefined;
}

/** The same for values. @typeParam C the codec `payload` @typeParam A the codec `answer` @typeParam P the named wildcards */
export interface TypedRespondOptions<C, A, P = Message['params']> extends RespondOptions<P> {
  /** Reads what is asked, and writes the answers unless there is `answer`. Left out: requests have no `value`. */
  readonly payload: C;
  /** Writes the answers. Left out, without `payload`: they are text or bytes. */
  readonly answer: A;
}

/** A request, and one of its answers that was published; or an error. */
export interface RespondResult<M = Message, A = unknown> {
  readonly request: M;
  /** What the handler emitted. */
  readonly answer?: A;
  /** Of the publish of the answer. */
  readonly receipt?: PublishReceipt;
  /** What the handler threw, why a request cannot be answered, or why an answer was not published. */
  readonly error?: unknown;
}
