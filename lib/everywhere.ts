// What both entry points export: all but `createClient` and the transports that depend on where one is.
export type { ClientEvent } from './client/ClientEvent.js';
export type { ClientOptions, QueueOptions } from './client/ClientOptions.js';
export type { ClientSummary } from './client/ClientSummary.js';
export type { Codec } from './client/Codec.js';
export type { CreateClient } from './client/createClient.js';
export type { DecodeOptions, OnUndecodable } from './client/Decoding.js';
export { type LogLevel, type LogOptions, type LogTarget, type LogTo, logTo } from './client/logTo.js';
export type { Message, ReceivedProperties } from './client/Message.js';
export type { Metrics } from './client/Metrics.js';
export { type EndOptions, MqttClient, type PublishOptions, type PublishValueOptions } from './client/MqttClient.js';
export type { PublishReceipt } from './client/Publishing.js';
export type { SubscribeOptions, TopicOptions } from './client/SubscribeOptions.js';
export type { Connection } from './connection/Connection.js';
export type { ConnectionEvent } from './connection/ConnectionEvent.js';
export type { Authentication, FollowServerReference, Will } from './connection/ConnectionOptions.js';
export type { ConnectionProperties } from './connection/ConnectionProperties.js';
export type { ConnectionState as ClientState } from './connection/ConnectionState.js';
export type { MessageProperties, WillMessageProperties } from './connection/messageProperties.js';
export type { PerAttempt } from './connection/perAttempt.js';
export type { ServerAddress, ServerOption } from './connection/serverAddress.js';
export type { ByQoS, Counts } from './connection/Traffic.js';
export type { UserProperties } from './connection/userProperties.js';
export * from './errors.js';
export type { Packet, ProtocolVersion, QoS } from './packet/Packet.js';
export type { UserProperty } from './packet/PacketProperties.js';
export type { Grant } from './session/Grant.js';
export type { Overflow } from './session/Queue.js';
export type { DropReason, SessionEvent } from './session/SessionEvent.js';
export type { SubscriptionState } from './session/SubscriptionState.js';
export { type Backoff, type BackoffOptions, type RetryNotifier, backoff } from './stream/backoff.js';
export type { ConnectionFailure } from './stream/ConnectionFailure.js';
export { matches } from './topic/matches.js';
export type { Params } from './topic/namedWildcards.js';
export {
  type NameParams,
  type NamedTopic,
  type PlainPayload,
  type Topic,
  type TopicDefinition,
  topic,
} from './topic/topic.js';
export type { TopicFilter } from './topic/TopicFilter.js';
export type { Duplex, Inlet, Reader, Transport } from './transport/Transport.js';
export type { WebSocketConstructor, WebSocketLike, WebSocketOptions } from './transport/WebSocketLike.js';
export { bytes } from './verbs/bytes.js';
export { type ConsumeOptions, type Consumed, type OnWorkError, consume } from './verbs/consume.js';
export { json } from './verbs/json.js';
export {
  type PublishEachOptions,
  type PublishRequest,
  type PublishResult,
  type PublishValueRequest,
  publishEach,
} from './verbs/publishEach.js';
export { request } from './verbs/request.js';
export type { RequestOptions, TypedRequestOptions } from './verbs/RequestOptions.js';
export { type Answers, respond } from './verbs/respond.js';
export type { RespondOptions, RespondResult, TypedRespondOptions } from './verbs/RespondOptions.js';
export type { InputOf, OutputOf, StandardSchema } from './verbs/StandardSchema.js';
export { text } from './verbs/text.js';
