import { asyncScheduler } from 'rxjs';
import type { PublishProperties, QoS } from '../../codec.js';

/** A message on its way through the broker. */
export interface BrokerMessage {
  /** The client that published it; `undefined`: the test. */
  readonly from: string | undefined;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties;
  /** When it is over, in RxJS time. */
  readonly expiresAt: number;
}

/** What a message is made of, that came in a PUBLISH or in a will. */
export type Published = Pick<BrokerMessage, 'topic' | 'payload' | 'qos' | 'retain'> & {
  readonly properties?: (PublishProperties & { readonly willDelayInterval?: number | undefined }) | undefined;
};

/** The message of a PUBLISH or a will. What belongs to the connection or the will is not the message's. */
export function messageOf(published: Published, from: string | undefined, topic = published.topic): BrokerMessage {
  const { payload, qos, retain, properties: given = {} } = published;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  const { topicAlias, willDelayInterval, subscriptionIdentifiers, ...properties } = given;
  const expiresAt = asyncScheduler.now() + (properties.messageExpiryInterval ?? Infinity) * 1_000;
  return { from, topic, payload, qos, retain, properties, expiresAt };
}

/** Whether its time is over [MQTT5-3.3.2-5]. */
export function isExpired({ expiresAt }: BrokerMessage): boolean {
  return expiresAt <= asyncScheduler.now();
}

/** Its properties as they are sent now: what is left of the expiry interval [MQTT5-3.3.2-6]. */
export function propertiesNow({ properties, expiresAt }: BrokerMessage): PublishProperties {
  if (expiresAt === Infinity) return properties;
  const left = Math.max(0, expiresAt - asyncScheduler.now());
  return { ...properties, messageExpiryInterval: Math.ceil(left / 1_000) };
}
