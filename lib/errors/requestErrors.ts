import { MqttError } from './MqttError.js';
import { reasonText, type ServerReason } from './serverReason.js';

/**
 * The broker refused a topic filter: by a code from 0x80 on in SUBACK, or in UNSUBACK if it was to be unsubscribed, or it
 * hung up again and again when it was asked.
 */
export class SubscriptionRefusedError extends MqttError {
  override readonly name = 'SubscriptionRefusedError';
  declare readonly code: 'SUBSCRIPTION_REFUSED';

  static override get code(): 'SUBSCRIPTION_REFUSED' {
    return 'SUBSCRIPTION_REFUSED';
  }

  readonly reasonString: string | undefined;
  readonly userProperties: ServerReason['userProperties'];

  /**
   * @param how what the broker did, or what an MQTT 5 server said
   * @param reasonCode of SUBACK or UNSUBACK; `undefined` if the broker hung up
   */
  constructor(
    readonly filter: string,
    how: string | ServerReason = 'SUBACK return code 0x80',
    readonly reasonCode?: number,
  ) {
    const reason = typeof how === 'string' ? {} : how;
    const why = typeof how === 'string' ? how : reasonText(reasonCode ?? 0x80, how);
    super(`the broker refused the subscription "${filter}" (${why})`);
    this.reasonString = reason.reasonString;
    this.userProperties = reason.userProperties;
  }
}

/**
 * The broker refused a message: with MQTT 5 by a reason code from 0x80 on in PUBACK or PUBREC, or it hung up each time when
 * the message was sent, while connections without it lived on.
 */
export class PublishRefusedError extends MqttError {
  override readonly name = 'PublishRefusedError';
  declare readonly code: 'PUBLISH_REFUSED';

  static override get code(): 'PUBLISH_REFUSED' {
    return 'PUBLISH_REFUSED';
  }

  readonly reasonString: string | undefined;
  readonly userProperties: ServerReason['userProperties'];

  /**
   * @param how what the broker did, or what an MQTT 5 server said
   * @param reasonCode of PUBACK or PUBREC; `undefined` if the broker hung up
   */
  constructor(
    readonly topic: string,
    how: string | ServerReason,
    readonly reasonCode?: number,
  ) {
    const reason = typeof how === 'string' ? {} : how;
    const why = typeof how === 'string' ? how : reasonText(reasonCode ?? 0x80, how);
    super(`the broker refused a message to "${topic}" (${why})`);
    this.reasonString = reason.reasonString;
    this.userProperties = reason.userProperties;
  }
}

/**
 * The connection was given up, for the reason in `cause`, while a QoS 1 or 2 message was in flight in a persistent
 * session. The protocol demands that its exchange be finished [MQTT-4.4.0-1]: the next connection sends it again. To
 * subscribe to the same Observable again, as `retry` does, waits for that exchange and publishes nothing twice.
 */
export class PublishUnfinishedError extends MqttError {
  override readonly name = 'PublishUnfinishedError';
  declare readonly code: 'PUBLISH_UNFINISHED';

  static override get code(): 'PUBLISH_UNFINISHED' {
    return 'PUBLISH_UNFINISHED';
  }

  constructor(
    readonly topic: string,
    cause: MqttError,
  ) {
    const what = `a message to "${topic}" is in flight, and the connection was given up: ${cause.message}`;
    super(`${what}; the next connection finishes its exchange, for which a retry of this publish waits`, { cause });
  }
}

/** The queue of messages waiting for a connection is full, and the `overflow` policy dropped this one. */
export class QueueOverflowError extends MqttError {
  override readonly name = 'QueueOverflowError';
  declare readonly code: 'QUEUE_OVERFLOW';

  static override get code(): 'QUEUE_OVERFLOW' {
    return 'QUEUE_OVERFLOW';
  }
}

/** There is no connection, and the publish asked for `offline: 'fail'`. */
export class OfflineError extends MqttError {
  override readonly name = 'OfflineError';
  declare readonly code: 'OFFLINE';

  static override get code(): 'OFFLINE' {
    return 'OFFLINE';
  }
}

/** The broker lost the session in the middle of a QoS 2 exchange: whether the message arrived cannot be known. */
export class SessionLostError extends MqttError {
  override readonly name = 'SessionLostError';
  declare readonly code: 'SESSION_LOST';

  static override get code(): 'SESSION_LOST' {
    return 'SESSION_LOST';
  }
}

/** A message waited longer than its `expiry` for a connection, and was not sent. */
export class MessageExpiredError extends MqttError {
  override readonly name = 'MessageExpiredError';
  declare readonly code: 'MESSAGE_EXPIRED';

  static override get code(): 'MESSAGE_EXPIRED' {
    return 'MESSAGE_EXPIRED';
  }
}

/** The session store failed; the store's own error, if there is one, is the `cause`. */
export class StoreError extends MqttError {
  override readonly name = 'StoreError';
  declare readonly code: 'STORE';

  static override get code(): 'STORE' {
    return 'STORE';
  }

  /**
   * @param during what failed: to open the store, which ends the attempt to connect, or to write to it, which fails the
   *   publishes whose messages could not be stored and makes the client connect anew
   */
  constructor(
    readonly during: 'open' | 'write',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** `end()` was called before this was finished, or this was asked for after `end()`. */
export class ClientEndedError extends MqttError {
  override readonly name = 'ClientEndedError';
  declare readonly code: 'CLIENT_ENDED';

  static override get code(): 'CLIENT_ENDED' {
    return 'CLIENT_ENDED';
  }
}
