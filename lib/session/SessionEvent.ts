import type { QoS } from '../packet/Packet.js';

/**
 * Why a message was dropped: the queue was full, it waited longer than it is worth, the broker lost the session in the
 * middle of its QoS 2 exchange, the broker refused it or hung up each time when it was sent, or the broker does not take
 * such messages at all.
 */
export type DropReason = 'overflow' | 'expired' | 'session-lost' | 'refused' | 'not-supported';

/** What happens in a session, for people who look on. */
export type SessionEvent =
  /** The broker granted a topic filter, perhaps at a lower QoS. */
  | { readonly type: 'subscribed'; readonly filter: string; readonly requested: QoS; readonly granted: QoS }
  /** The broker refused a topic filter, or, with MQTT 5, to give it up. */
  | { readonly type: 'refused'; readonly filter: string }
  /** The broker confirmed that a topic filter is gone. */
  | { readonly type: 'unsubscribed'; readonly filter: string }
  /**
   * A message to publish gave way (`overflow`), waited longer than its `expiry` (`expired`), lost its session in the
   * middle of a QoS 2 exchange (`session-lost`), was refused or given up (`refused`), or is more than the broker can or
   * takes, by what its CONNACK says (`not-supported`).
   */
  | { readonly type: 'message-dropped'; readonly topic: string; readonly reason: DropReason }
  /**
   * Three connections in a row were lost soon after they began, each with these requests unanswered: perhaps one of them
   * makes the broker hang up. From now on they are sent one at a time, apart from all others.
   */
  | {
      readonly type: 'suspected';
      /** Topic filters to subscribe to. */
      readonly filters: readonly string[];
      /** Topic names of messages, one for each message. */
      readonly topics: readonly string[];
    }
  /** The broker hung up each time when this was sent, while connections without it lived on: it is not sent again. */
  | { readonly type: 'given-up'; readonly filter?: string; readonly topic?: string; readonly trials: number };
