import { CertificateError, ConnectionFailedError, type MqttError } from '../errors.js';
import { socketReason } from './socketReason.js';

const UNKNOWN_AUTHORITY =
  'is signed by an unknown authority: give the certificate of that authority in the option tls.ca';

/** What is wrong with a broker's certificate, and what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired: it must be renewed at the broker',
  CERT_NOT_YET_VALID: 'is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'is for another host: dial a name that it is for, or say it in the option tls.servername',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
};

/** Where and when TLS failed. */
export interface TlsFailure {
  readonly address: string;
  /** What is wrong with the broker's certificate, as the socket says, if there is one that can be asked. */
  readonly authorizationError?: Error | string | null | undefined;
  /** Whether the handshake was done: in TLS 1.3 a client is open before the broker has seen its certificate. */
  readonly isOpen: boolean;
  /** Whether the client has a certificate. */
  readonly hasOwn: boolean;
  /** How to dial a port without TLS. */
  readonly plain: 'mqtt://' | 'ws:// or mqtt://';
}

/** The error for a socket that failed because of TLS; nothing if it failed for another reason. */
export function tlsError(
  cause: unknown,
  { address, authorizationError, isOpen, hasOwn, plain }: TlsFailure,
): MqttError | undefined {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  const why = socketReason(cause);
  const refused = (what: string, reason = code) => new CertificateError(`${what}: ${why}`, reason, { cause });

  const { [code]: advice = authorizationError ? 'is not in order' : undefined } = ADVICE;
  if (!isOpen && advice !== undefined) {
    return refused(`cannot trust ${address}, its certificate ${advice}`, String(authorizationError ?? code));
  }
  if (/ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)$/.test(code) && !hasOwn) {
    return refused(`${address} seems to require a client certificate, give one in the options tls.cert and tls.key`);
  }
  if (/ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/.test(code)) {
    return refused(`${address} does not accept the client certificate in the option tls.cert`);
  }
  if (isOpen || !/WRONG_VERSION|PACKET_LENGTH|ECONNRESET|EPROTO/.test(code)) return undefined;
  const hint = `it may be that the port does not speak TLS, then use ${plain}`;
  return new ConnectionFailedError(`cannot connect to ${address} with TLS: ${why}; ${hint}`, { cause });
}
