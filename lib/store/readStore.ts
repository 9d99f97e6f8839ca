import { FORMAT, TooNewError, formatOf, otherVersion } from './format.js';
import { Progress } from './Progress.js';
import { Segment } from './Segment.js';
import { type FoundMessage, type KeptMessage, readMessages } from './messagesRecord.js';
import { FORMAT_KEY, MESSAGES, PROGRESS, RECEIVED, SET_ASIDE, numberedKey, receivedIdOf, serialOf } from './records.js';

/** A message that an earlier process left, and how far its exchange had come. */
export interface LeftMessage extends KeptMessage {
  readonly serial: number;
  /** After PUBREC: a number that grows from one PUBREC to the next. */
  readonly released: number | undefined;
}

/** Something that cannot be read. */
export interface CorruptRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly why: string;
  /** The number of the message, if it is one of a record that otherwise can be read. */
  readonly serial?: number;
}

/** What a store held when it was opened. */
export interface StoreContents {
  /** In the order in which they were published. */
  readonly messages: readonly LeftMessage[];
  /** In the order of their numbers. */
  readonly segments: readonly Segment[];
  readonly received: readonly number[];
  readonly corrupt: readonly CorruptRecord[];
  /** The number of the last PUBREC. */
  readonly releases: number;
  /** Whether it was not written before. */
  readonly isNew: boolean;
  /** Whether it is of an older format. What is written from now on is of this one. */
  readonly isOfBefore: boolean;
}

const SAME_ID = 'its packet identifier is that of an older message';

/**
 * Makes sense of the records of a store.
 * @throws {Error} they were written by another version of this package
 */
export function readStore(entries: Iterable<readonly [key: string, value: Uint8Array]>): StoreContents {
  const all = new Map(entries);
  const records = new Map<number, readonly FoundMessage[]>();
  const progressOf = new Map<number, Progress>();
  const received: number[] = [];
  const corrupt: CorruptRecord[] = [];
  const format = formatOf(all) ?? FORMAT;

  const readers: Readonly<Record<string, (key: string, value: Uint8Array) => unknown>> = {
    [FORMAT_KEY]: () => undefined,
    [MESSAGES]: (key, value) => records.set(serialOf(key), readMessages(value)),
    [PROGRESS]: (key, value) => progressOf.set(serialOf(key), Progress.read(value)),
    [RECEIVED]: (key) => received.push(receivedIdOf(key)),
    [SET_ASIDE]: () => undefined,
  };
  for (const [key, value] of all) {
    const reader = readers[key[0] ?? ''];
    try {
      if (!reader && format <= FORMAT) throw new Error('its key begins with an unknown letter');
      reader?.(key, value);
    } catch (error) {
      corrupt.push({ key, value, why: (error as Error).message });
    }
  }
  for (const first of progressOf.keys()) {
    if (records.has(first)) continue;
    const key = numberedKey(PROGRESS, first);
    corrupt.push({ key, value: all.get(key)!, why: 'its messages are not there' });
  }

  const usedIds = new Set<number>();
  const messages: LeftMessage[] = [];
  const segments: Segment[] = [];
  let releases = 0;
  for (const [first, found] of [...records].sort(([a], [b]) => a - b)) {
    const progress = progressOf.get(first);
    const left = found.filter(({ place }) => progress?.isOver(place) !== true);
    segments.push(Segment.found(first, left.length, progress));
    for (const { place, message, bytes } of left) {
      const serial = first + place;
      const setAside = (why: string) => corrupt.push({ key: numberedKey(MESSAGES, serial), value: bytes, why, serial });
      if (message instanceof TooNewError) throw otherVersion(message.message);
      if (message instanceof Error) {
        setAside(message.message);
        continue;
      }
      const { packetId, released } = { ...message, released: undefined, ...progress?.stepOf(place) };
      if (usedIds.has(packetId)) {
        setAside(SAME_ID);
        continue;
      }
      if (packetId > 0) usedIds.add(packetId);
      releases = Math.max(releases, released ?? 0);
      messages.push({ ...message, packetId, serial, released });
    }
  }
  return { messages, segments, received, corrupt, releases, isNew: all.size === 0, isOfBefore: format < FORMAT };
}
