import { DestroyRef, NgZone, type Signal, computed, effect, inject, linkedSignal, untracked } from '@angular/core';
import { type Subscription, filter, retry, skip, tap } from 'rxjs';
import {
  type Codec,
  type Message,
  type MqttClient,
  type MqttError,
  type Params,
  type SubscribeOptions,
  type Topic,
  type TopicFilter,
  text,
} from '../everywhere.js';
import { type ClientPlace, inPlace } from './ClientPlace.js';

/** What a topic said last, as a signal. */
export type TopicSignal<T> = Signal<T> & {
  /**
   * Why the signal does not follow its topic. A payload that did not decode, until the next one that does: the signal keeps
   * its value. Or what ended the stream, such as a filter that the broker refuses: the signal keeps its value, and
   * listens again when the client is next connected.
   */
  readonly error: Signal<MqttError | undefined>;
};

/** How a topic becomes a signal. */
export interface TopicSignalOptions<V, T> extends ClientPlace, SubscribeOptions {
  /** The value before the first message, and again when the filter changes. Default `undefined`. */
  readonly initial?: T | undefined;
  /** What makes values of payloads. Default: that of a topic that is a value, or `text()`. */
  readonly payload?: Codec<V, never> | undefined;
}

/** How the messages of many topics become one signal. */
export interface ReducedTopicSignalOptions<V, T, P> extends TopicSignalOptions<V, T> {
  readonly initial: T;
  /** Makes the next value of the present one and a message. It must give another object, for signals compare them. */
  readonly reduce: (value: T, message: Message<P, V>) => T;
}

/** A filter, a topic that is a value, or a function of signals that gives one. */
type Source<F extends string, V> = TopicFilter<F> | Topic<F, V, never> | (() => F | Topic<F, V, never> | undefined);

/**
 * All messages of a filter as a signal of one value, say a `Map` of rooms.
 *
 * @example
 * readonly rooms = topicSignal('house/+room/temp', {
 *   payload: json(Temperature),
 *   initial: new Map<string, number>(),
 *   reduce: (rooms, { params, value }) => new Map(rooms).set(params.room, value.celsius),
 * });
 */
export function topicSignal<F extends string, T, V = string>(
  source: Source<F, V>,
  options: ReducedTopicSignalOptions<V, T, Params<F>>,
): TopicSignal<T>;
/**
 * What a topic said last, as a signal. Listens from the call on until the injector is destroyed, through reconnects. It
 * neither throws nor freezes: see `TopicSignal.error`.
 *
 * @param source a filter or a topic that is a value; or a function of signals that gives one, or `undefined` to listen to
 *   nothing. When that changes, the signal has its initial value again, at once
 * @example
 * readonly room = input.required<string>();
 * readonly temperature = topicSignal(() => `house/${this.room()}/temp`, { payload: json(Temperature) });
 */
export function topicSignal<F extends string, V = string, T = undefined>(
  source: Source<F, V>,
  options?: TopicSignalOptions<V, T>,
): TopicSignal<V | T>;
export function topicSignal(
  source: Source<string, unknown>,
  options: Partial<ReducedTopicSignalOptions<unknown, unknown, never>> = {},
): TopicSignal<unknown> {
  return inPlace(options, topicSignal, (client, { initial, payload, reduce, ...subscribing }) => {
    const zone = inject(NgZone);
    const wanted = typeof source === 'function' ? computed(source) : () => source;
    const value = linkedSignal({ source: wanted, computation: () => initial });
    const error = linkedSignal<unknown, MqttError | undefined>({ source: wanted, computation: () => undefined });

    const listen = (topic: string | Topic<string, unknown, never>): Subscription => {
      // Signals may be written outside the zone, and many messages that come together are shown together.
      const set = (write: () => void) =>
        untracked(() => {
          if (wanted() === topic) write();
        });
      const own = typeof topic === 'string' ? undefined : topic.payload;
      const messages$ = client.topic$(topic, {
        ...subscribing,
        payload: payload ?? (own as Codec<unknown, never> | undefined) ?? text(),
        onUndecodable: (_, failure) => set(() => error.set(failure)),
      });
      const again = (failure: MqttError) => {
        set(() => error.set(failure));
        return nextConnection(client).pipe(tap(() => set(() => error.set(undefined))));
      };
      return zone.runOutsideAngular(() =>
        messages$.pipe(retry({ delay: again })).subscribe((message) =>
          set(() => {
            value.update((present) => (reduce ? reduce(present, message as never) : message.value));
            error.set(undefined);
          }),
        ),
      );
    };

    if (typeof source === 'function') {
      effect((onCleanup) => {
        const topic = wanted();
        if (topic === undefined) return;
        const listening = untracked(() => listen(topic));
        onCleanup(() => listening.unsubscribe());
      });
    } else {
      const listening = listen(source);
      inject(DestroyRef).onDestroy(() => listening.unsubscribe());
    }
    return Object.assign(value.asReadonly(), { error: error.asReadonly() });
  });
}

/** Emits at the next connections; completes on the end of the client. */
function nextConnection(client: MqttClient) {
  return client.state$.pipe(
    skip(1),
    filter(({ status }) => status === 'online'),
  );
}
