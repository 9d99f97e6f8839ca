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
  | 'PUBLISH_REFUSED'
  | 'PUBLISH_UNFINISHED'
  | 'INVALID_TOPIC'
  | 'INVALID_ARGUMENT'
  | 'INVALID_OPTIONS'
  | 'QUEUE_OVERFLOW'
  | 'OFFLINE'
  | 'SESSION_LOST'
  | 'MESSAGE_EXPIRED'
  | 'STORE'
  | 'CLIENT_ENDED';

/** Marks our errors: an application may load this package twice, as ES module and as CommonJS. */
const BRAND = /* @__PURE__ */ Symbol.for('tortoise-rx.error');

/** Whether a value is an error of this package, of whichever copy of it. */
export function isMqttError(value: unknown): value is MqttError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/**
 * The root of every error that this package throws or notifies. The original error, if there was one, is its `cause`.
 *
 * `instanceof` compares `code`, so that it holds for an error of another copy of this package as well.
 */
export abstract class MqttError extends Error {
  /** What all errors of a class say in `code`. The root has none. */
  static readonly code?: MqttErrorCode;
  abstract override readonly name: string;
  abstract readonly code: MqttErrorCode;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](this: { readonly code?: MqttErrorCode }, value: unknown): boolean {
    if (!isMqttError(value)) return false;
    if (this === MqttError) return true;
    // A class that an application derives from one of ours has no code of its own: there the prototypes decide.
    const isOurs = Object.hasOwn(this, 'code');
    return isOurs ? value.code === this.code : Function.prototype[Symbol.hasInstance].call(this, value);
  }
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

  static override get code(): 'CONNECTION_REFUSED' {
    return 'CONNECTION_REFUSED';
  }

  constructor(readonly returnCode: number) {
    super(`the broker refused the connection: ${REFUSALS[returnCode] ?? 'unknown reason'} (return code ${returnCode})`);
  }
}

/** The broker could not be reached: name not found, refused, unreachable, an option's source that failed … see `cause`. */
export class ConnectionFailedError extends MqttError {
  override readonly name = 'ConnectionFailedError';
  readonly code = 'CONNECTION_FAILED';

  static override get code(): 'CONNECTION_FAILED' {
    return 'CONNECTION_FAILED';
  }
}

/** An open connection broke, or the broker closed it. */
export class ConnectionLostError extends MqttError {
  override readonly name = 'ConnectionLostError';
  readonly code = 'CONNECTION_LOST';

  static override get code(): 'CONNECTION_LOST' {
    return 'CONNECTION_LOST';
  }
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

  static override get code(): 'CONNECT_TIMEOUT' {
    return 'CONNECT_TIMEOUT';
  }
}

/** TLS failed because of a certificate: the broker's cannot be trusted, or the broker does not accept this client's. */
export class CertificateError extends MqttError {
  override readonly name = 'CertificateError';
  readonly code = 'CERTIFICATE';

  static override get code(): 'CERTIFICATE' {
    return 'CERTIFICATE';
  }

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

  static override get code(): 'KEEP_ALIVE_TIMEOUT' {
    return 'KEEP_ALIVE_TIMEOUT';
  }
}

/** Bytes or packets that MQTT forbids: malformed, unexpected, or impossible to encode. */
export class ProtocolError extends MqttError {
  override readonly name = 'ProtocolError';
  readonly code = 'PROTOCOL';

  static override get code(): 'PROTOCOL' {
    return 'PROTOCOL';
  }

  /**
   * What a DISCONNECT of MQTT 5 says about it (MQTT5 section 4.13): 0x81 malformed packet, 0x82 protocol error, the
   * default, or a more exact code where the standard names one.
   */
  readonly reasonCode: number;

  /**
   * @param what what was expected and what came
   * @param clause the statement that is broken, such as `MQTT-2.2.2-2` of MQTT 3.1.1 or `MQTT5-1.5.5-1` of MQTT 5, or,
   *   where none is numbered, the section, such as `MQTT section 2.2.3`
   */
  constructor(
    what: string,
    readonly clause: string,
    options: { cause?: unknown; reasonCode?: number } = {},
  ) {
    super(`${what} [${clause}]`, options);
    this.reasonCode = options.reasonCode ?? 0x82;
  }
}

/** A packet is larger than `maxPacketSize`; it was refused from its header, before it was buffered. */
export class PacketTooLargeError extends MqttError {
  override readonly name = 'PacketTooLargeError';
  readonly code = 'PACKET_TOO_LARGE';

