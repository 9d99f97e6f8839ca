import { Observable, type OperatorFunction, defer, mergeMap } from 'rxjs';
import type { MqttError } from '../errors.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import { checkArgument } from '../stream/checkOption.js';
import type { MqttClient, PublishOptions } from '../client/MqttClient.js';
import type { PublishReceipt } from '../client/Publishing.js';

/** What to publish. */
export interface PublishRequest extends PublishOptions {
  readonly topic: string;
  readonly payload?: string | Uint8Array | undefined;
}

/** What became of the publish for one value: a receipt, or an error. */
export interface PublishResult<T> {
  readonly value: T;
  readonly receipt?: PublishReceipt;
  readonly error?: MqttError;
}

/** How `publishEach` works. */
export interface PublishEachOptions {
  /** How many publishes may be unsettled at a time; further values wait here. Default 1,000. */
  readonly concurrency?: number | undefined;
}

/**
 * Publishes for each value of a stream. Emits a result for each, in order of acknowledgement; a publish that failed is a
 * result with an `error` and does not end the stream.
 *
 * @param project says what to publish for a value
 * @example
 * readings$.pipe(publishEach(client, (r) => ({ topic: `room/${r.room}`, payload: r.temp, qos: 1 }))).subscribe();
 */
export function publishEach<T>(
  client: Pick<MqttClient, 'publish'>,
  project: (value: T, index: number) => PublishRequest,
  options?: PublishEachOptions,
): OperatorFunction<T, PublishResult<T>> {
  const concurrency = options?.concurrency ?? 1_000;
  const publish = mergeMap((value: T, index) => {
    const { topic, payload, ...options } = project(value, index);
    return new Observable<PublishResult<T>>((observer) =>
      client.publish(topic, payload, options).subscribe({
        next: (receipt) => observer.next({ value, receipt }),
        error: (error: MqttError) => {
          observer.next({ value, error });
          observer.complete();
        },
        complete: () => observer.complete(),
      }),
    );
  }, concurrency);
  return (values$) =>
    defer(() => {
      if (options) refuseOtherArguments(options, ['concurrency']);
      checkArgument(concurrency >= 1, 'concurrency', 'a number from 1', concurrency);
      return publish(values$);
    });
}
