import { Observable, Subject } from 'rxjs';
import { InputQueue } from './InputQueue.js';

/**
 * A Subject whose observers all hear one order: what is emitted while a value is being told waits until everybody has
 * heard that. With a plain Subject an observer that reacts at once makes those behind it hear the reaction first.
 * One that nobody looks at holds next to nothing: the Subject is made for the first observer.
 */
export class Relay<T> {
  private subject: Subject<T> | undefined;
  private values: InputQueue<Relay<T>> | undefined;
  private isComplete = false;

  /** @param last the value told last, for those who come later; without a first one none is kept */
  constructor(public last?: T) {}

  get observed(): boolean {
    return this.subject?.observed === true;
  }

  /**
   * Hot; never errors; completes with `complete()`.
   * @param present what each subscriber is told first. It is subscribed before that: whoever reacts to the present at once
   *   hears of what follows from it
   */
  stream(present?: () => T): Observable<T> {
    return new Observable((observer) => {
      const following = this.isComplete ? undefined : (this.subject ??= new Subject()).subscribe(observer);
      if (present) observer.next(present());
      if (!following) observer.complete();
      return following;
    });
  }

  /** Costs next to nothing while nobody looks. */
  next(value: T): void {
    if (!this.observed && this.last === undefined) return;
    (this.values ??= new InputQueue<Relay<T>>(this)).push(Relay.tell<T>, value);
  }

  complete(): void {
    (this.values ??= new InputQueue<Relay<T>>(this)).push(Relay.finish<T>, undefined);
  }

  private static tell<T>(relay: Relay<T>, value: T): void {
    if (relay.last !== undefined) relay.last = value;
    relay.subject?.next(value);
  }

  private static finish<T>(relay: Relay<T>): void {
    relay.isComplete = true;
    relay.subject?.complete();
  }
}
