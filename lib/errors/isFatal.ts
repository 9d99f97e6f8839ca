import type { MqttError, MqttErrorCode } from './MqttError.js';
import { CertificateError, ConnectionRefusedError, ServerDisconnectError } from './connectionErrors.js';
import { StoreError } from './requestErrors.js';

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
