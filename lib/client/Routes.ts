import type { Subscriber } from 'rxjs';
import type { PublishPacket, QoS } from '../packet/Packet.js';
import { FilterTree } from '../topic/FilterTree.js';
import type { ParsedFilter } from '../topic/namedWildcards.js';
import { Message } from './Message.js';

/** One subscription of a `topic$`. */
export class Listener {
  /** The topics whose retained message it has had. */
  private retained: Set<string> | undefined;

  /** How many SUBSCRIBEs were sent before it came: those with the same number share one. */
  generation = 0;

  constructor(
    readonly wanted: ParsedFilter,
    readonly qos: QoS,
    readonly subscriber: Subscriber<Message>,
  ) {}

  /** Whether it has not had the retained message of a topic yet. */
  misses(topic: string): boolean {
    return !this.retained?.has(topic);
  }

  /** It gets the retained message of a topic now. */
  gets(topic: string): void {
    (this.retained ??= new Set()).add(topic);
  }

  /** The next retained messages are news: the broker lost the session, and something may have changed meanwhile. */
  startOver(): void {
    this.retained = undefined;
    this.generation = 0;
  }
}

/** Who listens to what: the way of an incoming message to the `topic$` subscribers whose filters match its topic. */
export class Routes {
  private readonly tree = new FilterTree<readonly Listener[]>();
  private subscribes = 0;

  /** A SUBSCRIBE is sent: listeners that come from now on get another. */
  subscribed(): void {
    this.subscribes++;
  }

  add(listener: Listener): void {
    const { filter } = listener.wanted;
    listener.generation = this.subscribes;
    this.tree.set(filter, [...(this.tree.get(filter) ?? []), listener]);
  }

  /** @returns `false` if it was not there any more: its claim is void already */
  remove(listener: Listener): boolean {
    const { filter } = listener.wanted;
    const listeners = this.tree.get(filter);
    if (!listeners?.includes(listener)) return false;
    const rest = listeners.filter((other) => other !== listener);
    if (rest.length > 0) this.tree.set(filter, rest);
    else this.tree.delete(filter);
    return true;
  }

  /** Takes the listeners of one filter out, so that they can be told why. */
  take(filter: string): readonly Listener[] {
    const listeners = this.tree.get(filter) ?? [];
    this.tree.delete(filter);
    return listeners;
  }

  /** Takes all listeners out. */
  takeAll(): readonly Listener[] {
    return [...this.tree].flatMap(([filter]) => this.take(filter));
  }

  /** See `Listener.startOver`. */
  startOver(): void {
    for (const [, listeners] of this.tree) for (const listener of listeners) listener.startOver();
  }

  /** Hands a message to everyone whose filter matches. @returns whether there was anyone */
  deliver(packet: PublishPacket): boolean {
    const routes = this.tree.match(packet.topic);
    if (packet.retain) this.deliverRetained(packet, routes);
    else this.deliverTo(packet, routes);
    return routes.length > 0;
  }

  /**
   * A broker marks a message as retained only in answer to a SUBSCRIBE [MQTT-3.3.1-9], once for each, and does not say
   * for which. So it goes to the listeners that came last among those that have not had it: those before them had it
   * themselves, or live, or get it when it comes once more.
   */
  private deliverRetained(packet: PublishPacket, routes: readonly (readonly Listener[])[]): void {
    const { topic } = packet;
    const missing = routes.flat().filter((listener) => listener.misses(topic));
    const last = missing.reduce((latest, { generation }) => Math.max(latest, generation), 0);
    const receivers = missing.filter(({ generation }) => generation === last);
    for (const listener of receivers) listener.gets(topic);
    this.deliverTo(packet, [receivers]);
  }

  private deliverTo(packet: PublishPacket, routes: readonly (readonly Listener[])[]): void {
    let plain: Message | undefined;
    for (let i = 0; i < routes.length; i++) {
      const listeners = routes[i]!;
      for (let j = 0; j < listeners.length; j++) {
        const { wanted, subscriber } = listeners[j]!;
        if (wanted.names.length > 0) subscriber.next(new Message(packet, wanted.names));
        else subscriber.next((plain ??= new Message(packet, wanted.names)));
      }
    }
  }
}
