/**
 * The entry point `tortoise-rx/codec`: MQTT 3.1.1 packets, to bytes and back, without the client.
 *
 * @packageDocumentation
 */
export { InvalidOptionsError, InvalidTopicError, MqttError, PacketTooLargeError, ProtocolError } from './errors.js';
export type { MqttErrorCode } from './errors.js';
export { encode } from './packet/encode.js';
export type {
  AcknowledgementPacket,
  ConnackPacket,
  ConnectPacket,
  EmptyPacket,
  Packet,
  PacketType,
  PublishPacket,
  QoS,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
  WillMessage,
} from './packet/Packet.js';
export { type DecoderOptions, decodePackets } from './stream/decodePackets.js';
