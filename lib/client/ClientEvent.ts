import type { ConnectionEvent } from '../connection/ConnectionEvent.js';
import type { MqttError, PayloadIssue, UndecodableError } from '../errors.js';
import type { SessionEvent } from '../session/SessionEvent.js';

/** What happens in a client, told apart by `type`. Durations are milliseconds. */
export type ClientEvent =
  | ConnectionEvent
  | SessionEvent
  /** A message came that no `topic$` or `messages$` subscriber wanted. */
  | { readonly type: 'message-dropped'; readonly topic: string; readonly reason: 'unclaimed' }
  /**
   * The application has as many messages in hand as `receiveMaximum` allows, so that the client reads no further, or
   * (`reading`) it reads on.
   */
  | { readonly type: 'paused' | 'reading' }
  /**
   * A payload is not what the codec of a `topic$` decodes: once for each message and codec. `issues` is what its schema has
   * against it. They and the error may quote the payload.
   */
  | {
      readonly type: 'undecodable';
      readonly topic: string;
      readonly error: UndecodableError;
      readonly issues: readonly PayloadIssue[];
    }
  /**
   * The store is open, and an earlier process left something in it. `inFlight`: messages in the middle of their exchange.
   * `queued`: messages that were never written. All of them are sent. `received`: identifiers of incoming QoS 2 messages.
   */
  | { readonly type: 'recovered'; readonly inFlight: number; readonly queued: number; readonly received: number }
  /** A record of the store cannot be read: it is kept aside in the store, and what it said is lost. */
  | { readonly type: 'record-set-aside'; readonly key: string; readonly reason: string }
  /** The store failed to write. Messages that could not be kept were not sent, and their publishes err. */
  | { readonly type: 'store-failed'; readonly error: MqttError }
  /** `end()` is done. */
  | { readonly type: 'ended' };
