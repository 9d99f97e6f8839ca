/** A connection that the server accepted. */
export interface Connection {
  readonly clientId: string;
  /** The server's URL without credentials, or `custom transport`. */
  readonly server: string;
  /** Whether the server still had the session [MQTT-3.2.2-2]. */
  readonly sessionPresent: boolean;
}
