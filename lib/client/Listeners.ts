import type { Subscriber } from 'rxjs';
import type { ProtocolVersion, PublishPacket, QoS } from '../packet/Packet.js';
import { reportUnhandled } from '../stream/reportUnhandled.js';
import { type Delivery, USUAL } from '../session/Delivery.js';
import { OpenMessage } from '../session/OpenMessage.js';
import { Sequence } from '../session/Sequence.js';
import type { SubscriptionIds } from '../session/SubscriptionIds.js';
import { FilterTree } from '../topic/FilterTree.js';
import type { ParsedFilter } from '../topic/namedWildcards.js';
import { AUTOMATIC, Claim, type Decide } from './Claim.js';
import type { ClientEvent } from './ClientEvent.js';
import { Decoded, type Decoding } from './Decoding.js';
import { Message } from './Message.js';
import { type Replay, Replays, isFor } from './Replays.js';

/** One subscription of a `topic$`. */
export class Listener {
  /** What it has to acknowledge. */
  private claims: Sequence<Claim> | undefined = undefined;
  /** The retained messages that its SUBSCRIBE asks for, until they have come. */
  replay: Replay | undefined = undefined;

  constructor(
    readonly wanted: ParsedFilter,
    readonly qos: QoS,
    readonly subscriber: Subscriber<Message>,
    readonly delivery: Delivery = USUAL,
    private readonly acknowledging = AUTOMATIC,
    readonly decoding?: Decoding,
  ) {}

  get isManual(): boolean {
    return this.acknowledging.isManual;
  }

  /** Whether its SUBSCRIBE asks for retained messages. */
  get wantsRetained(): boolean {
    return this.delivery.retainHandling !== 2;
  }

  /** Claims a message: it is not acknowledged before this listener has done so. */
  claim(message: OpenMessage, version: ProtocolVersion, decide: Decide): Claim {
    return new Claim(message, version, (this.claims ??= new Sequence()), decide);
  }

  /** Forgets what it cannot acknowledge any more. */
  tidy(): void {
    for (const claim of this.claims ?? []) if (claim.isOver) claim.unlist();
  }

  /** It is out. */
  left(): void {
    for (const claim of this.claims ?? []) {
      if (this.acknowledging.onLeave) claim.acknowledge(0);
      else claim.abandon();
    }
  }
}

/** What a message is delivered by. */
export interface Delivering {
  readonly identifiers: SubscriptionIds;
  readonly window: { readonly protocolVersion: ProtocolVersion };
}

/** Who listens to what: the way of an incoming message to the `topic$` subscribers whose filters match its topic. */
export class Listeners {
  /** Made for the first listener: a client that only publishes has none. */
  private tree: FilterTree<Listener> | undefined;
  private replays: Replays | undefined = undefined; // made with it
  /** Those that acknowledge by hand. */
  private readonly manual = new Set<Listener>();

  /**
   * @param decide told when all have answered who had to acknowledge a message
   * @param tell hears of payloads that do not decode
   */
  constructor(
    private readonly decide: Decide,
    private readonly tell: (event: ClientEvent) => void,
  ) {}

  /** How many listeners there are. The getter counts them each time. */
  get count(): number {
    return [...(this.tree ?? [])].length;
  }

  add(listener: Listener): void {
    const { filter } = listener.wanted;
    (this.tree ??= new FilterTree()).add(filter, listener);
    if (listener.isManual) this.manual.add(listener);
    this.replays ??= new Replays();
    if (listener.wantsRetained) this.replays.join(filter, [listener]);
  }

  /** @returns `false` if it was not there any more: its claim is void already */
  remove(listener: Listener): boolean {
    const { filter } = listener.wanted;
    if (this.tree?.delete(filter, listener) !== true) return false;
    if (this.manual.delete(listener)) listener.left();
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
    this.leaveAll();
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

  /** Lets all listeners that acknowledge by hand leave their open messages: the client ends. */
  leaveAll(): void {
    for (const listener of this.manual) listener.left();
    this.manual.clear();
  }

  /** The connection is gone. */
  down(): void {
    for (const listener of this.manual) listener.tidy();
    this.replays?.down((filter) => this.isHeard(filter));
  }

  /**
   * Hands a message to all listeners whose filters match, or to those of them that it is for, if its subscription
   * identifiers say so. Live messages reach all listeners of a filter; see `isFor` for those with RETAIN.
   *
   * @returns whether any filter matched; or the message, if a listener must acknowledge it by hand. Then the caller calls
   *   its `answered` when nobody else gets the message any more
   */
  deliver(packet: PublishPacket, { identifiers, window }: Delivering): boolean | OpenMessage {
    const { topic, retain, properties } = packet;
    const routes = this.tree?.match(topic) ?? [];
    const given = properties?.subscriptionIdentifiers;
    const known = given && identifiers.know(given) ? given : undefined;
    if (known && this.replays) this.replays.areIdentified = true;
    // With several it is no answer to one SUBSCRIBE, and must be lost by nobody.
    const asked = retain && known?.length === 1 ? known[0]! : 0;
    const isNews = !known && this.replays?.any ? this.replays.sift(packet) : undefined;
    let plain: Message | undefined;
    let open: OpenMessage | undefined;
    let decoded: Decoded | undefined;
    for (let i = 0; i < routes.length; i++) {
      const { filter, values: listeners } = routes[i]!;
      if (known && !identifiers.isFor(filter, topic, known)) continue;
      for (let j = 0; j < listeners.length; j++) {
        const listener = listeners[j]!;
        if (isNews ? !isNews(listener) : asked > 0 && !isFor(listener, asked)) continue;
        const { wanted, subscriber, decoding } = listener;
        let claim: Claim | undefined;
        if (listener.isManual) {
          if (subscriber.closed) continue; // one before it has unsubscribed it
          open ??= new OpenMessage(packet.qos, packet.packetId);
          claim = listener.claim(open, window.protocolVersion, this.decide);
        }
        try {
          if (decoding) (decoded ??= new Decoded(packet, this.tell)).deliver(listener, decoding, claim);
          else if (claim || wanted.names.length > 0) subscriber.next(new Message(packet, wanted.names, claim));
          else subscriber.next((plain ??= new Message(packet)));
        } catch (error) {
          reportUnhandled(error); // an operator threw, and so did a finalizer; or `onUndecodable` did
        }
      }
    }
    return open ?? routes.length > 0;
  }

  private isHeard(filter: string): boolean {
    return this.tree?.route(filter) !== undefined;
  }
}
