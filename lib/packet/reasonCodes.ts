import { check } from './check.js';

/** A reason code of MQTT 5 (MQTT5 section 2.4). From 0x80 on it says that something failed. */
export interface ReasonCode {
  readonly code: number;
  /** As in the standard. Code 0 is 'Granted QoS 0' in SUBACK and 'Normal disconnection' in DISCONNECT. */
  readonly name: string;
  /** The types of packets that may have it. */
  readonly packets: readonly string[];
  /** Who alone may send it, in DISCONNECT and AUTH, which both sides send. In AUTH 0 is the server's as well. */
  readonly sender: 'client' | 'server' | undefined;
}

const ALL = 'connack puback pubrec suback unsuback disconnect';
const ENDS = 'connack disconnect';
const RECEIPTS = 'puback pubrec';
const SUBSCRIPTIONS = 'suback disconnect';

const TABLE: readonly ReasonCode[] = [
  reason(0x00, 'Success', `${ALL} pubrel pubcomp auth`),
  reason(0x01, 'Granted QoS 1', 'suback'),
  reason(0x02, 'Granted QoS 2', 'suback'),
  reason(0x04, 'Disconnect with Will Message', 'disconnect', 'client'),
  reason(0x10, 'No matching subscribers', RECEIPTS),
  reason(0x11, 'No subscription existed', 'unsuback'),
  reason(0x18, 'Continue authentication', 'auth'),
  reason(0x19, 'Re-authenticate', 'auth', 'client'),
  reason(0x80, 'Unspecified error', ALL),
  reason(0x81, 'Malformed Packet', ENDS),
  reason(0x82, 'Protocol Error', ENDS),
  reason(0x83, 'Implementation specific error', ALL),
  reason(0x84, 'Unsupported Protocol Version', 'connack'),
  reason(0x85, 'Client Identifier not valid', 'connack'),
  reason(0x86, 'Bad User Name or Password', 'connack'),
  reason(0x87, 'Not authorized', ALL, 'server'),
  reason(0x88, 'Server unavailable', 'connack'),
  reason(0x89, 'Server busy', ENDS, 'server'),
  reason(0x8a, 'Banned', 'connack'),
  reason(0x8b, 'Server shutting down', 'disconnect', 'server'),
  reason(0x8c, 'Bad authentication method', ENDS, 'server'),
  reason(0x8d, 'Keep Alive timeout', 'disconnect', 'server'),
  reason(0x8e, 'Session taken over', 'disconnect', 'server'),
  reason(0x8f, 'Topic Filter invalid', `${SUBSCRIPTIONS} unsuback`, 'server'),
  reason(0x90, 'Topic Name invalid', `${RECEIPTS} ${ENDS}`),
  reason(0x91, 'Packet Identifier in use', `${RECEIPTS} suback unsuback`),
  reason(0x92, 'Packet Identifier not found', 'pubrel pubcomp'),
  reason(0x93, 'Receive Maximum exceeded', 'disconnect'),
  reason(0x94, 'Topic Alias invalid', 'disconnect'),
  reason(0x95, 'Packet too large', ENDS),
  reason(0x96, 'Message rate too high', 'disconnect'),
  reason(0x97, 'Quota exceeded', `${RECEIPTS} suback ${ENDS}`),
  reason(0x98, 'Administrative action', 'disconnect'),
  reason(0x99, 'Payload format invalid', `${RECEIPTS} ${ENDS}`),
  reason(0x9a, 'Retain not supported', ENDS, 'server'),
  reason(0x9b, 'QoS not supported', ENDS, 'server'),
  reason(0x9c, 'Use another server', ENDS, 'server'),
  reason(0x9d, 'Server moved', ENDS, 'server'),
  reason(0x9e, 'Shared Subscriptions not supported', SUBSCRIPTIONS, 'server'),
  reason(0x9f, 'Connection rate exceeded', ENDS, 'server'),
  reason(0xa0, 'Maximum connect time', 'disconnect', 'server'),
  reason(0xa1, 'Subscription Identifiers not supported', SUBSCRIPTIONS, 'server'),
  reason(0xa2, 'Wildcard Subscriptions not supported', SUBSCRIPTIONS, 'server'),
];

/** The reason codes of MQTT 5 by their numbers. */
export const REASON_CODES: ReadonlyMap<number, ReasonCode> = new Map(TABLE.map((one) => [one.code, one]));

/** Where it is said which codes a packet may have. Where none is numbered so, `3.n.2-1` of its section. */
const CLAUSES: Readonly<Record<string, string>> = {
  connack: '3.2.2-8',
  puback: '3.4.2-1',
  pubrec: '3.5.2-1',
  pubrel: '3.6.2-1',
  pubcomp: '3.7.2-1',
  suback: '3.9.3-2',
  unsuback: '3.11.3-2',
  disconnect: '3.14.2-1',
  auth: '3.15.2-1',
};

/**
 * Refuses a reason code that a packet may not have, whoever sends it, and returns any other.
 *
 * @throws {ProtocolError} malformed
 */
export function checkedReason(code: number, type: string): number {
  if (code !== 0 && !REASON_CODES.get(code)?.packets.includes(type)) {
    check(false, `reason code of ${type}`, 'one of this packet', code, `MQTT5-${CLAUSES[type]!}`);
  }
  return code;
}

function reason(code: number, name: string, packets: string, sender?: ReasonCode['sender']): ReasonCode {
  return { code, name, packets: packets.split(' '), sender };
}
