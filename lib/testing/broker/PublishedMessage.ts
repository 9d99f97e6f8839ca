import type { PublishProperties, QoS } from '../../codec.js';

/** A message that a client published, or its will. */
export class PublishedMessage {
  /** Who published it. */
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** Whether it was to be retained. */
  readonly retain: boolean;
  /** What MQTT 5 says about it; empty with MQTT 3.1.1. */
  readonly properties: Omit<PublishProperties, 'topicAlias'>;
  /** Whether it is a will. */
  readonly isWill: boolean;

  constructor(fields: Pick<PublishedMessage, Exclude<keyof PublishedMessage, 'text' | 'json'>>) {
    this.clientId = fields.clientId;
    this.topic = fields.topic;
    this.payload = fields.payload;
    this.qos = fields.qos;
    this.retain = fields.retain;
    this.properties = fields.properties;
    this.isWill = fields.isWill;
  }

  /** The payload as text: UTF-8. */
  text(): string {
    return new TextDecoder().decode(this.payload);
  }

  /**
   * The payload as JSON.
   * @typeParam T what it is taken to be; nothing checks it
   * @throws {SyntaxError} when it is not JSON
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}
