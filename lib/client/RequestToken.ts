import type { MqttError } from '../errors.js';
import type { Grant } from '../session/Grant.js';

/** Told how a `subscribe` or `unsubscribe` ended. */
export type RequestToken = (grants: readonly Grant[], error?: MqttError) => void;
