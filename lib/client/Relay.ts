import { type Observable, Subject } from 'rxjs';
import { InputQueue } from './InputQueue.js';

/**
 * A Subject whose observers all hear one order: what is emitted while a value is being told waits until everybody has
 * heard that. With a plain Subject an observer that reacts at once makes those behind it hear the reaction first.
 */
export class Relay<T extends object> {
  private readonly subject = new Subject<T>();
  private readonly values = new InputQueue<T | undefined>((value) => this.tell(value));
  /** Hot; never errors; completes with `complete()`. */
  readonly stream$: Observable<T> = this.subject.asObservable();

  /** @param last the value told last, or a first one for those who ask before anything was told */
  constructor(public last?: T) {}

  get observed(): boolean {
    return this.subject.observed;
  }

  next(value: T): void {
    this.values.push(value);
  }

  complete(): void {
    this.values.push(undefined);
  }

  private tell(value: T | undefined): void {
    if (value === undefined) return this.subject.complete();
    this.last = value;
    this.subject.next(value);
  }
}
