import { MqttRecord } from '@nestjs/microservices';
import type { PublishOptions, UserProperty } from '../index.js';

/** What a handler returns or a caller sends, and how it is published. */
export interface Recorded {
  readonly data: unknown;
  readonly options: Pick<PublishOptions, 'qos' | 'retain' | 'properties'>;
}

/**
 * Takes a value out of the record of Nest's `MqttRecordBuilder`, if it is in one. What belongs to one connection alone, `dup`
 * and topic aliases, the client sets by itself.
 */
export function recorded(value: unknown): Recorded {
  if (!(value instanceof MqttRecord)) return { data: value, options: {} };
  const { qos, retain, properties } = value.options ?? {};
  if (!properties) return { data: value.data, options: { qos, retain } };
  const { payloadFormatIndicator: isText, userProperties } = properties;
  const { messageExpiryInterval, contentType, responseTopic, correlationData } = properties;
  const own = {
    ...{ messageExpiryInterval, contentType, responseTopic, correlationData },
    ...(isText !== undefined && { payloadFormatIndicator: isText ? (1 as const) : (0 as const) }),
    ...(userProperties && { userProperties: pairsOf(userProperties) }),
  };
  return { data: value.data, options: { qos, retain, properties: own } };
}

function pairsOf(given: Readonly<Record<string, string | readonly string[]>>): UserProperty[] {
  return Object.entries(given).flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const));
}
