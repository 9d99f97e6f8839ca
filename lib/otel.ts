// tortoise-rx/otel: traces and metrics of a client, by @opentelemetry/api.
export { type InstrumentOptions, instrument } from './otel/instrument.js';
export { contextOf } from './otel/propagated.js';
export { traced } from './otel/traced.js';
