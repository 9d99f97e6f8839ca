import { type Attributes, context } from '@opentelemetry/api';
import { Observable } from 'rxjs';
import type { Message, MqttClient, Topic, TopicOptions } from '../everywhere.js';
import { Operation, PROCESS } from './Operation.js';
import type { Telemetry } from './Telemetry.js';
import { BODY_SIZE, CONSUMER_GROUP, DESTINATION_NAME, DUP, QOS, RETAIN } from './names.js';
import { contextOf } from './propagated.js';

type Listen = (filter: string | Topic<string>, options?: TopicOptions) => Observable<Message>;

/** How a message came to a listener. */
export interface Delivery {
  readonly telemetry: Telemetry;
  /** What the listener asked for. */
  readonly filter: string;
  /** The operation that lasts while the listener's `next` does, until work takes it over. */
  operation: Operation | undefined;
}

const DELIVERIES = /* @__PURE__ */ new WeakMap<object, Delivery>();

/** How a message came, if an instrumented client delivered it. */
export function deliveryOf(message: Message): Delivery | undefined {
  return DELIVERIES.get(message);
}

/**
 * `topic$` of a client. Each message is delivered in the context that it brought along, and in a span that lasts while
 * `next` does. A message that is acknowledged by hand has no such span, because the work on it comes later: see `traced`.
 */
export function receiving(client: MqttClient, telemetry: Telemetry): MqttClient['topic$'] {
  const plain = client.topic$.bind(client) as Listen;
  const listen: Listen = (filter, options) => {
    const messages$ = plain(filter, options);
    const pattern = typeof filter === 'string' ? filter : (filter as Topic<string> | undefined)?.pattern;
    if (!telemetry.isOn || typeof pattern !== 'string') return messages$; // it errors if the filter is none
    const isByHand = options?.acknowledge === 'manual';
    return new Observable((observer) => {
      const next = (message: Message) => observer.next(message);
      return messages$.subscribe({
        next: (message) => deliver(message, { telemetry, filter: pattern, operation: undefined }, isByHand, next),
        error: (error: unknown) => observer.error(error),
        complete: () => observer.complete(),
      });
    });
  };
  return listen as MqttClient['topic$'];
}

function deliver(message: Message, delivery: Delivery, isByHand: boolean, next: (message: Message) => void): void {
  DELIVERIES.set(message, delivery);
  if (isByHand) return context.with(contextOf(message), () => next(message));
  const operation = (delivery.operation = processing(message, delivery.telemetry, delivery.filter));
  try {
    operation.run(() => next(message));
  } finally {
    if (delivery.operation === operation) operation.end(); // otherwise work has taken it over
    delivery.operation = undefined;
  }
}

/** Begins the work on a message, as a part of the trace that published it. */
export function processing(message: Message, telemetry: Telemetry, filter: string | undefined): Operation {
  const template = filter === undefined ? undefined : (telemetry.templateOf(filter) ?? filter);
  return new Operation(telemetry, PROCESS, template, detailsOf(message, filter), contextOf(message), true);
}

function detailsOf({ topic, payload, qos, retain, dup }: Message, filter: string | undefined): Attributes {
  const group = filter === undefined ? undefined : /^\$share\/([^/]*)\//.exec(filter)?.[1];
  return {
    [DESTINATION_NAME]: topic,
    [BODY_SIZE]: payload.length,
    [QOS]: qos,
    ...(retain && { [RETAIN]: true }),
    ...(dup && { [DUP]: true }),
    ...(group !== undefined && { [CONSUMER_GROUP]: group }),
  };
}
