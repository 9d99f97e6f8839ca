import type { QoS } from '../packet/Packet.js';

/** What the broker granted for a topic filter. */
export interface Grant {
  readonly filter: string;
  /** The highest QoS that anybody in this client wanted when the filter was subscribed. */
  readonly requested: QoS;
  /** The highest QoS at which the broker will send; it may be lower [MQTT-3.8.4-6]. */
  readonly granted: QoS;
}
