import type { ByteReader } from './ByteReader.js';
import type { ByteWriter } from './ByteWriter.js';
import { check } from './check.js';
import type { ProtocolVersion } from './Packet.js';

/**
 * The reason codes of MQTT 5, with their names in the standard (MQTT5 section 2.4). From 0x80 on they say that something
 * failed. In SUBACK 0 is named 'Granted QoS 0', in DISCONNECT 'Normal disconnection'.
 */
export const REASON_NAMES: Readonly<Record<number, string>> = {
  0x00: 'Success',
  0x01: 'Granted QoS 1',
  0x02: 'Granted QoS 2',
  0x04: 'Disconnect with Will Message',
  0x10: 'No matching subscribers',
  0x11: 'No subscription existed',
  0x18: 'Continue authentication',
  0x19: 'Re-authenticate',
  0x80: 'Unspecified error',
  0x81: 'Malformed Packet',
  0x82: 'Protocol Error',
  0x83: 'Implementation specific error',
  0x84: 'Unsupported Protocol Version',
  0x85: 'Client Identifier not valid',
  0x86: 'Bad User Name or Password',
  0x87: 'Not authorized',
  0x88: 'Server unavailable',
  0x89: 'Server busy',
  0x8a: 'Banned',
  0x8b: 'Server shutting down',
  0x8c: 'Bad authentication method',
  0x8d: 'Keep Alive timeout',
  0x8e: 'Session taken over',
  0x8f: 'Topic Filter invalid',
  0x90: 'Topic Name invalid',
  0x91: 'Packet Identifier in use',
  0x92: 'Packet Identifier not found',
  0x93: 'Receive Maximum exceeded',
  0x94: 'Topic Alias invalid',
  0x95: 'Packet too large',
  0x96: 'Message rate too high',
  0x97: 'Quota exceeded',
  0x98: 'Administrative action',
  0x99: 'Payload format invalid',
  0x9a: 'Retain not supported',
  0x9b: 'QoS not supported',
  0x9c: 'Use another server',
  0x9d: 'Server moved',
  0x9e: 'Shared Subscriptions not supported',
  0x9f: 'Connection rate exceeded',
  0xa0: 'Maximum connect time',
  0xa1: 'Subscription Identifiers not supported',
  0xa2: 'Wildcard Subscriptions not supported',
};

/** PUBACK and PUBREC answer a PUBLISH, PUBREL and PUBCOMP end an exchange: each two may have the same codes. */
export const RECEIPT_CODES: readonly number[] = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const END = [0, 0x92];

type Codes = readonly [clause: string, codes: readonly number[]];

/**
 * The statement that says which reason codes a packet may have, and the codes. Who may send which is not told apart: a
 * client and a server read the same.
 */
const CODES: Readonly<Record<string, Codes>> = {
  // prettier-ignore
  connack: ['MQTT5-3.2.2-8', [0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f]],
  puback: ['MQTT5-3.4.2-1', RECEIPT_CODES],
  pubrec: ['MQTT5-3.5.2-1', RECEIPT_CODES],
  pubrel: ['MQTT5-3.6.2-1', END],
  pubcomp: ['MQTT5-3.7.2-1', END],
  suback: ['MQTT5-3.9.3-2', [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]],
  unsuback: ['MQTT5-3.11.3-2', [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]],
  // 0x8c is in section 2.4 and not in 3.14.2.1, which says nothing against it.
  // prettier-ignore
  disconnect: ['MQTT5-3.14.2-1', [0, 4, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2]],
  auth: ['MQTT5-3.15.2-1', [0, 0x18, 0x19]],
};

/** The same in MQTT 3.1.1, which calls them return codes. */
const RETURN_CODES: Readonly<Record<string, Codes>> = {
  connack: ['3.2.2.3', [0, 1, 2, 3, 4, 5]],
  suback: ['3.9.3-2', [0, 1, 2, 0x80]],
};

/**
 * Refuses a reason code that a packet may not have, and returns any other.
 *
 * @throws {ProtocolError} malformed
 */
export function checkedReason(code: number, type: string, version: ProtocolVersion): number {
  if (code === 0) return code;
  const [clause, codes] = (version === 5 ? CODES : RETURN_CODES)[type]!;
  if (!codes.includes(code)) check(false, `reason code of ${type}`, codes, code, clause);
  return code;
}

/** Reads reason codes to the end of the packet. @param clause says that there is one for each filter */
export function readReasons(reader: ByteReader, type: string, version: ProtocolVersion, clause: string): number[] {
  const codes: number[] = [];
  while (reader.hasMore) codes.push(checkedReason(reader.byte('reason code'), type, version));
  check(codes.length, 'reason codes', '1 or more', 0, clause);
  return codes;
}

/** Writes reason codes. */
export function writeReasons(
  writer: ByteWriter,
  codes: readonly number[],
  type: string,
  version: ProtocolVersion,
  clause: string,
): void {
  check(codes.length, 'reason codes', '1 or more', 0, clause);
  for (const code of codes) writer.byte(checkedReason(code, type, version));
}