  static override get code(): 'PACKET_TOO_LARGE' {
    return 'PACKET_TOO_LARGE';
  }

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

/** The broker refused a topic filter: SUBACK return code 0x80, or it hung up again and again when it was asked. */
export class SubscriptionRefusedError extends MqttError {
  override readonly name = 'SubscriptionRefusedError';
  readonly code = 'SUBSCRIPTION_REFUSED';

  static override get code(): 'SUBSCRIPTION_REFUSED' {
    return 'SUBSCRIPTION_REFUSED';
  }

  /** @param how what the broker did */
  constructor(
    readonly filter: string,
    how = 'SUBACK return code 0x80',
  ) {
    super(`the broker refused the subscription "${filter}" (${how})`);
  }
}

/** The broker refused a message: it hung up each time when it was sent, while connections without it lived on. */
export class PublishRefusedError extends MqttError {
  override readonly name = 'PublishRefusedError';
  readonly code = 'PUBLISH_REFUSED';

  static override get code(): 'PUBLISH_REFUSED' {
    return 'PUBLISH_REFUSED';
  }

  /** @param how what the broker did */
  constructor(
    readonly topic: string,
    how: string,
  ) {
    super(`the broker refused a message to "${topic}" (${how})`);
  }
}

/**
 * The connection was given up, for the reason in `cause`, while a QoS 1 or 2 message was in flight in a persistent
 * session. The protocol demands that its exchange be finished [MQTT-4.4.0-1]: the next connection sends it again. To
 * subscribe to the same Observable again, as `retry` does, waits for that exchange and publishes nothing twice.
 */
export class PublishUnfinishedError extends MqttError {
  override readonly name = 'PublishUnfinishedError';
  readonly code = 'PUBLISH_UNFINISHED';

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

/** A topic name or topic filter that MQTT does not allow. */
export class InvalidTopicError extends MqttError {
  override readonly name = 'InvalidTopicError';
  readonly code = 'INVALID_TOPIC';

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
  readonly code = 'INVALID_ARGUMENT';

  static override get code(): 'INVALID_ARGUMENT' {
    return 'INVALID_ARGUMENT';
  }

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

/** The queue of messages waiting for a connection is full, and the `overflow` policy dropped this one. */
export class QueueOverflowError extends MqttError {
  override readonly name = 'QueueOverflowError';
  readonly code = 'QUEUE_OVERFLOW';

  static override get code(): 'QUEUE_OVERFLOW' {
    return 'QUEUE_OVERFLOW';
  }
}

/** There is no connection, and the publish asked for `offline: 'fail'`. */
export class OfflineError extends MqttError {
  override readonly name = 'OfflineError';
  readonly code = 'OFFLINE';

  static override get code(): 'OFFLINE' {
    return 'OFFLINE';
  }
}

/** The broker lost the session in the middle of a QoS 2 exchange: whether the message arrived cannot be known. */
export class SessionLostError extends MqttError {
  override readonly name = 'SessionLostError';
  readonly code = 'SESSION_LOST';

  static override get code(): 'SESSION_LOST' {
    return 'SESSION_LOST';
  }
}

/** A message waited longer than its `expiry` for a connection, and was not sent. */
export class MessageExpiredError extends MqttError {
  override readonly name = 'MessageExpiredError';
  readonly code = 'MESSAGE_EXPIRED';

  static override get code(): 'MESSAGE_EXPIRED' {
    return 'MESSAGE_EXPIRED';
  }
}

/** The session store failed; the store's own error, if there is one, is the `cause`. */
export class StoreError extends MqttError {
  override readonly name = 'StoreError';
  readonly code = 'STORE';

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
  readonly code = 'CLIENT_ENDED';

  static override get code(): 'CLIENT_ENDED' {
    return 'CLIENT_ENDED';
  }
}

/** Another try cannot cure these … */
const FATAL_CODES: ReadonlySet<MqttErrorCode> = new Set(['INVALID_OPTIONS', 'CLIENT_ENDED']);
/** … nor these CONNACK return codes: version, identifier, credentials, authorisation. */
const FATAL_RETURN_CODES: ReadonlySet<number> = new Set([1, 2, 4, 5]);
/** Reasons of a `CertificateError` that time cures: a clock that is not set yet, a renewal that is late. */
const PASSING_REASONS: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/**
 * Whether it is of no use to try again: CONNACK return codes 1, 2, 4 and 5, a certificate that is not to be trusted
 * (expired or not yet valid ones may be cured by time), a store that does not open, wrong options, and a client that was
 * ended.
 */
export function isFatal(error: MqttError): boolean {
  if (error instanceof ConnectionRefusedError) return FATAL_RETURN_CODES.has(error.returnCode);
  if (error instanceof CertificateError) return !PASSING_REASONS.has(error.reason);
  if (error instanceof StoreError) return error.during === 'open';
  return FATAL_CODES.has(error.code);
}
