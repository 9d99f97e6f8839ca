import { ProtocolError } from '../errors.js';

/**
 * Refuses a field of a packet unless `ok` is true.
 *
 * @param clause the statement of MQTT 3.1.1 that is broken otherwise, without `MQTT-` in front, or its section
 * @throws {ProtocolError} which names the field, what was expected, and what came
 */
export function check(ok: unknown, field: string, expected: unknown, got: unknown, clause: string): asserts ok {
  if (ok) return;
  const broken = clause.includes('-') ? `MQTT-${clause}` : `MQTT section ${clause}`;
  throw new ProtocolError(`${field}: expected ${String(expected)}, got ${String(got)}`, broken);
}

/**
 * Refuses a packet identifier other than 1 to 65,535.
 *
 * @param clause the statement that asks for an identifier in this packet, without `MQTT-` in front
 * @throws {ProtocolError}
 */
export function checkPacketId(packetId: number, clause: string): void {
  if (packetId === 0 || (packetId & 0xffff) !== packetId) {
    check(false, 'packet identifier', '1 to 65535', packetId, clause);
  }
}

/**
 * Refuses a value that is not among those allowed, and returns any other.
 *
 * @throws {ProtocolError}
 */
export function oneOf<T>(allowed: readonly T[], field: string, value: unknown, clause: string): T {
  check(allowed.includes(value as T), field, allowed, value, clause);
  return value as T;
}
