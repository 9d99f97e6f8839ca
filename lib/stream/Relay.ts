import { Observable, type Observer, Subject, type Subscriber } from 'rxjs';
import { SerialQueue } from './SerialQueue.js';
import { finish } from './finish.js';
import { reportUnhandled } from './reportUnhandled.js';

/**
 * A Subject whose observers all hear one order: a value that is emitted while another is being told waits until every
 * observer has heard that one. With a plain Subject an observer that reacts at once makes those behind it hear the
 * reaction first. Without observers it takes next to no memory: the Subject is made for the first one.
 */
export class Relay<T> {
  private subject: Subject<T> | undefined;
  private values: SerialQueue | undefined;
  private isComplete = false;

  /** @param last the value told last, for observers who come later; without a first one none is kept */
  constructor(public last?: T) {}

  get observed(): boolean {
    return this.subject?.observed === true;
  }

  /**
   * Hot; never errors; completes with `complete()`.
   * @param present what each observer is told first. The observer is subscribed before that: one that reacts to the
   *   present at once hears of what follows from its reaction
   */
  stream(present?: () => T): Observable<T> {
    return new Observable((observer) => {
      const following = this.isComplete ? undefined : (this.subject ??= new Subject()).subscribe(apart(observer));
      if (present) observer.next(present());
      if (!following) observer.complete();
      return following;
    });
  }

  /** Costs next to nothing while nobody looks. */
  next(value: T): void {
    if (!this.observed && this.last === undefined) return;
    this.queue.run(() => {
      if (this.last !== undefined) this.last = value;
      this.subject?.next(value);
    });
  }

  complete(): void {
    this.queue.run(() => {
      this.isComplete = true;
      this.subject?.complete();
    });
  }

  private get queue(): SerialQueue {
    return (this.values ??= new SerialQueue());
  }
}

/** An observer whose exceptions keep the value from nobody else. */
function apart<T>(observer: Subscriber<T>): Partial<Observer<T>> {
  return {
    next: (value) => {
      try {
        observer.next(value);
      } catch (error) {
        reportUnhandled(error);
      }
    },
    complete: () => finish(observer),
  };
}
