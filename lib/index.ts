import { createClientWith } from './client/createClient.js';
import { InvalidOptionsError } from './errors.js';
import { tcp } from './transport/tcp.js';
import { tls } from './transport/tls.js';
import type { Schemes } from './client/serverAddress.js';

const to = (url: URL, port: number) => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: url.port === '' ? port : Number(url.port),
});
const overTcp: Schemes[string] = (url, options) => tcp({ ...options.tcp, ...to(url, 1883) });
const overTls: Schemes[string] = (url, options) => tls({ ...options.tcp, ...options.tls, ...to(url, 8883) });
const overUnix: Schemes[string] = ({ host, pathname }, options) => {
  try {
    if (host === '' && pathname.length > 1) return tcp({ ...options.tcp, path: decodeURIComponent(pathname) });
  } catch {
    // not percent-encoded UTF-8
  }
  throw new InvalidOptionsError('server', 'expected a path after three slashes, as in mqtt+unix:///run/broker.sock');
};

/**
 * Makes a client. It opens nothing before somebody subscribes.
 *
 * @throws {InvalidOptionsError} naming the option
 * @example
 * const client = createClient('mqtt://localhost:1883', { clientId: 'kitchen' });
 */
export const createClient = createClientWith({
  mqtt: overTcp,
  tcp: overTcp,
  mqtts: overTls,
  ssl: overTls,
  tls: overTls,
  'mqtt+unix': overUnix,
});

export type { ClientEvent } from './client/ClientEvent.js';
export type { ClientOptions, Will } from './client/ClientOptions.js';
export type { ClientState } from './client/ClientState.js';
export type { Connection } from './client/ClientCore.js';
export type { CreateClient } from './client/createClient.js';
export { type LogTarget, type LogTo, logTo } from './client/logTo.js';
export type { Message } from './client/Message.js';
export type { Metrics } from './client/Metrics.js';
export type { EndOptions, MqttClient, PublishOptions, SubscribeOptions } from './client/MqttClient.js';
export type { PerAttempt } from './client/perAttempt.js';
export type { PublishReceipt } from './client/PublishCall.js';
export type { PublishEachOptions, PublishRequest, PublishResult } from './client/publishEach.js';
export type { ServerAddress, ServerOption } from './client/serverAddress.js';
export type { ByQoS, Counts } from './client/Traffic.js';
export * from './errors.js';
export type { Packet, QoS } from './packet/Packet.js';
export type { Grant } from './session/Grant.js';
export type { SubscriptionState } from './session/SubscriptionState.js';
export { type BackoffOptions, type RetryNotifier, backoff } from './stream/backoff.js';
export type { ConnectionFailure } from './stream/ConnectionFailure.js';
export { matches } from './topic/matches.js';
export type { Params } from './topic/namedWildcards.js';
export { type MemoryOptions, type MemoryPeer, memory } from './transport/memory.js';
export { type NodeSocket, type TcpOptions, tcp } from './transport/tcp.js';
export { type Pem, type TlsOptions, tls } from './transport/tls.js';
export type { Duplex, Transport } from './transport/Transport.js';
