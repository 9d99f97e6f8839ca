import type { ConnectionState } from '../connection/ConnectionState.js';
import type { ClientCore } from './ClientCore.js';

/** A client at a glance, without secrets: what `console.log(client)` and `JSON.stringify(client)` show. */
export interface ClientSummary {
  /** The URL, without credentials and query, of the last attempt or of the first one to come; left out where a function will tell. */
  readonly server?: string;
  /** That of the options, or the one that the broker assigned. */
  readonly clientId: string;
  readonly state: ConnectionState['status'];
  /** Subscriptions of `topic$` that are open. */
  readonly streams: number;
  /** Messages that wait to be written. */
  readonly queued: number;
  /** QoS 1 and 2 messages that are written and not acknowledged. */
  readonly inFlight: number;
}

/** What Node calls to show a value; no import of Node's, for browsers have no such module. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** The present summary of a client. */
export function summaryOf({ connector, incoming, driver }: ClientCore): ClientSummary {
  const { clientId, serverLabel, states } = connector;
  const { queued, inFlight } = driver.session;
  const counts = { streams: incoming.listeners.count, queued, inFlight };
  const summary = { clientId, state: states.last!.status, ...counts };
  return serverLabel === undefined ? summary : { server: serverLabel, ...summary };
}

/** A summary in one line. */
export function lineOf({ server, clientId, state }: ClientSummary): string {
  return `MqttClient ${clientId}${server === undefined ? '' : ` at ${server}`}, ${state}`;
}
