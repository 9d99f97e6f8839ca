import {
  FORMAT,
  FORMAT_KEY,
  MESSAGE,
  type MessageRecord,
  PROGRESS,
  type ProgressRecord,
  RECEIVED,
  SET_ASIDE,
  numberedKey,
  readMessage,
  readProgress,
  receivedIdOf,
  serialOf,
} from './records.js';

/** A message that an earlier process left, and how far its exchange had come. */
export interface LeftMessage extends MessageRecord {
  readonly serial: number;
  /** Whether its own record is there … */
  readonly hasRecord: boolean;
  /** … and a record of its progress. */
  readonly progress: ProgressRecord | undefined;
}

/** What a store held when it was opened. */
export interface StoreContents {
  /** By number: in the order in which they were published. */
  readonly messages: readonly LeftMessage[];
  readonly received: readonly number[];
  /** Records that cannot be read, with the reason. */
  readonly corrupt: readonly { readonly key: string; readonly value: Uint8Array; readonly why: string }[];
  /** The highest number of all. */
  readonly last: number;
  /** Whether it was written before. */
  readonly isNew: boolean;
}

const NOTHING = new Uint8Array(0);
const SAME_ID = 'its packet identifier is that of an older message';

/**
 * Makes sense of the records of a store.
 * @throws {Error} they were written by another version of this package
 */
export function readStore(entries: Iterable<readonly [key: string, value: Uint8Array]>): StoreContents {
  const all = [...entries];
  const records = new Map<number, MessageRecord>();
  const progress = new Map<number, ProgressRecord>();
  const received: number[] = [];
  const corrupt: StoreContents['corrupt'][number][] = [];
  const values = new Map(all);
  const setAside = (key: string, why: string) => corrupt.push({ key, value: values.get(key)!, why });
  let format: number | undefined;

  const readers: Readonly<Record<string, (key: string, value: Uint8Array) => unknown>> = {
    [FORMAT_KEY]: (_key, value) => (format = value[0]),
    [MESSAGE]: (key, value) => records.set(serialOf(key), readMessage(value)),
    [PROGRESS]: (key, value) => progress.set(serialOf(key), readProgress(value)),
    [RECEIVED]: (key) => received.push(receivedIdOf(key)),
    [SET_ASIDE]: () => undefined,
  };
  for (const [key, value] of all) {
    const reader = readers[key[0] ?? ''];
    try {
      if (!reader) throw new Error('its key begins with an unknown letter');
      reader(key, value);
    } catch (error) {
      setAside(key, (error as Error).message);
    }
  }
  if (format !== FORMAT && all.length > 0) throw new Error(otherFormat(format));

  const usedIds = new Set<number>();
  const messages: LeftMessage[] = [];
  for (const serial of [...new Set([...records.keys(), ...progress.keys()])].sort((a, b) => a - b)) {
    const record = records.get(serial);
    const step = progress.get(serial);
    const { packetId } = step ?? record!;
    const why = !record && !step?.released ? 'its message is not there' : usedIds.has(packetId) ? SAME_ID : undefined;
    if (why !== undefined) {
      if (record) setAside(numberedKey(MESSAGE, serial), why);
      if (step) setAside(numberedKey(PROGRESS, serial), why);
      continue;
    }
    if (packetId > 0) usedIds.add(packetId);
    const rest = record ?? { topic: step!.topic, payload: NOTHING, qos: 2, retain: false, expiresAt: 0 };
    messages.push({ ...rest, packetId, serial, hasRecord: record !== undefined, progress: step });
  }
  const last = messages.reduce((most, { serial, progress: step }) => Math.max(most, serial, step?.order ?? 0), 0);
  return { messages, received, corrupt, last, isNew: all.length === 0 };
}

function otherFormat(format: number | undefined): string {
  const found = format === undefined ? 'of no known format' : `of format ${format}`;
  const which = format !== undefined && format > FORMAT ? 'a newer version' : 'an older or another version';
  return `the store holds records ${found}, written by ${which} of tortoise-rx; this one reads format ${FORMAT}`;
}
