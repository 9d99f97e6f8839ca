/** How many connections in a row must be lost soon, with the same requests unanswered, to make these suspects. */
const STRIKES = 3;
/**
 * A control connection, which is one without the suspect, must live twice as long as the last connection with it, plus the
 * margin. Over a bad network a connection may live longer by chance: with a factor of 1.25 a request that never got
 * through was given up in up to 13 of 10,000 suspicions, with 2 in up to 0.5.
 */
const CONTROL_FACTOR = 2;
/** Milliseconds. */
const CONTROL_MARGIN = 50;

/**
 * How many failed trials make a suspect let the others go first. Without this they would wait for ever with
 * `giveUpAfter: Infinity`.
 */
const PATIENCE = 5;

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
 * begins with a PINGREQ that is answered. After a trial that failed, a control connection without the suspect must live
 * twice as long as the last one did with it. Then the next trial begins. If the control is lost as well, the network is
 * bad, and all suspects are cleared, unless other requests were unanswered in it: these become suspects too. A suspect
 * that fails `giveUpAfter` trials in a row is given up.
 *
 * @typeParam S a request
 */
export class Suspects<S> {
  // for the session
  /** How many trials of each suspect failed. The first one is tried first. */
  private trials: Map<S, number> | undefined; // made for the first one, which is rare
  private strikes = 0;
  private candidates: ReadonlySet<S> | undefined;
  /** Milliseconds that the next connection must live without the suspect. */
  private control = 0;
  // for the connection
  private phase: 'none' | 'control' | 'probe' | 'trial' | 'overdue' = 'none';
  private tried: S | undefined;

  /**
   * @param stableAfter milliseconds that a connection must live to say nothing against its requests
   * @param giveUpAfter failed trials
   */
  constructor(
    private readonly stableAfter: number,
    private readonly giveUpAfter: number,
    private readonly effects: SuspectEffects,
  ) {}

  /** Whether what comes later need not wait behind suspects: one has failed many trials, or is not answered for long. */
  get isSure(): boolean {
    if (this.phase === 'overdue') return true;
    for (const trials of this.trials?.values() ?? []) if (trials >= PATIENCE) return true;
    return false;
  }

  /** Whether nothing but the suspect on trial may be sent. */
  get isExclusive(): boolean {
    return this.phase === 'probe' || this.phase === 'trial';
  }

  /** All suspects; the first one is tried next. */
  get all(): readonly S[] {
    return [...(this.trials?.keys() ?? [])];
  }

  has(request: S): boolean {
    return this.trials?.has(request) === true;
  }

  /** Whether a request may be sent now. */
  admits(request: S): boolean {
    return this.isExclusive ? this.tried === request : !this.has(request);
  }

  /** A connection is there: what is not suspected goes first. */
  up(): void {
    if (!this.trials) return;
    this.phase = 'control';
    if (this.control > 0) this.effects.remind(this.control);
    else this.ask();
  }

  /** The time that was asked for has passed. */
  reminded(): void {
    if (this.phase === 'control') this.ask();
    else if (this.phase === 'trial') this.phase = 'overdue';
  }

  /** The server answered the ping. @returns the suspect that must be sent now */
  probed(): S | undefined {
    if (this.phase !== 'probe') return undefined;
    [this.tried] = this.trials!.keys();
    this.phase = 'trial';
    this.effects.remind(this.stableAfter);
    return this.tried;
  }

  /** A request is answered, or not wanted any more. @returns whether it was a suspect */
  clear(request: S): boolean {
    if (this.trials?.delete(request) !== true) return false;
    const isLast = this.forgetIfNone();
    const wasTried = this.tried === request;
    if (wasTried || isLast) {
      this.tried = undefined;
      this.control = 0;
      this.phase = 'none';
    }
    if (wasTried && !isLast) this.ask();
    return true;
  }

  /** The connection is gone. @param unanswered what was sent on it and not answered */
  down(uptime: number, isLoss: boolean, unanswered: () => ReadonlySet<S>): Verdict<S> | undefined {
    const { phase, tried } = this;
    this.phase = 'none';
    this.tried = undefined;
    if (!isLoss) return undefined;
    if (!this.trials) return this.strike(uptime, unanswered);
    if (phase === 'trial' && tried !== undefined) return this.failed(tried, uptime);
    if (phase === 'none') return undefined;
    const others = phase !== 'overdue' && uptime < this.stableAfter ? unanswered() : new Set<S>();
    return others.size > 0 ? this.join(others) : this.clearAll();
  }

  private ask(): void {
    this.phase = 'probe';
    this.effects.probe();
  }

  private strike(uptime: number, unanswered: () => ReadonlySet<S>): Verdict<S> | undefined {
    const sent = uptime < this.stableAfter ? unanswered() : new Set<S>();
    const again = new Set([...sent].filter((request) => this.candidates?.has(request) === true));
    this.strikes = again.size > 0 ? this.strikes + 1 : Math.min(1, sent.size);
    this.candidates = again.size > 0 ? again : sent;
    if (this.strikes < STRIKES) return undefined;
    const suspects = [...this.candidates];
    this.trials = new Map(suspects.map((request) => [request, 0]));
    this.strikes = 0;
    this.candidates = undefined;
    return { type: 'suspected', suspects };
  }

  private failed(suspect: S, uptime: number): Verdict<S> | undefined {
    const trials = this.trials!.get(suspect)! + 1;
    this.control = Math.ceil(uptime * CONTROL_FACTOR) + CONTROL_MARGIN;
    if (trials < this.giveUpAfter) {
      if (trials % PATIENCE === 0) this.trials!.delete(suspect); // and goes to the end
      this.trials!.set(suspect, trials);
      return undefined;
    }
    this.trials!.delete(suspect);
    this.forgetIfNone();
    this.control = 0;
    return { type: 'given-up', suspect, trials };
  }

  /** @returns whether there is no suspect any more */
  private forgetIfNone(): boolean {
    if (this.trials!.size > 0) return false;
    this.trials = undefined;
    return true;
  }

  /** A control was lost in which others were unanswered: one of these may be as bad as those that are suspected. */
  private join(others: ReadonlySet<S>): Verdict<S> {
    const all = [...this.trials!.keys(), ...others];
    this.trials = new Map(all.map((suspect) => [suspect, 0]));
    this.control = 0;
    return { type: 'suspected', suspects: [...others] };
  }

  private clearAll(): Verdict<S> {
    this.trials = undefined;
    this.control = 0;
    return { type: 'cleared' };
  }
}
