import type { Observable} from 'rxjs';
import { EMPTY, type ObservableInput, concat, defer, from, ignoreElements, mergeMap, of } from 'rxjs';

/** Which work was done, where that outlives the process. */
export interface WorkRecord {
  /** Whether the work for a key was done. */
  has(key: string): boolean | ObservableInput<boolean>;
  /**
   * Notes that it was. Leave it out if the work itself writes the key, in the transaction that it writes its result in: only
   * that leaves no moment in which the one is written and the other is not.
   */
  add?(key: string): ObservableInput<unknown>;
}

/**
 * Work that is done once for each key, although its message may come again: for `consume`, where a process that dies
 * between the work and its acknowledgement gets the message once more, at QoS 2 as well.
 *
 * @param keyOf gives what tells messages apart: something that the sender wrote into them. Packet identifiers are used again
 * @param work as `consume` takes it
 * @returns work that emits nothing when it was done before
 * @example
 * consume(client, 'orders/#', withRecord(record, (m) => m.topic, (m) => save(m)), { qos: 2 }).subscribe();
 */
export function withRecord<M, R>(
  record: WorkRecord,
  keyOf: (message: M) => string,
  work: (message: M) => ObservableInput<R>,
): (message: M) => Observable<R> {
  return (message) =>
    defer(() => {
      const key = keyOf(message);
      const known = record.has(key);
      const noted$ = defer(() => record.add?.(key) ?? EMPTY).pipe(ignoreElements());
      return (typeof known === 'boolean' ? of(known) : from(known)).pipe(
        mergeMap((isDone) => (isDone ? EMPTY : concat(from(work(message)), noted$))),
      );
    });
}
