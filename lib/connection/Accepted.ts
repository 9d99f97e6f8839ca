import type { ProtocolVersion } from '../packet/Packet.js';
import type { ConnectionProperties } from './ConnectionProperties.js';
import type { Link } from './Link.js';

/** A connection that the server accepted. */
export interface Accepted {
  readonly link: Link;
  readonly server: string;
  readonly clientId: string;
  readonly sessionPresent: boolean;
  readonly protocolVersion: ProtocolVersion;
  /** What the server said of itself; nothing with MQTT 3.1.1. */
  readonly properties: ConnectionProperties | undefined;
}
