import { InjectionToken } from '@angular/core';
import type { MqttClient } from '../everywhere.js';

/** What a client is injected by: the class, or a token of `mqttToken`. */
export type ClientToken = typeof MqttClient | InjectionToken<MqttClient>;

/**
 * Makes a token for a further client, beside the one that `MqttClient` stands for. Each call makes another token: keep it in
 * a constant.
 *
 * @param name what Angular's errors call it
 * @example
 * export const PLANT = mqttToken('plant');
 * bootstrapApplication(App, { providers: [provideMqtt(PLANT, 'wss://plant.example/mqtt')] });
 */
export function mqttToken(name: string): InjectionToken<MqttClient> {
  return new InjectionToken<MqttClient>(name);
}
