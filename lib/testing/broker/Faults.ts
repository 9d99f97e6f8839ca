import { type Observable, Subject, Subscription, first, startWith } from 'rxjs';
import { matches } from '../../everywhere.js';
import type { HeldPacket } from './TestBroker.js';

/** Why nobody gets in. */
interface Refusal {
  readonly reasonCode: number;
  times: number;
}

/** The faults that are in force. They concern all connections. */
export class Faults {
  /** Types of packets that are held back. */
  readonly held = new Set<string>();
  /** Emits when something is held back no more. */
  readonly released$ = new Subject<void>();
  /** Milliseconds by which everything is late. */
  lag = 0;
  private readonly refused = new Set<readonly [filter: string, reasonCode: number]>();
  private readonly refusals = new Set<Refusal>();
  private readonly walls = new Set<object>();
  private readonly swallowing = new Set<object>();
  private readonly answered$ = new Subject<void>();

  /** Whether nobody can dial. */
  get isUnreachable(): boolean {
    return this.walls.size > 0;
  }

  /** Why a topic, or all that a filter matches, is refused. */
  refusalOf(topic: string): number | undefined {
    return [...this.refused].find(([filter]) => matches(filter, topic))?.[1];
  }

  /** Why the CONNECT that came is refused. */
  takeRefusal(): number | undefined {
    const [refusal] = this.refusals;
    if (refusal && --refusal.times <= 0) this.refusals.delete(refusal);
    return refusal?.reasonCode;
  }

  refuse(filter: string, reasonCode: number): Subscription {
    return during(this.refused, [filter, reasonCode]);
  }

  refuseConnect(reasonCode: number, times: number): Subscription {
    return during(this.refusals, { reasonCode, times });
  }

  wall(): Subscription {
    return during(this.walls, {});
  }

  /** Dials wait from now on. */
  hang(): Subscription {
    const fault = during(this.swallowing, {});
    fault.add(() => this.answered$.next());
    return fault;
  }

  /** Emits and completes when dials are answered: at once, or when the last `hang` is over. */
  dialAnswered(): Observable<unknown> {
    return this.answered$.pipe(
      startWith(undefined),
      first(() => this.swallowing.size === 0),
    );
  }

  hold(types: readonly HeldPacket[]): Subscription {
    for (const type of types) this.held.add(type);
    return new Subscription(() => this.release(types));
  }

  release(types: readonly string[]): void {
    for (const type of types.length > 0 ? types : [...this.held]) this.held.delete(type);
    this.released$.next();
  }

  delay(milliseconds: number): Subscription {
    this.lag = milliseconds;
    return new Subscription(() => {
      this.lag = 0;
    });
  }
}

/** Keeps a value in a set until it is unsubscribed. */
function during<T>(set: Set<T>, value: T): Subscription {
  set.add(value);
  return new Subscription(() => set.delete(value));
}
