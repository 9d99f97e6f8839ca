import { type Subscription, asyncScheduler } from 'rxjs';
import type { PublishPacket } from '../packet/Packet.js';
import { monotonicNow } from '../stream/clock.js';

/** Milliseconds without a retained message after which the server has sent all that a SUBSCRIBE asks for. */
const PAUSE = 5_000;
/** So many topics of a replay are remembered; whatever the server sends, memory has an end. */
const MOST_TOPICS = 16_384;

/** The retained messages that one SUBSCRIBE asks for. */
export interface Replay {
  /** `wanted` until SUBSCRIBE is written, `asked` until SUBACK. */
  state: 'wanted' | 'asked' | 'granted' | 'over';
  /** The topics that its listeners had. */
  readonly topics: Set<string>;
  /** When a retained message last came, or SUBACK. */
  since: number;
}

interface Listening {
  replay: Replay | undefined;
}

/**
 * Decides who gets a retained message. A server marks a message as retained only in answer to a SUBSCRIBE [MQTT-3.3.1-9],
 * and does not say to which. So while a SUBSCRIBE of a filter is unanswered, and until the first live message of that
 * filter or a pause after SUBACK, retained messages go to the listeners who caused the SUBSCRIBE, each topic once. A
 * listener of a shared filter causes none.
 *
 * Where no SUBSCRIBE can be the reason, the server marks live messages as well, against the standard: better to deliver
 * them than to lose them.
 */
export class Replays {
  private readonly ofFilter = new Map<string, Replay[]>();
  private timer: Subscription | undefined;

  get any(): boolean {
    return this.ofFilter.size > 0;
  }

  /** Listeners come to a filter: a SUBSCRIBE will be written for them. */
  join(filter: string, listeners: readonly Listening[]): void {
    if (filter.startsWith('$share/')) return;
    const wanted = this.list(filter).find(({ state }) => state === 'wanted') ?? this.begin(filter);
    for (const listener of listeners) listener.replay = wanted;
  }

  /** SUBSCRIBE is written: for listeners who came, or for nobody's sake but the server's. */
  asked(filter: string): void {
    if (filter.startsWith('$share/')) return;
    const wanted = this.list(filter).filter(({ state }) => state === 'wanted');
    for (const replay of wanted.length > 0 ? wanted : [this.begin(filter)]) replay.state = 'asked';
  }

  /** SUBACK came. */
  granted(filter: string): void {
    for (const replay of this.list(filter)) {
      if (replay.state !== 'asked') continue;
      replay.state = 'granted';
      replay.since = monotonicNow();
      this.timer ??= asyncScheduler.schedule(() => this.look(), PAUSE);
    }
  }

  /** The connection is gone: what was not answered is asked again. */
  down(): void {
    for (const replays of this.ofFilter.values()) {
      for (const replay of replays) {
        if (replay.state !== 'asked') continue;
        replay.state = 'wanted';
        replay.topics.clear(); // what is retained may change meanwhile
      }
    }
  }

  /** The filter has no listeners any more. */
  end(filter: string): void {
    for (const replay of this.list(filter)) end(replay);
    this.ofFilter.delete(filter);
    if (!this.any) this.stop();
  }

  endAll(): void {
    for (const filter of [...this.ofFilter.keys()]) this.end(filter);
    this.stop();
  }

  /** A message came. @returns what says which listeners get it; nothing if all do */
  sift(
    packet: PublishPacket,
    routes: readonly { readonly filter: string }[],
  ): ((listener: Listening) => boolean) | undefined {
    const replays = routes.flatMap(({ filter }) => this.list(filter));
    if (replays.length === 0) return undefined;
    if (!packet.retain) {
      for (const { filter } of routes) this.endGranted(filter, () => true);
      return undefined;
    }
    const { topic } = packet;
    const fresh = new Set(replays.filter(({ topics }) => !topics.has(topic)));
    const now = monotonicNow();
    for (const replay of replays) {
      if (replay.topics.size >= MOST_TOPICS) replay.topics.clear();
      replay.topics.add(topic);
      replay.since = now;
    }
    return ({ replay }) => replay !== undefined && fresh.has(replay);
  }

  private list(filter: string): readonly Replay[] {
    return this.ofFilter.get(filter) ?? [];
  }

  private begin(filter: string): Replay {
    const replay: Replay = { state: 'wanted', topics: new Set(), since: 0 };
    this.ofFilter.set(filter, [...this.list(filter), replay]);
    return replay;
  }

  private endGranted(filter: string, isOver: (replay: Replay) => boolean): void {
    const replays = this.list(filter);
    const remaining = replays.filter((replay) => replay.state !== 'granted' || !isOver(replay));
    for (const replay of replays) if (!remaining.includes(replay)) end(replay);
    if (remaining.length > 0) this.ofFilter.set(filter, remaining);
    else this.ofFilter.delete(filter);
    if (!this.any) this.stop();
  }

  private look(): void {
    this.timer = undefined;
    const until = monotonicNow() - PAUSE;
    for (const filter of [...this.ofFilter.keys()]) this.endGranted(filter, ({ since }) => since <= until);
    const granted = [...this.ofFilter.values()].flat().filter(({ state }) => state === 'granted');
    if (granted.length === 0) return;
    const first = Math.min(...granted.map(({ since }) => since));
    this.timer = asyncScheduler.schedule(() => this.look(), Math.max(1, first - until));
  }

  private stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }
}

function end(replay: Replay): void {
  replay.state = 'over';
  replay.topics.clear();
}
