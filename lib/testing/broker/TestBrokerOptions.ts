import type { ConnackProperties, ConnectPacket, ProtocolVersion } from '../../codec.js';
import type { ProtocolError } from '../../everywhere.js';

/** What CONNACK says of itself, and no test sets. */
type OwnProperties = 'assignedClientIdentifier' | 'authenticationMethod' | 'authenticationData';

/**
 * Options of `testBroker`. The limits have the names of MQTT 5's properties, are said in CONNACK, and hold: a client of
 * MQTT 5 that oversteps one breaks the protocol. With MQTT 3.1.1, which cannot say them, the broker does what it may: it
 * grants less, refuses, or closes the connection.
 */
export interface TestBrokerOptions extends Omit<ConnackProperties, OwnProperties> {
  /** `true` (default): bytes arrive within `write`, the hardest case for a client. `false`: in microtasks. */
  readonly synchronous?: boolean | undefined;
  /** The only version that it speaks; to the other one it says that it does not. Default: both. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  /** Topic aliases that the client may use on a connection. Default 10. */
  readonly topicAliasMaximum?: number | undefined;
  /**
   * The longest that a session lives after its connection, in seconds. A client that asks for more gets this.
   * Default: what the client asks for.
   */
  readonly sessionExpiryInterval?: number | undefined;
  /**
   * Who may connect: `true`, or a reason code of MQTT 5 for the refusal (3.1.1 has the return code that says the same);
   * `false` is 0x86, bad user name or password. Default: everybody.
   */
  readonly authenticate?: ((connect: ConnectPacket) => boolean | number) | undefined;
  /** Enhanced authentication (MQTT5 section 4.12). Without it a client that wants any is refused with 0x8C. */
  readonly authentication?: TestAuthentication | undefined;
  /**
   * Called with what a client does against the protocol. Default: it is thrown, as RxJS throws what nobody handles, so that
   * the test fails; also by the next call of the broker, and by `verify()`.
   */
  readonly onViolation?: ((error: ProtocolError) => void) | undefined;
}

/** The broker's side of an enhanced authentication. */
export interface TestAuthentication {
  /** The Authentication Method. Another one is refused with 0x8C. */
  readonly method: string;
  /**
   * Answers the Authentication Data of the client: with a challenge, which is one more round, with `true`, success, with
   * `{ success }`, success with Authentication Data, as SCRAM ends, or with `false`, 0x87.
   */
  respond(data: Uint8Array | undefined): Uint8Array | boolean | { readonly success: Uint8Array };
}
