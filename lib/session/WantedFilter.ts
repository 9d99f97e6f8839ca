import type { QoS, SubscribePacket, UnsubscribePacket } from '../packet/Packet.js';
import type { Call } from './Call.js';
import { type Delivery, USUAL } from './Delivery.js';
import type { SubscriptionState } from './SubscriptionState.js';

/** What the server was last told of a filter, and what it made of it. */
export interface Told {
  readonly requested: QoS;
  /** The last it granted, which a SUBSCRIBE that is on its way may change. */
  readonly granted?: QoS | undefined;
  /**
   * `assumed`: the server may have it or not. So it must be subscribed if it is wanted, and unsubscribed if not. `kept`: the
   * server has it and does not give it up; it is asked again on the next connection.
   */
  readonly state: 'pending' | 'granted' | 'refused' | 'leaving' | 'assumed' | 'kept';
  /** The packet that told it: an answer to an older one says nothing about the present. */
  readonly packet?: SubscribePacket | UnsubscribePacket;
}

/**
 * A topic filter: what the application wants of it, what the server was told, and the calls that wait for an answer.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class WantedFilter<R> {
  /** How many listeners there are at each QoS. */
  readonly listeners: [number, number, number] = [0, 0, 0];
  /** The durable subscription. */
  durable: QoS | undefined = undefined;
  /** How all of them want it, for they share one subscription. */
  delivery: Delivery = USUAL;
  /** Subscribe although the server knows the filter: for the retained messages, or for the SUBACK. */
  renew = false;
  told: Told | undefined = undefined;
  /** Whether the server has ever granted it: then it does not make the server hang up. */
  wasGranted = false;
  /** Calls that the next SUBSCRIBE or UNSUBSCRIBE takes along. */
  calls: Call<R>[] = [];

  constructor(readonly filter: string) {}

  /** The highest QoS that anybody wants, or `undefined` if nobody wants anything any more. */
  get qos(): QoS | undefined {
    for (const qos of [2, 1, 0] as const) if (this.listeners[qos] > 0 || this.durable === qos) return qos;
    return undefined;
  }

  /** Whether there is nothing to remember of it. */
  get isVoid(): boolean {
    return this.qos === undefined && !this.told && this.calls.length === 0;
  }

  /** What the server should be told next, if anything. */
  get due(): 'subscribe' | 'unsubscribe' | undefined {
    const { qos, told, renew } = this;
    const isActive = told?.state === 'pending' || told?.state === 'granted';
    if (qos !== undefined) return renew || !isActive || told.requested < qos ? 'subscribe' : undefined;
    return isActive || told?.state === 'assumed' ? 'unsubscribe' : undefined;
  }

  /** Whether it is subscribed at a higher QoS than anybody wants. */
  get isTooHigh(): boolean {
    const { qos, told } = this;
    return qos !== undefined && told?.state === 'granted' && told.requested > qos;
  }

  /** How it stands with the server. */
  get standing(): SubscriptionState {
    const { filter, told } = this;
    if (told?.state === 'refused') return { filter, requested: told.requested, state: 'refused' };
    if (told?.state !== 'granted') return { filter, requested: this.qos!, state: 'pending' };
    return { filter, requested: told.requested, granted: told.granted!, state: 'granted' };
  }

  /** Nobody wants it any more. */
  forsake(): void {
    this.listeners.fill(0);
    this.durable = undefined;
    this.renew = false;
  }

  /** Takes out the calls that wait. */
  takeCalls(): Call<R>[] {
    const { calls } = this;
    this.calls = [];
    return calls;
  }
}
