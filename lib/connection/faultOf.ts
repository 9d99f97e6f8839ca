import { PacketTooLargeError, ProtocolError, ReceiveOverflowError } from '../errors.js';

const PROTOCOL_ERROR = 0x82;
const UNSUPPORTED_VERSION = 0x84;
const PACKET_TOO_LARGE = 0x95;
const MESSAGE_RATE_TOO_HIGH = 0x96;

/** The reason code for a fault of the server, which DISCONNECT tells it; nothing for a connection that broke. */
export function faultOf(error: unknown): number | undefined {
  if (error instanceof ProtocolError) {
    // A CONNECT of another protocol, from a server: only CONNACK has a reason code for that.
    return error.reasonCode === UNSUPPORTED_VERSION ? PROTOCOL_ERROR : error.reasonCode;
  }
  if (error instanceof ReceiveOverflowError) return MESSAGE_RATE_TOO_HIGH;
  return error instanceof PacketTooLargeError ? PACKET_TOO_LARGE : undefined;
}
