import { InjectionToken } from '@angular/core';
import { type ClientOptions, MqttClient, type ServerOption } from '../everywhere.js';
import type { ClientToken } from './mqttToken.js';

/** Options of `createClient`, or a function that is called once, in injection context, when the client is first injected. */
export type MqttOptions = Omit<ClientOptions, 'server'> | (() => Omit<ClientOptions, 'server'>);

/** What `provideMqtt` and `provideMqttTesting` are called with. */
export type ClientArguments = readonly [InjectionToken<MqttClient> | ServerOption, unknown?, unknown?];

/** The arguments by their names. */
export function argumentsOf([first, second, third]: ClientArguments) {
  const [token, server, options] =
    first instanceof InjectionToken ? [first, second, third] : [MqttClient, first, second];
  return { token, server, options } as {
    readonly token: ClientToken;
    readonly server: ServerOption;
    readonly options: MqttOptions | undefined;
  };
}
