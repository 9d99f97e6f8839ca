import { Observable, type OperatorFunction, defer, mergeMap } from 'rxjs';
import type { MqttError } from '../errors.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import { checkArgument } from '../stream/checkOption.js';
import type { Codec } from '../client/Codec.js';
import type { MqttClient, PublishOptions, PublishValueOptions } from '../client/MqttClient.js';
import type { PublishReceipt } from '../client/Publishing.js';
import type { NamedTopic } from '../topic/topic.js';

/** What to publish. */
export interface PublishRequest extends PublishOptions {
  readonly topic: string;
  readonly payload?: string | Uint8Array | undefined;
  /** See `PublishValueRequest`. */
  readonly value?: never;
}

/** A value to publish: its payload is made by the codec in `payload`, or by that of a topic that is a value. */
export type PublishValueRequest<In> = PublishOptions & { readonly value: NoInfer<In> } & (
    | { readonly topic: string; readonly payload: Codec<unknown, In> }
    | { readonly topic: NamedTopic<In>; readonly payload?: undefined }
  );

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
 * @param project says what to publish for a value: a payload, or a `value` and the codec that makes its payload
 * @example
 * readings$.pipe(publishEach(client, (r) => ({ topic: `room/${r.room}`, payload: r.temp, qos: 1 }))).subscribe();
 */
export function publishEach<T, In = unknown>(
  client: Pick<MqttClient, 'publish'>,
  project: (value: T, index: number) => PublishRequest | PublishValueRequest<In>,
  options?: PublishEachOptions,
): OperatorFunction<T, PublishResult<T>> {
  const concurrency = options?.concurrency ?? 1_000;
  const publish = mergeMap((value: T, index) => {
    const publish$ = published(client, project(value, index));
    return new Observable<PublishResult<T>>((observer) =>
      publish$.subscribe({
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

function published<In>(
  client: Pick<MqttClient, 'publish'>,
  request: PublishRequest | PublishValueRequest<In>,
): Observable<PublishReceipt> {
  if (!('value' in request)) {
    const { topic, payload, ...options } = request;
    return client.publish(topic, payload, options);
  }
  const { topic, value, ...options } = request;
  return client.publish(topic as string, value, options as PublishValueOptions<In>);
}
