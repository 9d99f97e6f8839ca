import { type Observable, isObservable } from 'rxjs';
import { MqttClient } from '../everywhere.js';

/** Makes another stream of that of a verb. */
type Change = (stream$: Observable<unknown>, verb: string) => Observable<unknown>;

/** Changes the streams of all verbs of a client, those of the future among them. What is no stream stays as it is. */
export function eachVerb(client: MqttClient, change: Change): MqttClient {
  for (const verb of Object.getOwnPropertyNames(MqttClient.prototype)) {
    const made: unknown = verb === 'constructor' ? undefined : Reflect.get(client, verb);
    // The streams that are properties are the same ones whenever they are asked for: templates compare them.
    if (isObservable(made)) Object.defineProperty(client, verb, { value: change(made, verb) });
    if (typeof made !== 'function') continue;
    const value = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(made, client, args);
      return isObservable(result) ? change(result, verb) : result;
    };
    Object.defineProperty(client, verb, { value });
  }
  return client;
}
