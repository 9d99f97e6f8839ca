// tortoise-rx/nestjs: MQTT for NestJS 11 and later, as a transport strategy and a client proxy.
export { MqttClientProxy } from './nestjs/MqttClientProxy.js';
export type { MqttClientProxyOptions } from './nestjs/MqttClientProxyOptions.js';
export { MqttContext } from './nestjs/MqttContext.js';
export type { MqttHandlerOptions, OnHandlerError } from './nestjs/MqttHandlerOptions.js';
export { type HealthSource, type MqttHealth, MqttHealthIndicator } from './nestjs/MqttHealthIndicator.js';
export { MqttParam } from './nestjs/MqttParam.js';
export { MqttServer } from './nestjs/MqttServer.js';
export type { MqttServerOptions } from './nestjs/MqttServerOptions.js';
export type { MqttEvents } from './nestjs/MqttEvents.js';
export type { MqttStatus } from './nestjs/statusOf.js';
