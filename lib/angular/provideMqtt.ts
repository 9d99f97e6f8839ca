import { type EnvironmentProviders, type InjectionToken, makeEnvironmentProviders } from '@angular/core';
import type { MqttClient, ServerOption } from '../everywhere.js';
import { type ClientArguments, type MqttOptions, argumentsOf } from './ClientArguments.js';
import { makeClient } from './makeClient.js';

/**
 * Provides a client, for an application or for a route: inject it by `injectMqtt()`. It is made when it is first injected,
 * opens nothing before somebody listens, and ends when its injector is destroyed.
 *
 * It runs outside Angular's zone, so that the application becomes stable, and each stream emits in the zone where it was
 * subscribed. When the browser says `online` it connects at once. During server rendering it does not connect: no stream
 * emits or ends, nothing is published, `state$` says `idle`, and neither options nor server are asked for.
 *
 * @param server as of `createClient`; a function is called for each attempt, in injection context, until the injector is
 *   destroyed
 * @example
 * bootstrapApplication(App, {
 *   providers: [
 *     provideMqtt('wss://broker.example/mqtt', () => {
 *       const auth = inject(Auth);
 *       return { username: () => auth.user(), password: () => auth.token() };
 *     }),
 *   ],
 * });
 */
export function provideMqtt(server: ServerOption, options?: MqttOptions): EnvironmentProviders;
/**
 * The same for a further client.
 *
 * @param token of `mqttToken`
 */
export function provideMqtt(
  token: InjectionToken<MqttClient>,
  server: ServerOption,
  options?: MqttOptions,
): EnvironmentProviders;
export function provideMqtt(...given: ClientArguments): EnvironmentProviders {
  const { token, server, options } = argumentsOf(given);
  return makeEnvironmentProviders([{ provide: token, useFactory: () => makeClient(server, options) }]);
}
