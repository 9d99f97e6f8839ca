/** The instrumentation scope of all spans and metrics. */
export const SCOPE = 'tortoise-rx';

// Attributes: the semantic conventions for messaging, and those of MQTT in the namespace that they give to a system.
export const SYSTEM = 'messaging.system';
export const OPERATION_NAME = 'messaging.operation.name';
export const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION_NAME = 'messaging.destination.name';
export const DESTINATION_TEMPLATE = 'messaging.destination.template';
export const CONSUMER_GROUP = 'messaging.consumer.group.name';
export const CLIENT_ID = 'messaging.client.id';
export const BODY_SIZE = 'messaging.message.body.size';
export const QOS = 'messaging.mqtt.qos';
export const RETAIN = 'messaging.mqtt.retain';
export const DUP = 'messaging.mqtt.dup';
export const SERVER_ADDRESS = 'server.address';
export const SERVER_PORT = 'server.port';
export const ERROR_TYPE = 'error.type';
export const DIRECTION = 'network.io.direction';
