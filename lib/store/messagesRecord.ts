import type { QoS } from '../packet/Packet.js';
import { NO_BYTES } from '../packet/noBytes.js';
import type { Outgoing } from '../session/Outgoing.js';
import { type Fields, fieldsOf, readFields } from './fields.js';
import { TooNewError } from './format.js';
import { seal, unseal, viewOf } from './records.js';

// Of neither the language nor one platform: Node and every browser have them.
declare const TextEncoder: new () => { encodeInto(text: string, target: Uint8Array): { written: number } };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => {
  decode(bytes: Uint8Array): string;
};

/*
 * A record of messages: checksum (4 bytes), number of messages (2), then for each its place in the segment (1) and its
 * length (4), then the messages. A message: checksum (4), flags (1), packet identifier (2), how long it may wait (8), since
 * when (8), length of the topic name (2), topic name, with the flag for it optional fields, payload. So one that is damaged
 * does not take the others with it.
 *
 * Flags: QoS 0x03, RETAIN 0x04, optional fields 0x08; others make a reader refuse the store, see `format.ts`. A message
 * without optional fields is as in format 3.
 */
const HEAD = 4 + 2;
const ENTRY = 1 + 4;
const FLAGS = 4;
const PACKET_ID = FLAGS + 1;
const EXPIRY = PACKET_ID + 2;
const SINCE = EXPIRY + 8;
const TOPIC_LENGTH = SINCE + 8;
const TOPIC = TOPIC_LENGTH + 2;
const RETAIN = 4;
const FIELDS = 8;

// Made at the first use: importing must not need what a platform lacks.
let encoder: InstanceType<typeof TextEncoder> | undefined;
let decoder: InstanceType<typeof TextDecoder> | undefined;

/** What is kept of a message. */
export interface KeptMessage extends Pick<Outgoing, 'topic' | 'payload' | 'qos' | 'retain'>, Fields {
  /** 0: it was never written. */
  readonly packetId: number;
  /** Milliseconds that it may wait in all; 0: any time. */
  readonly expiry: number;
  /** When the wait began, in ms since 1970 by the clock of that time. */
  readonly since: number;
}

/** A message as the session knows it, as far as it is kept. */
export type StorableMessage = Pick<
  Outgoing,
  'topic' | 'payload' | 'qos' | 'retain' | 'packetId' | 'lifetime' | 'properties' | 'arePropertiesImplied'
>;

/** What was found at one place of a segment. */
export interface FoundMessage {
  readonly place: number;
  readonly bytes: Uint8Array;
  /** An error says why it cannot be read. */
  readonly message: KeptMessage | Error;
}

/** @param messages by their places; what is over before it could be written is not there any more */
export function messagesRecord(messages: readonly (StorableMessage | undefined)[]): Uint8Array {
  let count = 0;
  let longest = HEAD;
  for (const message of messages) {
    if (!message) continue;
    count++;
    longest += ENTRY + TOPIC + 3 * message.topic.length + message.payload.length;
  }
  const fields = messages.some((message) => message?.properties) ? messages.map(fieldsOf) : undefined;
  if (fields) for (const { length } of fields) longest += length;
  const record = new Uint8Array(longest);
  const view = viewOf(record);
  view.setUint16(4, count);
  let entry = HEAD;
  let end = HEAD + count * ENTRY;
  for (const [place, message] of messages.entries()) {
    if (!message) continue;
    const start = end;
    end = writeMessage(record, view, start, message, fields?.[place]);
    record[entry] = place;
    view.setUint32(entry + 1, end - start);
    entry += ENTRY;
  }
  seal(view, 0, entry);
  return record.subarray(0, end);
}

/** @throws what is wrong with the record as a whole */
export function readMessages(stored: Uint8Array): FoundMessage[] {
  const view = viewOf(stored);
  const record = new Uint8Array(stored.buffer, stored.byteOffset, stored.length); // not a Buffer: its `slice` does not copy
  const head = HEAD + (record.length < HEAD ? 0 : view.getUint16(4) * ENTRY);
  unseal(view, 0, head);
  const messages: FoundMessage[] = [];
  for (let entry = HEAD, start = head; entry < head; entry += ENTRY) {
    const end = start + view.getUint32(entry + 1);
    const place = record[entry]!;
    messages.push({ place, bytes: record.subarray(start, end), message: readMessage(record, view, start, end) });
    start = end;
  }
  return messages;
}

/** @returns where it ends */
function writeMessage(
  record: Uint8Array,
  view: DataView,
  start: number,
  message: StorableMessage,
  fields = NO_BYTES,
): number {
  const { topic, payload, qos, retain, packetId, lifetime } = message;
  const name = start + TOPIC;
  const { written } = (encoder ??= new TextEncoder()).encodeInto(topic, record.subarray(name));
  const body = name + written + fields.length;
  const end = body + payload.length;
  record[start + FLAGS] = qos | (retain ? RETAIN : 0) | (fields.length > 0 ? FIELDS : 0);
  view.setUint16(start + PACKET_ID, packetId);
  view.setFloat64(start + EXPIRY, lifetime?.expiry ?? 0);
  view.setFloat64(start + SINCE, lifetime?.since.wall ?? 0);
  view.setUint16(start + TOPIC_LENGTH, written);
  if (fields.length > 0) record.set(fields, name + written);
  record.set(payload, body);
  seal(view, start, end);
  return end;
}

function readMessage(record: Uint8Array, view: DataView, start: number, end: number): KeptMessage | Error {
  try {
    unseal(view, start, end);
    const flags = view.getUint8(start + FLAGS);
    const qos = flags & 3;
    if (flags >= 2 * FIELDS) throw new TooNewError(`a message with unknown flags (${flags})`);
    if (qos === 0 || qos === 3) throw new Error(`its flags are ${flags}`);
    const name = start + TOPIC;
    const rest = name + view.getUint16(start + TOPIC_LENGTH);
    if (rest > end) throw new Error('its topic name is cut');
    const { end: behind, ...fields } = flags & FIELDS ? readFields(record, rest, end) : { end: rest };
    return {
      topic: (decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })).decode(
        record.subarray(name, rest),
      ),
      payload: record.slice(behind, end),
      qos: qos as QoS,
      retain: (flags & RETAIN) > 0,
      packetId: view.getUint16(start + PACKET_ID),
      expiry: view.getFloat64(start + EXPIRY),
      since: view.getFloat64(start + SINCE),
      ...fields,
    };
  } catch (error) {
    return error as Error;
  }
}
