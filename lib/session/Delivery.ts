import type { RetainHandling } from '../packet/Packet.js';

/** How a subscription is served, beside its QoS (MQTT5 section 3.8.3.1). */
export interface Delivery {
  /** No message that this client published itself. */
  readonly noLocal: boolean;
  /** Messages keep the RETAIN flag that they were published with. */
  readonly retainAsPublished: boolean;
  /** Retained messages: 0 send them, 1 send them if this is a new subscription, 2 do not send them. */
  readonly retainHandling: RetainHandling;
}

/** As MQTT 3.1.1 does it. */
export const USUAL: Delivery = { noLocal: false, retainAsPublished: false, retainHandling: 0 };

/** The first option that differs. */
export function difference(one: Delivery, other: Delivery): keyof Delivery | undefined {
  return (Object.keys(USUAL) as (keyof Delivery)[]).find((name) => one[name] !== other[name]);
}
