import type { PublishPacket } from '../packet/Packet.js';

/** What the exchange of an outgoing message waits for (MQTT section 4.3). */
export type Awaited = 'queue' | 'write' | 'puback' | 'pubrec' | 'pubcomp';

/**
 * A message on its way to the server: the PUBLISH packet itself and, in the same object, where its exchange stands; for
 * 65,535 of them may be in flight. Whoever publishes makes it; the session alone changes it afterwards.
 */
export interface Outgoing extends PublishPacket {
  /** Let go of when the server has it [MQTT-4.3.3-1]. */
  payload: Uint8Array;
  /** 0 until it is written. */
  packetId: number;
  dup: boolean;
  /** `write` before the session has it. */
  awaited: Awaited;
  /** Where it stands among the `Exchanges`, in the order of their first PUBLISH. */
  place: number;
  /** Its neighbours in the `Chain` where it is. */
  previous: Outgoing | undefined;
  next: Outgoing | undefined;
  /** Whether somebody waits for the outcome. The exchange runs on without them. */
  isAwaited: boolean;
  /** Whether it was written: what never was goes out without DUP [MQTT-3.3.1-1]. */
  readonly isWritten: boolean;
}
