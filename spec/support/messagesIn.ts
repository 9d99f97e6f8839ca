import { type KeptMessage, readMessages } from '../../lib/store/messagesRecord.js';

/** The messages of a record, in their order. */
export function messagesIn(record: Uint8Array): KeptMessage[] {
  return readMessages(record).map(({ message }) => {
    if (message instanceof Error) throw message;
    return message;
  });
}
