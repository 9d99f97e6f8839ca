import type { PublishProperties } from '../../lib/packet/PacketProperties.js';
import { Progress, type Step } from '../../lib/store/Progress.js';
import { type KeptMessage, type StorableMessage, messagesRecord } from '../../lib/store/messagesRecord.js';
import { readStore } from '../../lib/store/readStore.js';
import { numberedKey, seal, viewOf } from '../../lib/store/records.js';

/** A record under its key. */
export type Entry = readonly [string, Uint8Array];

const FORMAT: Entry = ['f', Uint8Array.of(4, 4)];

/** All properties that are kept. */
export const FULL: PublishProperties = {
  payloadFormatIndicator: 1,
  contentType: 'text/plain',
  responseTopic: 'answers/1',
  correlationData: Uint8Array.of(0, 255),
  userProperties: [
    ['a', '1'],
    ['a', 'ü'],
  ],
};

/** What a message is that is kept: what is not said is the same for all. */
export type Fields = Partial<StorableMessage>;

/** A message to be kept. */
export function storable(fields: Fields = {}): StorableMessage {
  const payload = Uint8Array.of(1, 2);
  return { topic: 'room/ä', payload, qos: 2, retain: true, packetId: 0, ...fields };
}

/** A life of `expiry` milliseconds that began at `wall`. */
export const waiting = (expiry: number, wall: number) => ({ lifetime: { expiry, since: { monotonic: 5, wall } } });

/** A record of messages; `undefined` for one that was over before it was written. */
export const segment = (first: number, ...messages: (Fields | undefined)[]): Entry => [
  numberedKey('m', first),
  messagesRecord(messages.map((fields) => fields && storable(fields))),
];
/** Its record of progress: what is said of which place. */
export const progress = (first: number, steps: Readonly<Record<number, Step | 'over'>>): Entry => {
  const made = Progress.none();
  for (const [place, step] of Object.entries(steps)) {
    if (step === 'over') made.end(Number(place));
    else made.step(Number(place), step);
  }
  return [numberedKey('p', first), made.record()];
};
/** A message has its packet identifier … */
export const sent = (packetId: number): Step => ({ packetId, released: undefined });
/** … and this one its PUBREC. */
export const released = (packetId: number, order: number): Step => ({ packetId, released: order });
/** Reads the records of a store of the present format. */
export const read = (...entries: Entry[]) => readStore([FORMAT, ...entries]);
/** Why records are set aside, behind the first letters of their keys. */
export const reasons = (...entries: Entry[]) =>
  read(...entries).corrupt.map(({ key, why }) => `${key[0] ?? ''}: ${why}`);

/** A message as it is read again. */
export function kept({ lifetime, properties, ...rest }: StorableMessage): KeptMessage {
  const plain = { ...rest, expiry: lifetime?.expiry ?? 0, since: lifetime?.since.wall ?? 0 };
  const own = Object.entries(properties ?? {}).filter(([name]) => name in FULL);
  return own.length > 0 ? { ...plain, properties: Object.fromEntries(own) } : plain;
}

/** The record of one message, whose bytes are changed by `edit` before they get their checksums. */
export function edited(fields: Fields, edit: (message: number[], fieldsAt: number) => void): Entry {
  const [key, record] = segment(256, fields);
  const bytes = [...record.subarray(11)];
  edit(bytes, 25 + new TextEncoder().encode(storable(fields).topic).length);
  const made = Uint8Array.from([...record.subarray(0, 11), ...bytes]);
  const view = viewOf(made);
  view.setUint32(7, bytes.length);
  seal(view, 0, 11);
  seal(view, 11, made.length);
  return [key, made];
}
/** Puts another field before all others. */
export const insert =
  (tag: number, ...value: number[]) =>
  (message: number[], at: number) => {
    message[at + 3]! += 5 + value.length;
    message.splice(at + 4, 0, tag, 0, 0, 0, value.length, ...value);
  };
