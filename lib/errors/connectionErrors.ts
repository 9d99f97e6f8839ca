import { MqttError } from './MqttError.js';
import { reasonText, type ServerReason, type ServerReasonElsewhere } from './serverReason.js';

/** The return codes of MQTT 3.1.1: what they say, and the reason code of MQTT 5 that says the same. */
const RETURN_CODES: Readonly<Record<number, readonly [what: string, reasonCode: number]>> = {
  1: ['unacceptable protocol version', 0x84],
  2: ['client identifier rejected', 0x85],
  3: ['server unavailable', 0x88],
  4: ['bad user name or password', 0x86],
  5: ['not authorized', 0x87],
};

/** The broker refused CONNECT: by a CONNACK with another code than 0 [MQTT-3.2.2-5]. See `isFatal` for what is retried. */
export class ConnectionRefusedError extends MqttError {
  override readonly name = 'ConnectionRefusedError';
  declare readonly code: 'CONNECTION_REFUSED';

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
  declare readonly code: 'CONNECTION_FAILED';

  static override get code(): 'CONNECTION_FAILED' {
    return 'CONNECTION_FAILED';
  }
}

/** An open connection broke, or the broker closed it. */
export class ConnectionLostError extends MqttError {
  override readonly name = 'ConnectionLostError';
  declare readonly code: 'CONNECTION_LOST';

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
  declare readonly code: 'SERVER_DISCONNECT';

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
  declare readonly code: 'CONNECT_TIMEOUT';

  static override get code(): 'CONNECT_TIMEOUT' {
    return 'CONNECT_TIMEOUT';
  }
}

/** TLS failed because of a certificate: the broker's cannot be trusted, or the broker does not accept this client's. */
export class CertificateError extends MqttError {
  override readonly name = 'CertificateError';
  declare readonly code: 'CERTIFICATE';

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
  declare readonly code: 'KEEP_ALIVE_TIMEOUT';

  static override get code(): 'KEEP_ALIVE_TIMEOUT' {
    return 'KEEP_ALIVE_TIMEOUT';
  }
}

/**
 * The application had as many messages in hand as `receiveMaximum` allows, and more came than `receiveQueue` keeps. The
 * connection is made anew: the broker sends again what was not acknowledged.
 */
export class ReceiveOverflowError extends MqttError {
  override readonly name = 'ReceiveOverflowError';
  declare readonly code: 'RECEIVE_OVERFLOW';

  static override get code(): 'RECEIVE_OVERFLOW' {
    return 'RECEIVE_OVERFLOW';
  }

  /**
   * @param bytes how many waited
   * @param limit how many may wait
   */
  constructor(bytes: number, limit: number) {
    const how = 'acknowledge messages sooner, raise the option receiveQueue, or have the broker send less';
    super(`${bytes} bytes wait to be read, and ${limit} may, because the application is behind: ${how}`);
  }
}

/** Bytes or packets that MQTT forbids: malformed, unexpected, or impossible to encode. */
export class ProtocolError extends MqttError {
  override readonly name = 'ProtocolError';
  declare readonly code: 'PROTOCOL';

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
  declare readonly code: 'PACKET_TOO_LARGE';

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
