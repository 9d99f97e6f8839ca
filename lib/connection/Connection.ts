import type { ProtocolVersion } from '../packet/Packet.js';
import type { ConnectionProperties } from './ConnectionProperties.js';

/** A connection that the server accepted. */
export interface Connection {
  /** That of the options, or the one that an MQTT 5 server assigned. */
  readonly clientId: string;
  /** The server's URL without credentials, or `custom transport`. */
  readonly server: string;
  /** Whether the server still had the session [MQTT-3.2.2-2]. */
  readonly sessionPresent: boolean;
  readonly protocolVersion: ProtocolVersion;
  /** What an MQTT 5 server said of itself. */
  readonly properties?: ConnectionProperties;
}
