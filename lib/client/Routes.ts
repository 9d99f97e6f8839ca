import type { Subscriber } from 'rxjs';
import type { PublishPacket, QoS } from '../packet/Packet.js';
import { FilterTree } from '../topic/FilterTree.js';
import type { ParsedFilter } from '../topic/namedWildcards.js';
import { Message } from './Message.js';

/** One subscription of a `topic$`. */
export class Listener {
  /** The topics whose retained message it has had. */
  private retained: Set<string> | undefined;

  constructor(
    readonly wanted: ParsedFilter,
    readonly qos: QoS,
    readonly subscriber: Subscriber<Message>,
  ) {}

  /**
   * Whether it has not had the retained message of a topic yet. A broker marks a message as retained only in answer to a
   * SUBSCRIBE [MQTT-3.3.1-9]; when a later listener's SUBSCRIBE has it sent again, the earlier ones do not want it.
   */
  misses(topic: string): boolean {
    this.retained ??= new Set();
    return this.retained.size < this.retained.add(topic).size;
  }

  /** The next retained messages are news: the broker lost the session, and something may have changed meanwhile. */
  startOver(): void {
    this.retained = undefined;
  }
}

/** Who listens to what: the way of an incoming message to the `topic$` subscribers whose filters match its topic. */
export class Routes {
  private readonly tree = new FilterTree<readonly Listener[]>();

  get size(): number {
    return this.tree.size;
  }

  add(listener: Listener): void {
    const { filter } = listener.wanted;
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
    let plain: Message | undefined;
    for (let i = 0; i < routes.length; i++) {
      const listeners = routes[i]!;
      for (let j = 0; j < listeners.length; j++) {
        const { wanted, subscriber } = listeners[j]!;
        if (packet.retain && !listeners[j]!.misses(packet.topic)) continue;
        if (wanted.names.length > 0) subscriber.next(new Message(packet, wanted.names));
        else subscriber.next((plain ??= new Message(packet, wanted.names)));
      }
    }
    return routes.length > 0;
  }
}
