import type { Subscriber } from 'rxjs';
import type { PublishPacket, QoS } from '../packet/Packet.js';
import { reportUnhandled } from '../stream/reportUnhandled.js';
import { type Delivery, USUAL } from '../session/Delivery.js';
import type { SubscriptionIds } from '../session/SubscriptionIds.js';
import { FilterTree } from '../topic/FilterTree.js';
import type { ParsedFilter } from '../topic/namedWildcards.js';
import { Message } from './Message.js';
import { type Replay, Replays, isFor } from './Replays.js';

/** One subscription of a `topic$`. */
export class Listener {
  /** The retained messages that its SUBSCRIBE asks for, until they have come. */
  replay: Replay | undefined = undefined;

  constructor(
    readonly wanted: ParsedFilter,
    readonly qos: QoS,
    readonly subscriber: Subscriber<Message>,
    readonly delivery: Delivery = USUAL,
  ) {}

  /** Whether its SUBSCRIBE asks for retained messages. */
  get wantsRetained(): boolean {
    return this.delivery.retainHandling !== 2;
  }
}

/** Who listens to what: the way of an incoming message to the `topic$` subscribers whose filters match its topic. */
export class Listeners {
  /** Made for the first listener: a client that only publishes has none. */
  private tree: FilterTree<Listener> | undefined;
  private replays: Replays | undefined = undefined; // made with it

  add(listener: Listener): void {
    const { filter } = listener.wanted;
    (this.tree ??= new FilterTree()).add(filter, listener);
    this.replays ??= new Replays();
    if (listener.wantsRetained) this.replays.join(filter, [listener]);
  }

  /** @returns `false` if it was not there any more: its claim is void already */
  remove(listener: Listener): boolean {
    const { filter } = listener.wanted;
    if (this.tree?.delete(filter, listener) !== true) return false;
    if (!this.tree.route(filter)) this.replays!.left(filter);
    return true;
  }

  /** The server refused a filter: takes its listeners out, so that they can be told why. */
  take(filter: string): readonly Listener[] {
    const listeners = this.tree?.route(filter)?.values ?? [];
    for (const listener of listeners) this.remove(listener);
    this.replays?.end(filter);
    return listeners;
  }

  /** Takes all listeners out. */
  takeAll(): readonly Listener[] {
    const listeners = [...(this.tree ?? [])];
    this.tree = undefined;
    this.replays?.endAll();
    return listeners;
  }

  /**
   * SUBSCRIBE is written for a filter: retained messages come, perhaps before its SUBACK [MQTT-3.8.4-3].
   * @param identifier its subscription identifier, 0 if it has none
   */
  subscribing(filter: string, identifier: number): void {
    (this.replays ??= new Replays()).asked(filter, identifier);
  }

  /** SUBACK came for a filter. */
  subscribed(filter: string): void {
    this.replays?.granted(filter);
  }

  /** UNSUBACK came for a filter: of what it was sent for, nothing more comes. */
  unsubscribed(filter: string): void {
    if (!this.isHeard(filter)) this.replays?.end(filter);
  }

  /** The server has no session: all filters are subscribed anew, for something may have changed meanwhile. */
  startOver(): void {
    this.replays?.endAll();
    for (const { filter, values } of this.tree?.routes() ?? []) {
      if (values[0]!.wantsRetained) this.replays!.join(filter, values);
    }
  }

  /** The connection is gone. */
  down(): void {
    this.replays?.down((filter) => this.isHeard(filter));
  }

  /**
   * Hands a message to all listeners whose filters match, or to those of them that it is for, if its subscription
   * identifiers say so. Live messages reach all listeners of a filter; see `isFor` for those with RETAIN.
   *
   * @returns whether any filter matched
   */
  deliver(packet: PublishPacket, identifiers: SubscriptionIds): boolean {
    const { topic, retain, properties } = packet;
    const routes = this.tree?.match(topic) ?? [];
    const given = properties?.subscriptionIdentifiers;
    const known = given && identifiers.know(given) ? given : undefined;
    if (known && this.replays) this.replays.areIdentified = true;
    // With several it is no answer to one SUBSCRIBE, and must be lost by nobody.
    const asked = retain && known?.length === 1 ? known[0]! : 0;
    const isNews = !known && this.replays?.any ? this.replays.sift(packet) : undefined;
    let plain: Message | undefined;
    for (let i = 0; i < routes.length; i++) {
      const { filter, values: listeners } = routes[i]!;
      if (known && !identifiers.isFor(filter, topic, known)) continue;
      for (let j = 0; j < listeners.length; j++) {
        const listener = listeners[j]!;
        if (isNews ? !isNews(listener) : asked > 0 && !isFor(listener, asked)) continue;
        const { wanted, subscriber } = listener;
        const message = wanted.names.length > 0 ? new Message(packet, wanted.names) : (plain ??= new Message(packet));
        try {
          subscriber.next(message);
        } catch (error) {
          reportUnhandled(error); // an operator threw, and so did a finalizer
        }
      }
    }
    return routes.length > 0;
  }

  private isHeard(filter: string): boolean {
    return this.tree?.route(filter) !== undefined;
  }
}
