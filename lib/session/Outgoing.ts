import type { PublishPacket, QoS } from '../packet/Packet.js';

/** What the exchange of an outgoing message waits for [MQTT-4.3]. */
export type Awaited = 'queue' | 'write' | 'puback' | 'pubrec' | 'pubcomp';

const NO_BYTES = new Uint8Array(0);

/**
 * A message on its way to the server: the PUBLISH packet itself and, beside it, where its exchange stands. One object a
 * message, because 65,535 of them may be in flight.
 *
 * @typeParam P whoever asked for the publish: opaque to the session, handed back when the exchange is over
 */
export class Outgoing<P> implements PublishPacket {
  readonly type = 'publish';
  packetId = 0;
  dup = false;
  awaited: Awaited = 'write';
  /** Where it stands: in the `Backlog`, later among the `Exchanges`, in the order of their first PUBLISH. */
  place = 0;
  /** Its neighbours there. */
  previous: Outgoing<P> | undefined = undefined;
  next: Outgoing<P> | undefined = undefined;
  /** Whoever waits for the outcome; `undefined` once they have left. The exchange runs on without them. */
  token: P | undefined;

  constructor(
    readonly topic: string,
    public payload: Uint8Array,
    readonly qos: QoS,
    readonly retain: boolean,
    token: P,
  ) {
    this.token = token;
  }

  /** Lets go of the payload: the server has it [MQTT-4.3.3-1]. */
  forget(): void {
    this.payload = NO_BYTES;
  }
}
