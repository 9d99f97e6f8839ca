import {
  type Observable,
  concatMap,
  defer,
  filter,
  ignoreElements,
  map,
  merge,
  range,
  share,
  take,
  takeUntil,
  toArray,
} from 'rxjs';
import type { MqttClient } from '../../index.js';
import { within } from '../within.js';
import type { Plan } from './Plan.js';

/** Seconds for one message. */
const PATIENCE = 5;

/**
 * Sends messages one after the other and measures how long each takes to come back, in milliseconds. Cold; emits each time,
 * and completes. Errs when one does not come back.
 *
 * @param subscriber with a connection; it is subscribed to the topic already
 */
export function roundTrips(publisher: MqttClient, subscriber: MqttClient, plan: Plan): Observable<number> {
  const { topic, qos, trips, size } = plan;
  return defer(() => {
    const received$ = subscriber.topic$(topic, { qos }).pipe(share());
    const trip = (number: number) =>
      defer(() => {
        const payload = Buffer.alloc(Math.max(4, size));
        payload.writeUInt32BE(number);
        const started = performance.now();
        const back$ = received$.pipe(
          filter((message) => payload.equals(message.payload)),
          take(1),
          map(() => performance.now() - started),
        );
        const sent$ = publisher.publish(topic, payload, { qos }).pipe(ignoreElements());
        return merge(back$, sent$).pipe(within(PATIENCE, `a message on ${topic} did not come back`));
      });
    const trips$ = range(trips).pipe(concatMap(trip), share());
    const over$ = trips$.pipe(toArray());
    return merge(trips$, received$.pipe(takeUntil(over$), ignoreElements()));
  });
}
