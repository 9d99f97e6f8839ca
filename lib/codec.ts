/**
 * The entry point `tortoise-rx/codec`: MQTT 3.1.1 and MQTT 5 packets, to bytes and back, without the client.
 *
 * @packageDocumentation
 */
export { InvalidOptionsError, InvalidTopicError, MqttError, PacketTooLargeError, ProtocolError } from './errors.js';
export type { MqttErrorCode } from './errors.js';
export { type EncoderOptions, encode } from './packet/encode.js';
export type {
  AcknowledgementPacket,
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DecodedVersion,
  DisconnectPacket,
  EmptyPacket,
  Packet,
  PacketType,
  ProtocolVersion,
  PublishPacket,
  QoS,
  RetainHandling,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
  WillMessage,
} from './packet/Packet.js';
export type {
  AcknowledgementProperties,
  AllProperties,
  AuthProperties,
  ConnackProperties,
  ConnectProperties,
  DisconnectProperties,
  PublishProperties,
  SubscribeProperties,
  UnsubscribeProperties,
  UserProperty,
  WillProperties,
} from './packet/PacketProperties.js';
export { type DecoderOptions, decodePackets } from './stream/decodePackets.js';
