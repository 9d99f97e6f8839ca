import { SubscriptionRefusedError } from '../errors.js';
import type { SubackPacket, UnsubackPacket } from '../packet/Packet.js';
import { REASON_NAMES } from '../packet/reasonCodes.js';

/** What SUBACK or UNSUBACK says against one of its filters, if anything. 0x11, no subscription existed, is as good as gone. */
export function refusalOf(
  filter: string,
  { reasonCodes, properties }: SubackPacket | UnsubackPacket,
  index: number,
): SubscriptionRefusedError | undefined {
  const code = reasonCodes?.[index] ?? 0;
  if (code < 0x80) return undefined;
  const isPlain = code === 0x80 && !properties; // the one code of MQTT 3.1.1
  return new SubscriptionRefusedError(
    filter,
    isPlain ? undefined : { reasonName: REASON_NAMES[code], ...properties },
    code,
  );
}
