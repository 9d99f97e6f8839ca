// All errors of this package, and which of them are fatal.
export * from './errors/MqttError.js';
export * from './errors/answerErrors.js';
export * from './errors/connectionErrors.js';
export * from './errors/inputErrors.js';
export * from './errors/isFatal.js';
export * from './errors/UndecodableError.js';
export * from './errors/requestErrors.js';
export type { Referral, ServerReason, ServerReasonElsewhere } from './errors/serverReason.js';
