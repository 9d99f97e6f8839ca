import type { QoS } from '../packet/Packet.js';

/** Counts by QoS. */
export type ByQoS = Record<QoS, number>;

/** What went over the wire. */
export interface Counts {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** PUBLISH packets that came; one that came twice counts twice. */
  readonly messagesIn: Readonly<ByQoS>;
  /** PUBLISH packets written; one that was repeated counts twice. */
  readonly messagesOut: Readonly<ByQoS>;
  /** Connections after the first. */
  readonly reconnects: number;
}

/** The running totals of a client, across its connections. Incremented on the hot path: plain numbers, no streams. */
export class Traffic implements Counts {
  bytesIn = 0;
  bytesOut = 0;
  packetsIn = 0;
  packetsOut = 0;
  // Arrays: an object with numbers for keys reserves room for 17.
  readonly messagesIn: ByQoS = [0, 0, 0];
  readonly messagesOut: ByQoS = [0, 0, 0];
  connections = 0;
  /** Milliseconds that the last ping took, if there was one. */
  roundTrip: number | undefined;

  get reconnects(): number {
    return Math.max(0, this.connections - 1);
  }

  /** What was counted since `before`; with nothing before, all of it. */
  since(before: Counts = new Traffic()): Counts {
    return {
      bytesIn: this.bytesIn - before.bytesIn,
      bytesOut: this.bytesOut - before.bytesOut,
      packetsIn: this.packetsIn - before.packetsIn,
      packetsOut: this.packetsOut - before.packetsOut,
      messagesIn: less(this.messagesIn, before.messagesIn),
      messagesOut: less(this.messagesOut, before.messagesOut),
      reconnects: this.reconnects - before.reconnects,
    };
  }
}

function less(now: ByQoS, before: Readonly<ByQoS>): ByQoS {
  return { 0: now[0] - before[0], 1: now[1] - before[1], 2: now[2] - before[2] };
}
