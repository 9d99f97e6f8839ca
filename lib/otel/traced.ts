import { Observable, type ObservableInput, type Observer, defer, from } from 'rxjs';
import type { Message } from '../everywhere.js';
import type { Operation } from './Operation.js';
import { Telemetry } from './Telemetry.js';
import { deliveryOf, processing } from './receiving.js';

/** A client that is not instrumented. */
const UNKNOWN = { toJSON: () => ({ clientId: '', state: 'idle', streams: 0, queued: 0, inFlight: 0 }) as const };

/**
 * Work on messages with a span for each, of kind CONSUMER, in the trace of the span that published the message. For
 * `consume`, `respond`, and operators such as `mergeMap`. What the work publishes and awaits belongs to its span, which ends
 * with the work: when it completes, fails or is unsubscribed.
 *
 * @param work starts the work, and returns what completes or fails with it: an Observable, a promise …
 * @example
 * consume(client, 'orders/+id', traced((order) => database.insert(order.params.id, order.json()))).subscribe();
 */
export function traced<P, V, R>(
  work: (message: Message<P, V>) => ObservableInput<R>,
): (message: Message<P, V>) => Observable<R> {
  let unknown: Telemetry | undefined;
  /** The operation of the work on a message: the delivery, while that lasts, or a new one. */
  const begin = (message: Message): Operation | undefined => {
    const delivery = deliveryOf(message);
    const operation = delivery?.operation;
    if (operation) {
      delivery.operation = undefined; // it ends with the work, and only one takes it
      return operation;
    }
    const telemetry =
      delivery?.telemetry ?? (unknown ??= new Telemetry(UNKNOWN, undefined, undefined, () => undefined));
    return telemetry.isOn ? processing(message, telemetry, delivery?.filter) : undefined;
  };
  return (message) =>
    new Observable((observer) => {
      const operation = begin(message as Message<unknown> as Message);
      if (!operation) return from(work(message)).subscribe(observer);
      observer.add(() => operation.end()); // it is given up
      const outcome: Observer<R> = {
        // Later values come in whatever context is active then.
        next: (value) => operation.run(() => observer.next(value)),
        error: (error: unknown) => {
          operation.end(error);
          observer.error(error);
        },
        complete: () => {
          operation.end();
          observer.complete();
        },
      };
      return operation.run(() => defer(() => work(message)).subscribe(outcome));
    });
}
