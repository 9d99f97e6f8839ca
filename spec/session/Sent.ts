import type { QoS } from '../../lib/packet/Packet.js';
import type { Awaited, Outgoing } from '../../lib/session/Outgoing.js';

/** A message that a spec publishes, and something to know it by. */
export class Sent<T> implements Outgoing {
  readonly type = 'publish';
  packetId = 0;
  dup = false;
  awaited: Awaited = 'write';
  place = 0;
  previous: Outgoing | undefined = undefined;
  next: Outgoing | undefined = undefined;
  isAwaited = true;
  isWritten = false;

  constructor(
    readonly topic: string,
    public payload: Uint8Array,
    readonly qos: QoS,
    readonly retain: boolean,
    readonly token: T,
  ) {}
}
