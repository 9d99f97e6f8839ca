import { type Attributes, context } from '@opentelemetry/api';
import { Observable } from 'rxjs';
import {
  type MqttClient,
  type NamedTopic,
  type PublishOptions,
  type PublishReceipt,
  isMqttError,
} from '../everywhere.js';
import { Operation, SEND } from './Operation.js';
import type { Telemetry } from './Telemetry.js';
import { DESTINATION_NAME, QOS, RETAIN } from './names.js';
import { withContext } from './propagated.js';

type Publish = (
  topic: string | NamedTopic<never>,
  payload?: unknown,
  options?: PublishOptions,
) => Observable<PublishReceipt>;

/** `publish` of a client, each with a span from its subscription to its receipt, which the message brings along. */
export function publishing(client: MqttClient, telemetry: Telemetry): MqttClient['publish'] {
  const plain = client.publish.bind(client) as Publish;
  const publish: Publish = (topic, payload, options) => {
    const named = typeof topic === 'string' ? { topic } : topic;
    // The client itself refuses what is no topic.
    if (!telemetry.isOn || typeof (named as Partial<typeof named> | undefined)?.topic !== 'string') {
      return plain(topic, payload, options);
    }
    // A retry goes on with the exchange that it left unfinished. That takes the same Observable of `publish` again.
    const unfinished: Observable<PublishReceipt>[] = [];
    return new Observable((observer) => {
      const template = telemetry.templateOf(named.topic) ?? named.pattern;
      const operation = new Operation(telemetry, SEND, template, detailsOf(named, options), context.active(), false);
      observer.add(() => operation.end()); // nobody waits for the receipt any more
      const published$ = unfinished.shift() ?? plain(topic, payload, withContext(options, operation.context));
      return operation.run(() =>
        published$.subscribe({
          next: (receipt) => observer.next(receipt),
          error: (error: unknown) => {
            operation.end(error);
            if (isMqttError(error) && error.code === 'PUBLISH_UNFINISHED') unfinished.push(published$);
            observer.error(error);
          },
          complete: () => {
            operation.end();
            observer.complete();
          },
        }),
      );
    });
  };
  return publish;
}

function detailsOf(named: Partial<NamedTopic<never>>, options: PublishOptions | undefined): Attributes {
  const qos = options?.qos ?? named.qos ?? 0;
  const retain = options?.retain ?? named.retain ?? false;
  return { [DESTINATION_NAME]: named.topic ?? '', [QOS]: qos, ...(retain && { [RETAIN]: true }) };
}
