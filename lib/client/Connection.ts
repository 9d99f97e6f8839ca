/** A connection that the broker accepted. */
export interface Connection {
  readonly clientId: string;
  /** The broker's URL without credentials, or `custom transport`. */
  readonly server: string;
  /** Whether the broker still had the session [MQTT-3.2.2-2]. */
  readonly sessionPresent: boolean;
}
