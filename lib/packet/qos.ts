import { ProtocolError } from '../errors.js';
import type { QoS } from './Packet.js';

/**
 * Refuses a quality of service other than 0, 1 and 2.
 *
 * @param field whose QoS it is, for the message
 * @param clause the statement that is broken otherwise
 * @throws {ProtocolError}
 */
export function checkQoS(qos: number, field: string, clause: string): QoS {
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new ProtocolError(`${field}: 0, 1 or 2 expected, ${qos} came`, clause);
  return qos;
}
