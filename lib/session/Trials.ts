import { PublishRefusedError, SubscriptionRefusedError } from '../errors.js';
import type { Outbox } from './Outbox.js';
import { Outgoing } from './Outgoing.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionOptions } from './SessionOptions.js';
import type { Subscriptions } from './Subscriptions.js';
import { Suspects, type Verdict } from './Suspects.js';
import type { Window } from './Window.js';

/**
 * Tries the messages and topic filters that may make the server hang up: `Suspects` decides, this sends them one at a time
 * and carries out the verdicts.
 *
 * @typeParam O a message on its way
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class Trials<O extends Outgoing, R> {
  // for the session
  private readonly suspects: Suspects<O | string>;
  // for the connection
  /** A suspected message is sent as soon as the window has room. */
  isDue = false;

  constructor(
    { stableAfter, giveUpAfter }: SessionOptions,
    private readonly effects: SessionEffects<O, R>,
    private readonly outbox: Outbox<O>,
    private readonly subscriptions: Subscriptions<R>,
    private readonly window: Window,
  ) {
    this.suspects = new Suspects(stableAfter, giveUpAfter, effects.surroundings);
  }

  /** Whether newer messages must wait. */
  get isBusy(): boolean {
    if (this.suspects.isExclusive) return true;
    // Later messages wait behind suspected ones, for a bad network must not change their order [MQTT-4.6.0-1].
    return this.outbox.exchanges.areApart && !this.suspects.isSure;
  }

  /** Whether a filter may be subscribed now. */
  admits(filter: string): boolean {
    return this.suspects.admits(filter);
  }

  /** The connection is there, and what is not suspected is sent. */
  up(): void {
    this.suspects.up();
  }

  /** The connection is gone, but its requests still say what they awaited. @returns what that says of the suspects */
  down(uptime: number, isLoss: boolean): Verdict<O | string> | undefined {
    this.isDue = false;
    return this.suspects.down(uptime, isLoss, () => this.unanswered());
  }

  /** The time that `remind` named has passed. @returns whether what had to wait may be sent */
  reminded(): boolean {
    this.suspects.reminded();
    return this.changed();
  }

  /** The server answered the ping, or the window has opened since. @returns whether what had to wait may be sent */
  probed(): boolean {
    const [next] = this.suspects.all;
    this.isDue = next instanceof Outgoing && !this.window.admits(this.outbox.exchanges.inFlight);
    if (this.isDue) return false;
    const suspect = this.suspects.probed();
    if (suspect instanceof Outgoing) this.outbox.try(suspect);
    return this.changed();
  }

  /** A request is answered, or not wanted any more: it is no suspect. */
  clear(request: O | string): void {
    if (!this.suspects.clear(request)) return;
    if (this.window.isUp) this.effects.surroundings.turnNeeded();
    if (!this.suspects.isExclusive) this.subscriptions.filters.admitAgain();
  }

  /** Filters that nobody wants any more are not suspected. @param filters default: all suspects */
  clearUnwanted(filters: readonly (O | string)[] = this.suspects.all): void {
    for (const one of filters) {
      if (typeof one === 'string' && this.suspects.has(one) && !this.subscriptions.filters.wants(one)) this.clear(one);
    }
  }

  /** Carries out what a lost connection says of the suspects. */
  judge(verdict: Verdict<O | string>): void {
    const { exchanges } = this.outbox;
    switch (verdict.type) {
      case 'cleared':
        return exchanges.rejoin();
      case 'suspected': {
        const { suspects } = verdict;
        const filters = suspects.filter((one) => typeof one === 'string');
        const messages = suspects.filter((one) => typeof one !== 'string');
        for (const outgoing of messages) exchanges.setApart(outgoing);
        return this.effects.events.next({ type: 'suspected', filters, topics: messages.map(({ topic }) => topic) });
      }
      case 'given-up': {
        const { suspect, trials } = verdict;
        const how = `it hung up ${trials} times when this was sent, while connections without it lived on`;
        if (typeof suspect === 'string') {
          const why = `${how}; some brokers do so when a policy forbids the filter`;
          this.effects.events.next({ type: 'given-up', filter: suspect, trials });
          this.subscriptions.giveUp(suspect, new SubscriptionRefusedError(suspect, why));
        } else {
          this.effects.events.next({ type: 'given-up', topic: suspect.topic, trials });
          const error = new PublishRefusedError(suspect.topic, `${how}; ${likelyReason(suspect)}`);
          this.outbox.acknowledgements.refuse(suspect, error);
        }
      }
    }
  }

  private unanswered(): ReadonlySet<O | string> {
    const sent = [...this.outbox.exchanges.published.passed()].filter(({ isWritten }) => isWritten);
    return new Set<O | string>([...sent, ...this.subscriptions.unanswered()]);
  }

  private changed(): boolean {
    if (this.window.isUp) this.subscriptions.filters.admitAgain();
    return this.window.isUp;
  }
}

/** Why a server may hang up on a message. */
function likelyReason({ qos, retain, payload }: Outgoing): string {
  const kinds = `${qos === 2 ? 'QoS 2, ' : ''}${retain ? 'retained messages, ' : ''}`;
  return `some brokers do so on ${kinds}a topic that a policy forbids, or a message above their limit: this has ${payload.length} bytes`;
}
