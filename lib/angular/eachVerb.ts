import { type Observable, isObservable } from 'rxjs';
import { MqttClient } from '../everywhere.js';

/** Takes the stream of a verb, and returns the one to use instead. */
type Change = (stream$: Observable<unknown>, verb: string) => Observable<unknown>;

/** Changes the streams of all verbs of a client, also of those that the class gets later. Other results stay as they are. */
export function eachVerb(client: MqttClient, change: Change): MqttClient {
  for (const verb of Object.getOwnPropertyNames(MqttClient.prototype)) {
    const made: unknown = verb === 'constructor' ? undefined : Reflect.get(client, verb);
    // The streams that are properties are the same ones whenever they are asked for: templates compare them.
    if (isObservable(made)) define(client, verb, change(made, verb));
    if (typeof made !== 'function') continue;
    const value = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(made, client, args);
      return isObservable(result) ? change(result, verb) : result;
    };
    define(client, verb, value);
  }
  return client;
}

/** Defines a property that can be replaced like a method: tests spy on it, and a Proxy may return another value for it. */
function define(client: MqttClient, verb: string, value: unknown): void {
  Object.defineProperty(client, verb, { value, configurable: true, writable: true });
}
