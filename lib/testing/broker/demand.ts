import { ProtocolError } from '../../everywhere.js';

/**
 * Refuses what a client does unless `isOk`.
 *
 * @param clause the statement that binds the client, such as `MQTT-4.6.0-2`
 * @param reasonCode what DISCONNECT says about it in MQTT 5; default 0x82, protocol error
 * @throws {ProtocolError}
 */
export function demand(isOk: unknown, clause: string, what: string, reasonCode?: number): asserts isOk {
  if (!isOk) throw new ProtocolError(what, clause, reasonCode === undefined ? {} : { reasonCode });
}
