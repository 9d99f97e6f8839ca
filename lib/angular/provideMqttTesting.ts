import { type EnvironmentProviders, type InjectionToken, makeEnvironmentProviders } from '@angular/core';
import type { MqttClient, Transport } from '../everywhere.js';
import { type ClientArguments, type MqttOptions, argumentsOf } from './ClientArguments.js';
import { makeClient } from './makeClient.js';

/**
 * Provides a client for tests, which connects to a `testBroker()` of `tortoise-rx/testing`. Given after the providers of the
 * application, it takes the place of its client.
 *
 * It differs from `provideMqtt(broker)` in what would leave timers behind: there is no keep-alive, unless options say
 * otherwise, and when the injector is destroyed (`TestBed.resetTestingModule()`) the client ends within the call, without
 * waiting for what is unfinished.
 *
 * @example
 * const broker = testBroker();
 * TestBed.configureTestingModule({ providers: [provideMqttTesting(broker)] });
 */
export function provideMqttTesting(broker: Transport, options?: MqttOptions): EnvironmentProviders;
/**
 * The same for a further client.
 *
 * @param token of `mqttToken`
 */
export function provideMqttTesting(
  token: InjectionToken<MqttClient>,
  broker: Transport,
  options?: MqttOptions,
): EnvironmentProviders;
export function provideMqttTesting(...given: ClientArguments): EnvironmentProviders {
  const { token, server, options } = argumentsOf(given);
  const untimed = () => ({ keepAlive: 0, ...(typeof options === 'function' ? options() : options) });
  const useFactory = () => makeClient(server, untimed, { force: true });
  return makeEnvironmentProviders([{ provide: token, useFactory }]);
}
