import { inject } from '@angular/core';
import { InvalidArgumentError, MqttClient } from '../everywhere.js';
import type { ClientToken } from './mqttToken.js';

/**
 * The client of the present injector. `inject(MqttClient)` gives the same one.
 *
 * @param token of `mqttToken`, for a further client
 * @throws {InvalidArgumentError} no `provideMqtt` provides it
 * @example
 * readonly #client = injectMqtt();
 */
export function injectMqtt(token: ClientToken = MqttClient): MqttClient {
  const client = inject<MqttClient>(token as never, { optional: true });
  if (client) return client;
  const [what, how] = token === MqttClient ? ['client', ''] : [String(token), 'token, '];
  throw new InvalidArgumentError('token', `there is no ${what}: add provideMqtt(${how}server) to the providers`);
}
