import type { Message } from '../client/Message.js';
import { UndecodableError } from '../errors.js';

let utf8: TextDecoder | undefined; // made at the first use: importing must not need what a platform lacks

/** The payload of a message as text, byte order mark included. @throws {UndecodableError} it is not UTF-8 */
export function strictText({ topic, payload }: Message<unknown>): string {
  utf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return utf8.decode(payload);
  } catch (cause) {
    throw new UndecodableError(topic, 'it is not UTF-8', [], { cause });
  }
}
