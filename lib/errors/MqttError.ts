/** What every error of this package says in `code`, for a `switch` that survives minification and two module copies. */
export type MqttErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_FAILED'
  | 'CONNECTION_LOST'
  | 'SERVER_DISCONNECT'
  | 'CONNECT_TIMEOUT'
  | 'CERTIFICATE'
  | 'KEEP_ALIVE_TIMEOUT'
  | 'RECEIVE_OVERFLOW'
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
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_FAILED'
  | 'UNDECODABLE'
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
  readonly code: MqttErrorCode;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = new.target.code!; // only the root has none, and it is abstract
    Object.defineProperty(this, BRAND, { value: true });
  }

  /**
   * Holds for errors of another copy of this package as well.
   * @internal
   */
  static override [Symbol.hasInstance](this: { readonly code?: MqttErrorCode }, value: unknown): boolean {
    if (!isMqttError(value)) return false;
    if (this === MqttError) return true;
    // A class that an application derives from one of ours has no code of its own: there the prototypes decide.
    const isOurs = Object.hasOwn(this, 'code');
    return isOurs ? value.code === this.code : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}
