import { type Subscription, asyncScheduler } from 'rxjs';
import { Recent } from '../Recent.js';
import type { PublishPacket } from '../packet/Packet.js';
import { monotonicNow } from '../stream/clock.js';
import type { Delivery } from '../session/Delivery.js';
import { FilterTree } from '../topic/FilterTree.js';
import { isShared } from '../topic/isShared.js';

/** Milliseconds without a retained message after which the server has sent all that a SUBSCRIBE asks for. */
const PAUSE = 5_000;
/** Bytes of topics that are remembered, see `Recent`: whatever the server sends, memory has an end. */
const BUDGET = 2_097_152;
/** Bytes of a remembered topic, without its characters. */
const TOPIC_BYTES = 120;

/** The retained messages that one SUBSCRIBE asks for, and those that repeat it after a loss of the connection. */
export interface Replay {
  /** Later ones have larger numbers. A topic that came is had by all replays that there are by then. */
  number: number;
  isOver: boolean;
  /** The subscription identifiers of the first SUBSCRIBE and the last; 0 if these have none. */
  first: number;
  last: number;
}

/** The replays of one filter. */
interface Asking {
  readonly filter: string;
  /** Their SUBSCRIBE is not written, … */
  wanted: Replay[];
  /** … or not answered, … */
  asked: Replay[];
  /** … or answered. */
  granted: Replay[];
  /** When SUBACK came, or a retained message after that. */
  since: number;
}

interface Listening {
  replay: Replay | undefined;
  readonly delivery: Delivery;
}

/**
 * Decides who gets a retained message where MQTT 5 does not say it. A server marks a message as retained only in answer
 * to a SUBSCRIBE [MQTT-3.3.1-9], and does not say to which one. So retained messages go to the listeners who caused a
 * SUBSCRIBE, each topic once. This begins when SUBSCRIBE is written. It ends after SUBACK, with the first live message of the
 * filter or with a pause. A listener of a shared filter causes no SUBSCRIBE of this kind. A SUBSCRIBE may have no listeners: of `subscribe`, or when they have left.
 *
 * With a subscription identifier a retained message says which SUBSCRIBE it answers, see `isFor`. From a server that sends
 * them nothing is awaited after SUBACK, and nothing is remembered.
 *
 * Where no SUBSCRIBE can be the reason, the server marks live messages as well, against the standard: better to deliver
 * them than to lose them.
 */
export class Replays {
  /** By filter; none while nothing is asked for. */
  private tree: FilterTree<Asking> | undefined;
  /** The last replay that has had a topic. */
  private had = new Recent<string, { readonly number: number }>(BUDGET);
  private last = 0;
  /** Those with granted replays; the one that waits longest comes first. */
  private readonly pausing = new Set<Asking>();
  private timer: Subscription | undefined;
  /** Whether the server has sent a subscription identifier. Some say that they have them, and send none. */
  areIdentified = false;

  get any(): boolean {
    return this.tree !== undefined;
  }

  /** Listeners come to a filter: a SUBSCRIBE will be written for them. */
  join(filter: string, listeners: readonly Listening[]): void {
    if (isShared(filter)) return;
    const { wanted } = this.open(filter);
    if (wanted.length === 0) wanted.push(this.begin());
    for (const listener of listeners) listener.replay = wanted[0];
  }

  /**
   * SUBSCRIBE is written: for listeners who came, or for nobody's sake but the server's.
   * @param identifier its subscription identifier, 0 if it has none
   */
  asked(filter: string, identifier: number): void {
    if (isShared(filter)) return;
    const asking = this.open(filter);
    if (asking.wanted.length === 0) asking.wanted.push(this.begin());
    for (const replay of asking.wanted) {
      replay.first = identifier && (replay.first || identifier);
      replay.last = identifier;
    }
    asking.asked.push(...asking.wanted);
    asking.wanted = [];
  }

  /** SUBACK came. */
  granted(filter: string): void {
    const asking = this.of(filter);
    if (!asking || asking.asked.length === 0) return;
    const { asked } = asking;
    asking.asked = [];
    if (asked[0]!.last > 0 && this.areIdentified) return this.tidy(asking);
    asking.granted.push(...asked);
    this.pause(asking);
  }

