import { MqttError } from './MqttError.js';

/** A topic name or topic filter that MQTT does not allow. */
export class InvalidTopicError extends MqttError {
  override readonly name = 'InvalidTopicError';
  declare readonly code: 'INVALID_TOPIC';

  static override get code(): 'INVALID_TOPIC' {
    return 'INVALID_TOPIC';
  }

  /**
   * @param topic the offending topic name or filter
   * @param why what is wrong with it
   */
  constructor(
    readonly topic: string,
    why: string,
  ) {
    super(`invalid topic ${JSON.stringify(topic.length > 80 ? `${topic.slice(0, 80)}…` : topic)}: ${why}`);
  }
}

/** An argument that cannot be put on the wire: a QoS that does not exist, a payload of the wrong type. */
export class InvalidArgumentError extends MqttError {
  override readonly name = 'InvalidArgumentError';
  declare readonly code: 'INVALID_ARGUMENT';

  static override get code(): 'INVALID_ARGUMENT' {
    return 'INVALID_ARGUMENT';
  }

  /** @param field the offending argument: `qos`, `payload`, `retain`, … */
  constructor(
    readonly field: string,
    why: string,
    options?: { cause?: unknown },
  ) {
    super(`${field}: ${why}`, options);
  }
}

/** An option of `createClient`, `backoff` or another function is wrong. Thrown at once: it is a programming error. */
export class InvalidOptionsError extends MqttError {
  override readonly name = 'InvalidOptionsError';
  declare readonly code: 'INVALID_OPTIONS';

  static override get code(): 'INVALID_OPTIONS' {
    return 'INVALID_OPTIONS';
  }

  /** @param option the offending option */
  constructor(
    readonly option: string,
    why: string,
  ) {
    super(`option ${option}: ${why}`);
  }
}

/** What was asked for needs MQTT 5, or the server does not have it, as its CONNACK says. */
export class NotSupportedError extends MqttError {
  override readonly name = 'NotSupportedError';
  declare readonly code: 'NOT_SUPPORTED';

  static override get code(): 'NOT_SUPPORTED' {
    return 'NOT_SUPPORTED';
  }
}
