import type { QoS } from '../packet/Packet.js';

/** How a topic filter stands with the broker. */
export interface SubscriptionState {
  readonly filter: string;
  readonly requested: QoS;
  /** Present once granted; it may be lower than what was requested. */
  readonly granted?: QoS;
  /** What the broker last said; `pending` until it has answered. */
  readonly state: 'pending' | 'granted' | 'refused';
}
