import { ProtocolError } from '../errors.js';
import type { SubscribePacket, UnsubscribePacket } from '../packet/Packet.js';
import type { Call } from './Call.js';

/**
 * A SUBSCRIBE or UNSUBSCRIBE without an answer.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export interface Request<R> {
  readonly packet: SubscribePacket | UnsubscribePacket;
  readonly filters: readonly string[];
  /** The calls that wait for the answer, filter by filter. */
  calls: readonly (readonly Call<R>[])[];
}

/** The error for an answer that does not fit the request whose identifier it carries. */
export function unexpectedAnswer(packet: SubscribePacket | UnsubscribePacket, came: string): ProtocolError {
  const expected = packet.type === 'subscribe' ? `SUBACK with ${packet.subscriptions.length} return codes` : 'UNSUBACK';
  return new ProtocolError(
    `expected ${expected} for packet identifier ${packet.packetId}, got ${came}`,
    packet.type === 'subscribe' ? 'MQTT-3.8.4-5' : 'MQTT-3.10.4-4',
  );
}
