import type { ClientEvent } from '../index.js';

type EventOf<T extends string, E = ClientEvent> = E extends { readonly type: infer Own }
  ? T extends Own
    ? E
    : never
  : never;

/** What `on` of the server and of the proxy hears: the events of the client, by their `type`. */
export type MqttEvents = { readonly [T in ClientEvent['type']]: (event: EventOf<T>) => void };
