import type { QoS } from '../../index.js';

/** What is measured. */
export interface Plan {
  readonly topic: string;
  readonly qos: QoS;
  /** Messages for the throughput. */
  readonly messages: number;
  /** Bytes of a payload. */
  readonly size: number;
  /** Messages that are published and have not come back, at a time. */
  readonly window: number;
  /** Messages one after the other, for the round trip. */
  readonly trips: number;
}

/** What was measured at a QoS. */
export interface Measured {
  readonly qos: QoS;
  readonly messages: number;
  readonly lost: number;
  readonly seconds: number;
  /** Milliseconds from publishing a message to getting it, each alone on its way: in ascending order. */
  readonly trips: readonly number[];
}
