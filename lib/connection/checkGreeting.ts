import { ProtocolError } from '../errors.js';
import type { ConnackPacket, DecodedVersion, Packet, ProtocolVersion } from '../packet/Packet.js';

/** What CONNECT said, as far as CONNACK must fit it. */
export interface Asked {
  readonly cleanStart: boolean;
  readonly version: ProtocolVersion;
  /** The authentication method. */
  readonly method: string | undefined;
}

/**
 * Checks the server's answer to CONNECT. A refusal may say what it likes.
 *
 * @param answered the version of the answer
 * @throws {ProtocolError} it is no CONNACK, or one that does not fit
 */
export function checkGreeting(packet: Packet, asked: Asked, answered: DecodedVersion): ConnackPacket {
  if (packet.type !== 'connack') {
    throw new ProtocolError(`expected CONNACK first, got ${packet.type.toUpperCase()}`, 'MQTT-3.2.0-1');
  }
  const { reasonCode, sessionPresent, properties } = packet;
  if (reasonCode !== 0) return packet;
  if (asked.version === 5 && answered !== 5) {
    throw new ProtocolError('expected a CONNACK of MQTT 5, got one of 3.1.1', 'MQTT5 section 3.2');
  }
  if (sessionPresent && asked.cleanStart) {
    throw new ProtocolError('expected no session in answer to a clean start, got session present', 'MQTT-3.2.2-1');
  }
  checkMethod(properties?.authenticationMethod, asked.method);
  return packet;
}

/** Refuses another authentication method than that of CONNECT. @throws {ProtocolError} */
export function checkMethod(got: string | undefined, asked: string | undefined): void {
  if (got === asked) return;
  const what = `expected ${method(asked)}, as in CONNECT, got ${method(got)}`;
  throw new ProtocolError(what, asked === undefined ? 'MQTT5-4.12.0-6' : 'MQTT5-4.12.0-5');
}

function method(name: string | undefined): string {
  return name === undefined ? 'no authentication method' : `authentication method ${JSON.stringify(name)}`;
}
