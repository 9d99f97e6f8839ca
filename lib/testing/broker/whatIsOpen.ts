import type { BrokerState } from './BrokerState.js';
import type { ServerConnection } from './ServerConnection.js';

/** What was begun and is not over: one line each. */
export function whatIsOpen(state: BrokerState, connections: Iterable<ServerConnection>): string[] {
  const open: string[] = [];
  for (const { session, sender, connect } of connections) {
    const who = `client ${JSON.stringify(session?.clientId ?? (connect as typeof connect | undefined)?.clientId ?? '')}`;
    const filters = [...(session?.subscriptions.keys() ?? [])];
    if (filters.length > 0) open.push(`${who} is still subscribed to ${filters.join(', ')}`);
    for (const { type } of sender.held) open.push(`${who} still waits for ${type}, which is held back`);
  }
  for (const { clientId, inFlight, incoming, owed } of state.sessions()) {
    const who = `client ${JSON.stringify(clientId)}`;
    for (const [packetId, { message, isReceived }] of inFlight) {
      const lack = isReceived ? 'completed (PUBCOMP)' : 'acknowledged';
      open.push(`${who} has not ${lack} message ${packetId}, to ${JSON.stringify(message.topic)}`);
    }
    for (const [packetId, { qos }] of incoming) {
      if (owed.has(packetId)) open.push(`${who} has not sent message ${packetId} again [MQTT-4.4.0-1]`);
      else if (qos === 2) open.push(`${who} has not released message ${packetId} (PUBREL)`);
    }
  }
  return open;
}
