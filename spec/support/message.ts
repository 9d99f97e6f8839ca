import type { PublishPacket } from '../../lib/packet/Packet.js';

/** A PUBLISH: QoS 0, not retained, not repeated, unless said otherwise. */
export function message(
  topic: string,
  payload = '',
  rest: Partial<Omit<PublishPacket, 'type' | 'topic' | 'payload'>> = {},
): PublishPacket {
  const bytes = new TextEncoder().encode(payload);
  return { type: 'publish', topic, payload: bytes, qos: 0, retain: false, dup: false, packetId: 0, ...rest };
}

/** The payloads as text. */
export function texts(messages: readonly { readonly payload: Uint8Array }[]): string[] {
  return messages.map(({ payload }) => new TextDecoder().decode(payload));
}
