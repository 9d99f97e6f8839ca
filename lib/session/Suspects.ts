/** So many connections in a row that are lost soon, with the same requests unanswered, make these suspects. */
const STRIKES = 3;
/** A connection without the suspect must live so many times longer than one with it … */
const CONTROL_FACTOR = 1.25;
/** … and so many milliseconds more. */
const CONTROL_MARGIN = 50;

/** What the machine asks for. */
export interface SuspectEffects {
  /** See `Surroundings`. */
  remind(ms: number): void;
  probe(): void;
}

/** What a lost connection says of the suspects. */
export type Verdict<S> =
  | { readonly type: 'suspected'; readonly suspects: readonly S[] }
  | { readonly type: 'cleared' }
  | { readonly type: 'given-up'; readonly suspect: S; readonly trials: number };

/**
 * Finds the request that makes the server hang up. Some servers close the connection without a word on a filter that a
 * policy forbids or a message above their limit. To repeat it at every reconnect is an endless loop in which everything
 * else waits.
 *
 * After three short connections with the same requests unanswered, these are suspects, and are sent one at a time. A trial
 * begins with a PINGREQ that is answered. After a trial that failed, a control connection must live longer without the
 * suspect than the last one did with it: then the next trial begins. A control that is lost as well says that the network
 * is bad, and clears everybody. So many failed trials in a row give a suspect up.
 *
 * @typeParam S a request
 */
export class Suspects<S> {
  // for the session
  /** How many trials of each suspect failed. The first one is tried first. */
  private readonly trials = new Map<S, number>();
  private strikes = 0;
  private candidates: ReadonlySet<S> = new Set();
  /** Milliseconds that the next connection must live without the suspect. */
  private control = 0;
  // for the connection
  private phase: 'none' | 'control' | 'probe' | 'trial' | 'overdue' = 'none';
  private tried: S | undefined;
  /** Suspects that were sent on this connection: they neither made the server hang up nor were answered. */
  private overdue: Set<S> | undefined;

  /**
   * @param stableAfter milliseconds that a connection must live to say nothing against its requests
   * @param giveUpAfter failed trials
   */
  constructor(
    private readonly stableAfter: number,
    private readonly giveUpAfter: number,
    private readonly effects: SuspectEffects,
  ) {}

  /** The suspect that is on trial. */
  get current(): S | undefined {
    return this.tried;
  }

  /** Whether nothing but the suspect on trial may be sent. */
  get isExclusive(): boolean {
    return this.phase === 'probe' || this.phase === 'trial';
  }

  has(request: S): boolean {
    return this.trials.size > 0 && this.trials.has(request);
  }

  /** Whether a request may be sent now. */
  admits(request: S): boolean {
    return this.isExclusive ? this.tried === request : !this.has(request);
  }

  /** A connection is there: what is not suspected goes first. */
  up(): void {
    if (this.trials.size === 0) return;
    this.phase = 'control';
    if (this.control > 0) this.effects.remind(this.control);
    else this.ask();
  }

  /** The time that was asked for has passed. */
  reminded(): void {
    if (this.phase === 'control') this.ask();
    else if (this.phase === 'trial') {
      (this.overdue ??= new Set()).add(this.tried!);
      this.tried = undefined;
      this.askForNext();
    }
  }

  /** The suspect that is sent next. */
  get next(): S | undefined {
    for (const suspect of this.trials.keys()) if (this.overdue?.has(suspect) !== true) return suspect;
    return undefined;
  }

  /** The server answered the ping. @returns the suspect that must be sent now */
  probed(): S | undefined {
    if (this.phase !== 'probe') return undefined;
    this.tried = this.next;
    this.phase = 'trial';
    this.effects.remind(this.stableAfter);
    return this.tried;
  }

  /** A request is answered, or not wanted any more. @returns whether it was a suspect */
  clear(request: S): boolean {
    if (this.trials.size === 0 || !this.trials.delete(request)) return false;
    if (this.next === undefined && this.tried !== request && this.phase === 'probe') this.phase = 'overdue';
    if (this.trials.size === 0) this.phase = 'none';
    if (this.tried !== request) return true;
    this.tried = undefined;
    this.control = 0;
    this.askForNext();
    return true;
  }

  /** The connection is gone. @param unanswered what was sent on it and not answered */
  down(uptime: number, isLoss: boolean, unanswered: () => ReadonlySet<S>): Verdict<S> | undefined {
    const { phase, tried } = this;
    this.phase = 'none';
    this.tried = this.overdue = undefined;
    if (!isLoss) return undefined;
    if (this.trials.size === 0) return this.strike(uptime, unanswered);
    if (phase === 'trial' && tried !== undefined) return this.failed(tried, uptime);
    return phase === 'none' ? undefined : this.clearAll();
  }

  private askForNext(): void {
    if (this.next !== undefined) this.ask();
    else this.phase = this.trials.size > 0 ? 'overdue' : 'none';
  }

  private ask(): void {
    this.phase = 'probe';
    this.effects.probe();
  }

  private strike(uptime: number, unanswered: () => ReadonlySet<S>): Verdict<S> | undefined {
    const sent = uptime < this.stableAfter ? unanswered() : new Set<S>();
    const again = new Set([...sent].filter((request) => this.candidates.has(request)));
    this.strikes = again.size > 0 ? this.strikes + 1 : Math.min(1, sent.size);
    this.candidates = again.size > 0 ? again : sent;
    if (this.strikes < STRIKES) return undefined;
    for (const request of this.candidates) this.trials.set(request, 0);
    const suspects = [...this.candidates];
    this.strikes = 0;
    this.candidates = new Set();
    return { type: 'suspected', suspects };
  }

  private failed(suspect: S, uptime: number): Verdict<S> | undefined {
    const trials = this.trials.get(suspect)! + 1;
    this.control = Math.ceil(uptime * CONTROL_FACTOR) + CONTROL_MARGIN;
    if (trials < this.giveUpAfter) {
      this.trials.set(suspect, trials);
      return undefined;
    }
    this.trials.delete(suspect);
    this.control = 0;
    return { type: 'given-up', suspect, trials };
  }

  private clearAll(): Verdict<S> {
    this.trials.clear();
    this.control = 0;
    return { type: 'cleared' };
  }
}
