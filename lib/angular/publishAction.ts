import { DestroyRef, ErrorHandler, NgZone, type Signal, computed, inject, signal } from '@angular/core';
import { type Observable, defer, finalize } from 'rxjs';
import {
  ClientEndedError,
  type Codec,
  type MqttClient,
  type NamedTopic,
  type PlainPayload,
  type PublishOptions,
  type PublishReceipt,
  type PublishRequest,
  type PublishValueRequest,
} from '../everywhere.js';
import { type ClientPlace, inPlace } from './ClientPlace.js';

/** Publishes when it is called, and tells by signals what becomes of it. */
export interface PublishAction<A extends readonly unknown[]> {
  (...args: A): void;
  /** Whether a publish of this action is unsettled. It waits in the queue while there is no connection. */
  readonly pending: Signal<boolean>;
  /** How many are unsettled. */
  readonly count: Signal<number>;
  /** Why the last one that failed did: an `MqttError`, or what `what` has thrown. `undefined` again with the next call. */
  readonly error: Signal<Error | undefined>;
  /** What the broker said to the last one that settled well; `undefined` again with the next call. */
  readonly receipt: Signal<PublishReceipt | undefined>;
}

/** Options of `publish`, and which client publishes. */
export interface PublishActionOptions extends PublishOptions, ClientPlace {}

/**
 * An action that publishes what a function says, with signals for what becomes of it: for buttons and forms.
 *
 * A call is one publish. Calls do not wait for each other, and none is cancelled, not even at the end of the injector. A
 * later failure goes to Angular's `ErrorHandler`, because the signals are no longer shown.
 *
 * @param what makes a request as of `publishEach`; an error that it throws becomes `error`. Options of a request override
 *   those of the action
 * @example
 * readonly heat = publishAction((room: string, celsius: number) => ({ topic: target.name({ room }), value: celsius }));
 * // template: <button (click)="heat('attic', 21)" [disabled]="heat.pending()">21 °C</button>
 */
export function publishAction<A extends readonly unknown[], In = unknown>(
  what: (...args: A) => PublishRequest | PublishValueRequest<In>,
  options?: PublishActionOptions,
): PublishAction<A>;
/**
 * An action that publishes a value to one topic: `save(value)`.
 *
 * @example
 * readonly light = publishAction('house/attic/light', { payload: json(Light), qos: 1 });
 */
export function publishAction<In>(
  topic: string,
  options: PublishActionOptions & { readonly payload: Codec<unknown, In> },
): PublishAction<[value: In]>;
/** An action that publishes text or bytes to one topic, or a value to a topic that is a value. */
export function publishAction(topic: string, options?: PublishActionOptions): PublishAction<[payload?: PlainPayload]>;
export function publishAction<In>(topic: NamedTopic<In>, options?: PublishActionOptions): PublishAction<[value: In]>;
export function publishAction(
  what: unknown,
  options: PublishActionOptions & { readonly payload?: unknown } = {},
): PublishAction<never[]> {
  const requestOf = typeof what === 'function' ? (what as (...args: unknown[]) => object) : (value: unknown) => ({ topic: what, value }); // prettier-ignore
  return inPlace(options, publishAction, (client, publishing) => {
    const zone = inject(NgZone);
    const errors = inject(ErrorHandler);
    const count = signal(0);
    const error = signal<Error | undefined>(undefined);
    const receipt = signal<PublishReceipt | undefined>(undefined);
    let isOver = false;
    inject(DestroyRef).onDestroy(() => (isOver = true));

    const failed = (failure: unknown) => {
      if (!isOver) error.set(failure instanceof Error ? failure : new Error(String(failure)));
      else if (!(failure instanceof ClientEndedError)) errors.handleError(failure);
    };
    const publish = (...args: never[]) => {
      count.update((before) => before + 1);
      error.set(undefined);
      receipt.set(undefined);
      const publish$ = defer(() => published(client, { ...publishing, ...requestOf(...args) } as Asked)).pipe(
        finalize(() => count.update((before) => before - 1)),
      );
      zone.runOutsideAngular(() => publish$.subscribe({ next: (one) => receipt.set(one), error: failed }));
    };
    const pending = computed(() => count() > 0);
    return Object.assign(publish, {
      pending,
      count: count.asReadonly(),
      error: error.asReadonly(),
      receipt: receipt.asReadonly(),
    });
  });
}

/** What is to be published, as `publish` takes it. The types of the caller are checked by the overloads. */
interface Asked {
  readonly topic: string;
  readonly payload?: unknown;
  readonly value?: unknown;
}

function published(client: MqttClient, { topic, payload, ...asked }: Asked): Observable<PublishReceipt> {
  if (!('value' in asked)) return client.publish(topic, payload as PlainPayload, asked as PublishOptions);
  const { value, ...options } = asked;
  return client.publish(topic, value, { ...options, payload: payload as Codec<unknown> });
}
