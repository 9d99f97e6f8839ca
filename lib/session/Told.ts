import type { QoS, SubscribePacket, UnsubscribePacket } from '../packet/Packet.js';

/** What the broker was last told of a filter, and what it made of it. */
export interface Told {
  readonly requested: QoS;
  /** The last it granted, which a SUBSCRIBE that is on its way may change. */
  readonly granted: QoS | undefined;
  /** `assumed`: the broker may have it or not. Whoever wants it must subscribe, and if nobody does, unsubscribe. */
  readonly state: 'pending' | 'granted' | 'refused' | 'leaving' | 'assumed';
  /** The packet that told it: an answer to an older one says nothing about the present. */
  readonly packet?: SubscribePacket | UnsubscribePacket;
}
