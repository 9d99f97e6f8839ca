import { MqttError } from './MqttError.js';

/** What a schema has against a value. */
export interface PayloadIssue {
  /** In the schema's words. They may quote the value. */
  readonly message: string;
  /** Where in the value: the keys that lead there. Empty for the value as a whole. */
  readonly path: readonly PropertyKey[];
}

/**
 * A payload that came is not what its codec decodes. The message and the issues may quote the payload: do not log them
 * where it is secret.
 */
export class UndecodableError extends MqttError {
  override readonly name = 'UndecodableError';
  declare readonly code: 'UNDECODABLE';

  static override get code(): 'UNDECODABLE' {
    return 'UNDECODABLE';
  }

  /**
   * @param topic the topic name of the message
   * @param issues what a schema has against the value; empty if there is no schema, or no value that it could look at
   */
  constructor(
    readonly topic: string,
    why: string,
    readonly issues: readonly PayloadIssue[] = [],
    options?: { cause?: unknown },
  ) {
    super(`a message to "${topic}" does not decode: ${why}`, options);
  }
}
