/** What every error of this package says in `code`, for a `switch` that survives minification and two module copies. */
export type MqttErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_FAILED'
  | 'CONNECTION_LOST'
  | 'CONNECT_TIMEOUT'
  | 'CERTIFICATE'
  | 'KEEP_ALIVE_TIMEOUT'
  | 'PROTOCOL'
  | 'PACKET_TOO_LARGE'
  | 'SUBSCRIPTION_REFUSED'
  | 'INVALID_TOPIC'
  | 'INVALID_ARGUMENT'
  | 'INVALID_OPTIONS'
  | 'QUEUE_OVERFLOW'
  | 'OFFLINE'
  | 'SESSION_LOST'
  | 'MESSAGE_EXPIRED'
  | 'STORE'
  | 'CLIENT_ENDED';

/** The root of every error that this package throws or notifies. The original error, if there was one, is its `cause`. */
export abstract class MqttError extends Error {
  abstract override readonly name: string;
  abstract readonly code: MqttErrorCode;
}

const REFUSALS: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'client identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

/** The broker answered CONNECT with a return code other than 0 [MQTT-3.2.2-5]. Only code 3 is worth another try. */
export class ConnectionRefusedError extends MqttError {
  override readonly name = 'ConnectionRefusedError';
  readonly code = 'CONNECTION_REFUSED';

  constructor(readonly returnCode: number) {
    super(`the broker refused the connection: ${REFUSALS[returnCode] ?? 'unknown reason'} (return code ${returnCode})`);
  }
}

/** The broker could not be reached: name not found, refused, unreachable, an option's source that failed … see `cause`. */
export class ConnectionFailedError extends MqttError {
  override readonly name = 'ConnectionFailedError';
  readonly code = 'CONNECTION_FAILED';
}

/** An open connection broke, or the broker closed it. */
export class ConnectionLostError extends MqttError {
  override readonly name = 'ConnectionLostError';
  readonly code = 'CONNECTION_LOST';
  /** Of a WebSocket that closed: the close code, 1006 if the peer did not send one … */
  readonly closeCode: number | undefined;
  /** … and the reason that the peer gave, often empty. */
  readonly closeReason: string | undefined;

  constructor(message: string, options: { cause?: unknown; closeCode?: number; closeReason?: string } = {}) {
    super(message, options);
    this.closeCode = options.closeCode;
    this.closeReason = options.closeReason;
  }
}

/** The socket did not open within `connectTimeout`, or CONNACK did not come within `connackTimeout`. */
export class ConnectTimeoutError extends MqttError {
  override readonly name = 'ConnectTimeoutError';
  readonly code = 'CONNECT_TIMEOUT';
}

/** TLS failed because of a certificate: the broker's cannot be trusted, or the broker does not accept this client's. */
export class CertificateError extends MqttError {
  override readonly name = 'CertificateError';
  readonly code = 'CERTIFICATE';

  /** @param reason the code of OpenSSL or Node, such as `CERT_HAS_EXPIRED` */
  constructor(
    message: string,
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** PINGREQ was sent and the broker stayed silent for `pingTimeout`: the connection is half open. */
export class KeepAliveTimeoutError extends MqttError {
  override readonly name = 'KeepAliveTimeoutError';
  readonly code = 'KEEP_ALIVE_TIMEOUT';
}

/** Bytes or packets that MQTT 3.1.1 forbids: malformed, unexpected, or impossible to encode. */
export class ProtocolError extends MqttError {
  override readonly name = 'ProtocolError';
  readonly code = 'PROTOCOL';

  /**
   * @param what what was expected and what came
   * @param clause the statement of MQTT 3.1.1 that is broken, such as `MQTT-2.2.2-2`, or, where none is numbered, the
   *   section, such as `MQTT section 2.2.3`
   */
  constructor(
    what: string,
    readonly clause: string,
    options?: { cause?: unknown },
  ) {
    super(`${what} [${clause}]`, options);
  }
}

/** A packet is larger than `maxPacketSize`; it was refused from its header, before it was buffered. */
export class PacketTooLargeError extends MqttError {
  override readonly name = 'PacketTooLargeError';
  readonly code = 'PACKET_TOO_LARGE';

  /**
   * @param size bytes of the whole packet, header included
   * @param limit bytes that are allowed
   */
  constructor(
    readonly size: number,
    readonly limit: number,
  ) {
    super(`a packet of ${size} bytes exceeds the limit of ${limit} bytes`);
  }
}

/** The broker refused a topic filter: SUBACK return code 0x80. */
export class SubscriptionRefusedError extends MqttError {
  override readonly name = 'SubscriptionRefusedError';
  readonly code = 'SUBSCRIPTION_REFUSED';

  constructor(readonly filter: string) {
    super(`the broker refused the subscription "${filter}" (SUBACK return code 0x80)`);
  }
}

/** A topic name or topic filter that MQTT does not allow. */
export class InvalidTopicError extends MqttError {
  override readonly name = 'InvalidTopicError';
  readonly code = 'INVALID_TOPIC';

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
  readonly code = 'INVALID_ARGUMENT';

  /** @param field the offending argument: `qos`, `payload`, `retain`, … */
  constructor(
    readonly field: string,
    why: string,
  ) {
    super(`${field}: ${why}`);
  }
}

/** An option of `createClient`, `backoff` or another function is wrong. Thrown at once: it is a programming error. */
export class InvalidOptionsError extends MqttError {
  override readonly name = 'InvalidOptionsError';
  readonly code = 'INVALID_OPTIONS';

  /** @param option the offending option */
  constructor(
    readonly option: string,
    why: string,
  ) {
    super(`option ${option}: ${why}`);
  }
}

/** The queue of messages waiting for a connection is full, and the `overflow` policy dropped this one. */
export class QueueOverflowError extends MqttError {
  override readonly name = 'QueueOverflowError';
  readonly code = 'QUEUE_OVERFLOW';
}

/** There is no connection, and the publish asked for `offline: 'fail'`. */
export class OfflineError extends MqttError {
  override readonly name = 'OfflineError';
  readonly code = 'OFFLINE';
}

/** The broker lost the session in the middle of a QoS 2 exchange: whether the message arrived cannot be known. */
export class SessionLostError extends MqttError {
  override readonly name = 'SessionLostError';
  readonly code = 'SESSION_LOST';
}

/** A message waited longer than its `expiry` for a connection, and was not sent. */
export class MessageExpiredError extends MqttError {
  override readonly name = 'MessageExpiredError';
  readonly code = 'MESSAGE_EXPIRED';
}

/** The session store failed; the store's own error, if there is one, is the `cause`. */
export class StoreError extends MqttError {
  override readonly name = 'StoreError';
  readonly code = 'STORE';

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
  readonly code = 'CLIENT_ENDED';
}

/** What another try cannot cure: wrong options, a certificate, and a client that was ended … */
const FATAL_CODES: ReadonlySet<MqttErrorCode> = new Set(['INVALID_OPTIONS', 'CERTIFICATE', 'CLIENT_ENDED']);
/** … and the CONNACK return codes for version, identifier, credentials and authorisation. */
const FATAL_RETURN_CODES: ReadonlySet<number> = new Set([1, 2, 4, 5]);

/** Whether it is of no use to try again: the refusals 1, 2, 4 and 5, a certificate, a store that does not open, wrong options, and a client that was ended. */
export function isFatal(error: MqttError): boolean {
  if (error instanceof ConnectionRefusedError) return FATAL_RETURN_CODES.has(error.returnCode);
  if (error instanceof StoreError) return error.during === 'open';
  return FATAL_CODES.has(error.code);
}
