import { ProtocolError } from '../errors.js';

/** The packet cannot be read (MQTT5 section 4.13.1) … */
export const MALFORMED = 0x81;
/** … or it can, and says what it may not say … */
export const PROTOCOL_ERROR = 0x82;
/** … or it has more of something than we take. */
export const QUOTA_EXCEEDED = 0x97;

/**
 * Refuses a field of a packet unless `ok` is true.
 *
 * @param clause the statement that is broken otherwise, or its section: of MQTT 3.1.1 without `MQTT-` in front, also when
 *   MQTT 5 has the same rule under another number; of MQTT 5 alone as `MQTT5-1.5.5-1` or `MQTT5 section 2.2.2`
 * @param reasonCode what a DISCONNECT says about it
 * @throws {ProtocolError} which names the field, what was expected, and what came
 */
export function check(
  ok: unknown,
  field: string,
  expected: unknown,
  got: unknown,
  clause: string,
  reasonCode = MALFORMED,
): asserts ok {
  if (ok) return;
  const of5 = clause.startsWith('MQTT5');
  const broken = of5 ? clause : clause.includes('-') ? `MQTT-${clause}` : `MQTT section ${clause}`;
  throw new ProtocolError(`${field}: expected ${String(expected)}, got ${String(got)}`, broken, { reasonCode });
}

/**
 * Refuses a packet identifier other than 1 to 65,535.
 *
 * @param clause the statement that asks for an identifier in this packet, without `MQTT-` in front
 * @throws {ProtocolError}
 */
export function checkPacketId(packetId: number, clause: string): void {
  if (packetId === 0 || (packetId & 0xffff) !== packetId) {
    check(false, 'packet identifier', '1 to 65535', packetId, clause, PROTOCOL_ERROR);
  }
}

/**
 * Refuses a value that is not among those allowed, and returns any other.
 *
 * @throws {ProtocolError}
 */
export function oneOf<T>(
  allowed: readonly T[],
  field: string,
  value: unknown,
  clause: string,
  reasonCode = MALFORMED,
): T {
  check(allowed.includes(value as T), field, allowed, value, clause, reasonCode);
  return value as T;
}

/** Refuses a Variable Byte Integer that takes more bytes than it needs, or more than four [MQTT5-1.5.5-1]. */
export function refuseLonger(field: string): never {
  check(false, `bytes of ${field}`, 'the fewest possible, 4 at most', 'more', 'MQTT5-1.5.5-1');
}

/** Refuses a field that only MQTT 5 has (MQTT5 appendix C) in a packet that is written as MQTT 3.1.1. */
export function refuseIn4(field: string): never {
  check(false, field, 'none in MQTT 3.1.1', 'one', 'MQTT5 appendix C');
}
