import { PacketTooLargeError, ProtocolError } from '../errors.js';

const PACKET_TOO_LARGE = 0x95;

/** The reason code for a fault of the server, which DISCONNECT tells it; nothing for a connection that broke. */
export function faultOf(error: unknown): number | undefined {
  if (error instanceof ProtocolError) return error.reasonCode;
  return error instanceof PacketTooLargeError ? PACKET_TOO_LARGE : undefined;
}
