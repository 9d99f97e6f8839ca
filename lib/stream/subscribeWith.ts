import { Observable, type Observer, type Subscription } from 'rxjs';

/**
 * Subscribes, and hands over the subscription before the source can emit: a source that emits at once, as one in memory
 * does, could not be left in the middle otherwise.
 */
export function subscribeWith<T>(
  source: Observable<T>,
  observer: Partial<Observer<T>>,
  hold: (subscription: Subscription) => void,
): void {
  new Observable<T>((subscriber) => {
    hold(subscriber);
    source.subscribe(subscriber);
  }).subscribe(observer);
}
