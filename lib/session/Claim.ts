import type { QoS } from '../packet/Packet.js';

/** What the application wants of a topic filter: how many listeners at each QoS, and the durable subscription. */
export class Claim {
  readonly listeners: [number, number, number] = [0, 0, 0];
  durable: QoS | undefined;
  /** Subscribe although the broker knows the filter: somebody waits for the retained messages or for the SUBACK. */
  renew = false;

  /** The highest QoS that anybody wants, or `undefined` if nobody wants anything any more. */
  get qos(): QoS | undefined {
    for (const qos of [2, 1, 0] as const) if (this.listeners[qos] > 0 || this.durable === qos) return qos;
    return undefined;
  }
}
