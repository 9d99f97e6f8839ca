import { type Subscriber, asyncScheduler } from 'rxjs';
import type { PublishPacket, QoS } from '../packet/Packet.js';
import { FilterTree } from '../topic/FilterTree.js';
import type { ParsedFilter } from '../topic/namedWildcards.js';
import { Message } from './Message.js';

/** Milliseconds without a retained message after which the broker has sent all that a SUBSCRIBE asks for. */
const REPLAY_PAUSE = 1_000;
/** So many topics are noted for a listener that is fresh. */
const MOST_NOTED = 16_384;

/**
 * One subscription of a `topic$`.
 *
 * It is fresh until the retained messages that its SUBSCRIBE asks for have come. So long it remembers what it had, since
 * the SUBSCRIBEs of others may have the broker send the same again.
 */
export class Listener {
  /** Until when it is fresh: `Infinity` while SUBACK is awaited, 0 when it is not fresh any more. */
  private freshUntil = Infinity;
  private had: Map<string, Uint8Array> | undefined;

  constructor(
    readonly wanted: ParsedFilter,
    readonly qos: QoS,
    readonly subscriber: Subscriber<Message>,
  ) {}

  /** Whether what it gets must be noted. */
  get isFresh(): boolean {
    return this.freshUntil > 0;
  }

  /** It gets a message, while it is fresh. */
  note({ topic, payload }: PublishPacket): void {
    if (this.freshUntil >= asyncScheduler.now()) {
      this.had ??= new Map();
      // Whatever the broker sends, memory has an end: who had more may get some of it twice.
      if (this.had.size >= MOST_NOTED) this.had.clear();
      this.had.set(topic, payload);
    } else {
      this.freshUntil = 0;
      this.had = undefined;
    }
  }

  /** Whether a retained message is news to it. */
  misses({ topic, payload }: PublishPacket): boolean {
    if (this.freshUntil < asyncScheduler.now()) return false;
    const had = this.had?.get(topic);
    return had === undefined || !isEqual(had, payload);
  }

  /** SUBACK came, or a retained message: if it is fresh, it stays so for a while. */
  stayFresh(): void {
    const now = asyncScheduler.now();
    if (this.freshUntil >= now) this.freshUntil = now + REPLAY_PAUSE;
  }

  /** The next retained messages are news: the broker lost the session, and something may have changed meanwhile. */
  startOver(): void {
    this.freshUntil = Infinity;
    this.had = undefined;
  }
}

/** Who listens to what: the way of an incoming message to the `topic$` subscribers whose filters match its topic. */
export class Routes {
  /** Made for the first listener: a client that only publishes has none. */
  private tree: FilterTree<Listener> | undefined;
  /** Until when retained messages are answers to a SUBSCRIBE: `Infinity` while a SUBACK is awaited. */
  private replayUntil = 0;

  /** A SUBSCRIBE is sent: retained messages come, perhaps before its SUBACK [MQTT-3.8.4-3]. */
  asked(): void {
    this.replayUntil = Infinity;
  }

  /** SUBACK came for a filter. */
  answered(filter: string): void {
    this.pause();
    for (const listener of this.of(filter)) listener.stayFresh();
  }

  /** The answers end a while after this, unless more of them come. */
  pause(): void {
    this.replayUntil = asyncScheduler.now() + REPLAY_PAUSE;
  }

  add(listener: Listener): void {
    (this.tree ??= new FilterTree()).add(listener.wanted.filter, listener);
  }

  /** @returns `false` if it was not there any more: its claim is void already */
  remove(listener: Listener): boolean {
    return this.tree?.delete(listener.wanted.filter, listener) === true;
  }

  private of(filter: string): readonly Listener[] {
    return this.tree?.route(filter)?.values ?? [];
  }

  /** Takes the listeners of one filter out, so that they can be told why. */
  take(filter: string): readonly Listener[] {
    const listeners = this.of(filter);
    for (const listener of listeners) this.remove(listener);
    return listeners;
  }

  /** Takes all listeners out. */
  takeAll(): readonly Listener[] {
    const listeners = [...(this.tree ?? [])];
    this.tree = undefined;
    return listeners;
  }

  /** See `Listener.startOver`. */
  startOver(): void {
    for (const listener of this.tree ?? []) listener.startOver();
  }

  /** Hands a message to everyone whose filter matches. @returns whether there was anyone */
  deliver(packet: PublishPacket): boolean {
    const routes = this.tree?.match(packet.topic) ?? [];
    const listeners = routes.length === 1 ? routes[0]!.values : routes.flatMap(({ values }) => values);
    const receivers = packet.retain ? this.missing(packet, listeners) : listeners;
    let plain: Message | undefined;
    for (let i = 0; i < receivers.length; i++) {
      const listener = receivers[i]!;
      const { wanted, subscriber } = listener;
      if (listener.isFresh) listener.note(packet);
      if (wanted.names.length > 0) subscriber.next(new Message(packet, wanted.names));
      else subscriber.next((plain ??= new Message(packet)));
    }
    return listeners.length > 0;
  }

  /**
   * A broker marks a message as retained only in answer to a SUBSCRIBE [MQTT-3.3.1-9], and does not say to which. So it
   * goes to those who are fresh and have not had it. Where no SUBSCRIBE can be the reason, the broker marks live
   * messages as well, against the standard: better to deliver them than to lose them.
   */
  private missing(packet: PublishPacket, listeners: readonly Listener[]): readonly Listener[] {
    if (this.replayUntil < asyncScheduler.now()) return listeners;
    if (this.replayUntil !== Infinity) this.pause();
    const receivers = listeners.filter((listener) => listener.misses(packet));
    for (const listener of receivers) if (this.replayUntil !== Infinity) listener.stayFresh();
    return receivers;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