  /** The last listener of a filter has left: what was asked for may still come. */
  left(filter: string): void {
    const asking = this.of(filter);
    if (!asking) return;
    end(asking.wanted);
    asking.wanted = [];
    this.tidy(asking);
  }

  /**
   * The connection is gone: what was not answered is asked for again.
   * @param isHeard whether a filter has listeners
   */
  down(isHeard: (filter: string) => boolean): void {
    for (const asking of this.tree ?? []) {
      if (!isHeard(asking.filter)) this.remove(asking);
      for (const replay of asking.asked) replay.number = ++this.last; // what is retained may change meanwhile
      asking.wanted.push(...asking.asked);
      asking.asked = [];
    }
  }

  /** Nothing more is sent for a filter: the server refused it, or took it away. */
  end(filter: string): void {
    const asking = this.of(filter);
    if (asking) this.remove(asking);
  }

  endAll(): void {
    for (const asking of this.tree ?? []) this.remove(asking);
  }

  /** A message came. @returns what says which listeners get it; nothing if all do */
  sift({ topic, retain }: PublishPacket): ((listener: Listening) => boolean) | undefined {
    const all = this.tree!.match(topic).flatMap(({ values }) => values);
    if (all.length === 0) return undefined;
    if (!retain) {
      for (const asking of all) this.endGranted(asking);
      return undefined;
    }
    const before = this.had.get(topic)?.number ?? 0;
    this.had.set(topic, { number: this.last }, TOPIC_BYTES + 2 * topic.length);
    for (const asking of all) if (asking.granted.length > 0) this.pause(asking);
    return ({ replay, delivery }) =>
      delivery.retainAsPublished || (replay !== undefined && !replay.isOver && replay.number > before);
  }

  private of(filter: string): Asking | undefined {
    return this.tree?.route(filter)?.values[0];
  }

  private open(filter: string): Asking {
    const known = this.of(filter);
    if (known) return known;
    const asking: Asking = { filter, wanted: [], asked: [], granted: [], since: 0 };
    (this.tree ??= new FilterTree()).add(filter, asking);
    return asking;
  }

  private begin(): Replay {
    return { number: ++this.last, isOver: false, first: 0, last: 0 };
  }

  /** Begins the wait for the pause, or begins it anew. */
  private pause(asking: Asking): void {
    asking.since = monotonicNow();
    this.pausing.delete(asking);
    this.pausing.add(asking);
    this.timer ??= asyncScheduler.schedule(() => this.look(), PAUSE);
  }

  private look(): void {
    this.timer = undefined;
    const now = monotonicNow();
    for (const asking of this.pausing) {
      const wait = asking.since + PAUSE - now;
      if (wait > 0) return void (this.timer = asyncScheduler.schedule(() => this.look(), Math.max(1, wait)));
      this.endGranted(asking);
    }
  }

  private endGranted(asking: Asking): void {
    end(asking.granted);
    asking.granted = [];
    this.pausing.delete(asking);
    this.tidy(asking);
  }

  private remove(asking: Asking): void {
    end(asking.wanted);
    end(asking.asked);
    asking.wanted = asking.asked = [];
    this.endGranted(asking);
  }

  /** Forgets a filter of which nothing is expected; with the last one also the topics. */
  private tidy(asking: Asking): void {
    const { filter, wanted, asked, granted } = asking;
    if (wanted.length + asked.length + granted.length > 0) return;
    this.tree?.delete(filter, asking);
    if (this.tree?.nodeCount !== 0) return;
    this.tree = undefined;
    this.had = new Recent(BUDGET);
    this.timer?.unsubscribe();
    this.timer = undefined;
  }
}

/**
 * Whether a listener gets a message with RETAIN and one identifier of its filter. Without `retainAsPublished` the message
 * answers a SUBSCRIBE, and is for those who caused it. With it, a live message may look the same: so all get it, and some
 * get a retained message again.
 */
export function isFor({ replay, delivery }: Listening, identifier: number): boolean {
  if (delivery.retainAsPublished || !replay) return true;
  return replay.first <= identifier && identifier <= replay.last;
}

function end(replays: readonly Replay[]): void {
  for (const replay of replays) replay.isOver = true;
}
