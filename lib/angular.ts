/**
 * The entry point `tortoise-rx/angular`: for Angular 20 and later, with zone.js and without. Functions and tokens only, so
 * that no Angular compiler is needed. ESM only, as Angular is.
 *
 * @packageDocumentation
 */
export type { MqttOptions } from './angular/ClientArguments.js';
export type { ClientPlace } from './angular/ClientPlace.js';
export { type ConnectionSignal, connectionSignal } from './angular/connectionSignal.js';
export { injectMqtt } from './angular/injectMqtt.js';
export { type ClientToken, mqttToken } from './angular/mqttToken.js';
export { provideMqtt } from './angular/provideMqtt.js';
export { provideMqttTesting } from './angular/provideMqttTesting.js';
export { type PublishAction, type PublishActionOptions, publishAction } from './angular/publishAction.js';
export {
  type ReducedTopicSignalOptions,
  type TopicSignal,
  type TopicSignalOptions,
  topicSignal,
} from './angular/topicSignal.js';
