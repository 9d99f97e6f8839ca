/** What every error of this package says in `code`, for a `switch` that survives minification and two module copies. */
export type MqttErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_FAILED'
  | 'CONNECTION_LOST'
  | 'SERVER_DISCONNECT'
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
  | 'NOT_SUPPORTED'
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

/** What an MQTT 5 server says beside a reason code. */
export interface ServerReason {
  /** What the standard calls the reason code. */
  readonly reasonName?: string | undefined;
  /** A text for people, for diagnosis only. */
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** The same of a server that names another one. */
export interface ServerReasonElsewhere extends ServerReason {
  /** Where to connect instead: host names, with ports or without, separated by spaces (MQTT5 section 4.11). */
  readonly serverReference?: string | undefined;
  readonly referral?: Referral | undefined;
}

/** What comes of a server reference, where `followServerReference` is asked for. */
export interface Referral {
  /** Whether the next attempt goes there. */
  readonly isFollowed: boolean;
  /** Why not. */
  readonly why?: string;
}

/** The return codes of MQTT 3.1.1: what they say, and the reason code of MQTT 5 that says the same. */
const RETURN_CODES: Readonly<Record<number, readonly [what: string, reasonCode: number]>> = {
  1: ['unacceptable protocol version', 0x84],
  2: ['client identifier rejected', 0x85],
  3: ['server unavailable', 0x88],
  4: ['bad user name or password', 0x86],
  5: ['not authorized', 0x87],
};

/** A reason code and what the server said, for a message. */
function reasonText(reasonCode: number, { reasonName, reasonString, referral }: ServerReasonElsewhere): string {
  const code = `reason code 0x${reasonCode.toString(16).padStart(2, '0')}`;
  const named = reasonName === undefined ? code : `${reasonName}, ${code}`;
  const said = reasonString === undefined ? named : `${named}: ${reasonString}`;
  return referral?.why === undefined ? said : `${said}; no other server is tried: ${referral.why}`;
}

/** The broker refused CONNECT: by a CONNACK with another code than 0 [MQTT-3.2.2-5]. See `isFatal` for what is retried. */
export class ConnectionRefusedError extends MqttError {
  override readonly name = 'ConnectionRefusedError';
  readonly code = 'CONNECTION_REFUSED';

  static override get code(): 'CONNECTION_REFUSED' {
    return 'CONNECTION_REFUSED';
  }

  /** The reason code of MQTT 5, from 0x80 on. With MQTT 3.1.1 the one that says the same as the return code. */
  readonly reasonCode: number;
  /** The return code of MQTT 3.1.1, 1 to 5; with MQTT 5 there is none. */
  readonly returnCode: number | undefined;
  readonly reasonString: string | undefined;
  readonly serverReference: string | undefined;
  /** Whether the next attempt goes to the server that this one names: see the option `followServerReference`. */
  readonly isFollowed: boolean;
  readonly userProperties: ServerReason['userProperties'];

  /** @param code the code in CONNACK: a return code of MQTT 3.1.1, or a reason code from 0x80 on */
  constructor(code: number, reason: ServerReasonElsewhere = {}) {
    const isOf5 = code >= 0x80;
    const [what, reasonCode] = RETURN_CODES[code] ?? ['unknown reason', 0x80];
    super(`the broker refused the connection: ${isOf5 ? reasonText(code, reason) : `${what} (return code ${code})`}`);
    this.reasonCode = isOf5 ? code : reasonCode;
    this.returnCode = isOf5 ? undefined : code;
    this.reasonString = reason.reasonString;
    this.serverReference = reason.serverReference;
    this.isFollowed = reason.referral?.isFollowed ?? false;
    this.userProperties = reason.userProperties;
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

/** An MQTT 5 server ended the connection with DISCONNECT, which says why. See `isFatal` for what is retried. */
export class ServerDisconnectError extends MqttError {
  override readonly name = 'ServerDisconnectError';
  readonly code = 'SERVER_DISCONNECT';

  static override get code(): 'SERVER_DISCONNECT' {
    return 'SERVER_DISCONNECT';
  }

  readonly reasonString: string | undefined;
  readonly serverReference: string | undefined;
  /** Whether the next attempt goes to the server that this one names: see the option `followServerReference`. */
  readonly isFollowed: boolean;
  readonly userProperties: ServerReason['userProperties'];

  /** @param reasonCode 0 if the server said none */
  constructor(
    readonly reasonCode: number,
    reason: ServerReasonElsewhere = {},
  ) {
    const hint =
      reasonCode === 0x8e ? '; another client uses this client identifier: each client needs one of its own' : '';
    super(`the broker ended the connection: ${reasonText(reasonCode, reason)}${hint}`);
    this.reasonString = reason.reasonString;
    this.serverReference = reason.serverReference;
    this.isFollowed = reason.referral?.isFollowed ?? false;
    this.userProperties = reason.userProperties;
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

/**
 * The broker refused a topic filter: by a code from 0x80 on in SUBACK, or in UNSUBACK if it was to be unsubscribed, or it
 * hung up again and again when it was asked.
 */
export class SubscriptionRefusedError extends MqttError {
  override readonly name = 'SubscriptionRefusedError';
  readonly code = 'SUBSCRIPTION_REFUSED';

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
  readonly code = 'PUBLISH_REFUSED';

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

/** What was asked for needs MQTT 5, or the server does not have it, as its CONNACK says. */
export class NotSupportedError extends MqttError {
  override readonly name = 'NotSupportedError';
  readonly code = 'NOT_SUPPORTED';

  static override get code(): 'NOT_SUPPORTED' {
    return 'NOT_SUPPORTED';
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

/** Another try cannot cure these. */
const FATAL_CODES: ReadonlySet<MqttErrorCode> = new Set(['INVALID_OPTIONS', 'CLIENT_ENDED', 'NOT_SUPPORTED']);
/**
 * Which reason codes of the server are fatal. In CONNACK all but those that another try may cure: unspecified, specific to
 * the implementation, server unavailable, server busy, quota exceeded, use another server, connection rate exceeded. In
 * DISCONNECT only those that another try meets again: malformed packet, protocol error, not authorized, bad authentication
 * method, session taken over, server moved.
 */
const REASONS = {
  refusalsToRetry: new Set([0x80, 0x83, 0x88, 0x89, 0x97, 0x9c, 0x9f]),
  fatalDisconnects: new Set([0x81, 0x82, 0x87, 0x8c, 0x8e, 0x9d]),
};
/** Reasons of a `CertificateError` that time cures: a clock that is not set yet, a renewal that is late. */
const PASSING_REASONS: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/**
 * Whether it is of no use to try again: CONNACK return codes 1, 2, 4 and 5, reason codes of an MQTT 5 server that another
 * try meets again (unless that goes to another server), a certificate that is not to be trusted (expired or not yet valid ones may be cured by time), a store
 * that does not open, wrong options, something that the server does not support, and a client that was ended.
 */
export function isFatal(error: MqttError): boolean {
  if (error instanceof ConnectionRefusedError)
    return !error.isFollowed && !REASONS.refusalsToRetry.has(error.reasonCode);
  if (error instanceof ServerDisconnectError)
    return !error.isFollowed && REASONS.fatalDisconnects.has(error.reasonCode);
  if (error instanceof CertificateError) return !PASSING_REASONS.has(error.reason);
  if (error instanceof StoreError) return error.during === 'open';
  return FATAL_CODES.has(error.code);
}
