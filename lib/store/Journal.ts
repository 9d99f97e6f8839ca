import { StoreError } from '../errors.js';
import type { Outgoing } from '../session/Outgoing.js';
import type { OpenedStore, StoreChange } from '../session/SessionStore.js';
import { NO_BYTES } from '../packet/noBytes.js';
import type { Persistence, StoredSession, Written } from '../session/Persistence.js';
import type { Moment } from '../session/lifetime.js';
import { Segment } from './Segment.js';
import { formatRecord } from './format.js';
import { inherit } from './inherit.js';
import { type StoreContents, readStore } from './readStore.js';
import { FORMAT_KEY, SEGMENT_SIZE, SET_ASIDE, firstOf, receivedKey } from './records.js';

/** Changes by key: the value of a record, or `undefined` for one that is to be deleted. */
type Changes = Map<string, Uint8Array | undefined>;

/**
 * What a session wants kept, on its way to a store. Changes are collected and written together, one batch at a time:
 * while one is written the next collects, so that a slow store gets larger batches and not more of them.
 */
export class Journal implements Persistence {
  private opened: OpenedStore | undefined;
  private opening: Promise<StoredSession> | undefined;
  private writing: Promise<void> | undefined;
  /** The segments that are in the store, or on the way to it, by the numbers of their first messages. */
  private segments = new Map<number, Segment>();
  /** Those of which something new is to be written. */
  private changed = new Set<Segment>();
  /** Other records that are to be written. */
  private pending: Changes = new Map();
  /** The segment that messages are put in. */
  private current = new Segment(SEGMENT_SIZE);
  private bytes = 0;
  /** Whether the store is of an older format, until something is written to it. */
  private isOfBefore = false;
  /** How many PUBRECs were kept. */
  private releases = 0;

  /** @param openStore opens the store */
  constructor(private readonly openStore: () => Promise<OpenedStore>) {}

  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  get hasChanges(): boolean {
    return this.pending.size > 0 || this.changed.size > 0;
  }

  get unwritten(): number {
    return this.bytes;
  }

  open(now: Moment): Promise<StoredSession> {
    this.opening ??= this.read().then(
      ({ opened, contents }) => {
        this.opened = opened;
        return inherit(contents, now);
      },
      (cause: unknown) => {
        this.opening = undefined;
        throw storeError('open', 'the session store cannot be opened', cause);
      },
    );
    return this.opening;
  }

  keep(message: Outgoing): void {
    if (!this.isOpen) return;
    const { packetId, awaited, serial } = message;
    if (!serial) return this.add(message);
    const segment = this.segments.get(firstOf(serial))!;
    segment.step(serial, { packetId, released: awaited === 'pubcomp' ? ++this.releases : undefined });
    this.changed.add(segment);
  }

  forget({ serial, payload }: Pick<Outgoing, 'serial' | 'payload'>): void {
    if (!serial) return;
    const segment = this.segments.get(firstOf(serial));
    if (segment?.end(serial) !== true) return;
    this.changed.add(segment);
    if (segment.isUnwritten) this.bytes -= payload.length;
    if (!segment.isOver) return;
    this.segments.delete(segment.first);
    if (segment.isUnwritten) this.changed.delete(segment); // there is nothing to delete
  }

  keepReceived(packetId: number): void {
    if (this.isOpen) this.pending.set(receivedKey(packetId), NO_BYTES);
  }

  forgetReceived(packetId: number): void {
    if (this.isOpen) this.pending.set(receivedKey(packetId), undefined);
  }

  async write(): Promise<Written> {
    const { pending, changed, opened } = this;
    this.pending = new Map();
    this.changed = new Set();
    this.bytes = 0;
    const changes = [...pending].map(([key, value]): StoreChange =>
      value ? { type: 'put', key, value } : { type: 'del', key },
    );
    const taken = [...changed].filter(({ isUnwritten }) => isUnwritten);
    const messages = [...changed].flatMap((segment) => segment.save(changes));
    if (changes.length === 0) return { unkept: [] }; // packets waited for the write before this one
    if (this.isOfBefore) changes.push({ type: 'put', key: FORMAT_KEY, value: formatRecord() });
    try {
      await (this.writing = opened!.write(changes));
      this.isOfBefore = false;
      return { unkept: [] };
    } catch (cause) {
      this.putBack(pending, changed, taken);
      for (const message of messages) delete message.serial;
      return { error: storeError('write', 'the session store failed to write', cause), unkept: messages };
    } finally {
      this.writing = undefined;
    }
  }

  async close(): Promise<StoreError | undefined> {
    await this.opening?.catch(() => undefined);
    const { opened } = this;
    if (!opened) return undefined;
    // What waited for the same write may have begun another.
    while (this.writing) await this.writing.catch(() => undefined);
    const last = this.hasChanges ? this.write() : undefined;
    this.opened = this.opening = undefined; // nothing more is taken on
    const error = (await last)?.error;
    try {
      await opened.close();
    } catch (cause) {
      return error ?? storeError('write', 'the session store failed to close', cause);
    }
    return error;
  }

  private async read(): Promise<{ opened: OpenedStore; contents: StoreContents }> {
    const opened = await this.openStore();
    try {
      const entries: (readonly [string, Uint8Array])[] = [];
      for await (const entry of opened.entries()) entries.push(entry);
      const contents = readStore(entries);
      this.take(contents);
      return { opened, contents };
    } catch (error) {
      await opened.close().catch(() => undefined); // the first error says more
      throw error;
    }
  }

  private take({ segments, releases, corrupt, isNew, isOfBefore }: StoreContents): void {
    for (const segment of segments) {
      this.segments.set(segment.first, segment);
      this.current = new Segment(segment.first + SEGMENT_SIZE);
    }
    this.releases = releases;
    this.isOfBefore = isOfBefore;
    if (isNew) this.pending.set(FORMAT_KEY, formatRecord());
    for (const { key, value, serial } of corrupt) {
      this.pending.set(SET_ASIDE + key, value);
      if (serial === undefined) this.pending.set(key, undefined);
      else this.forget({ serial, payload: NO_BYTES });
    }
  }

  private add(message: Outgoing): void {
    if (!this.current.hasRoomFor(message)) this.current = new Segment(this.current.first + SEGMENT_SIZE);
    message.serial = this.current.add(message);
    this.segments.set(this.current.first, this.current);
    this.changed.add(this.current);
    this.bytes += message.payload.length;
  }

  /** What failed is tried again with the next changes, but for messages that were to be taken on: their publishes fail. */
  private putBack(pending: Changes, changed: ReadonlySet<Segment>, taken: readonly Segment[]): void {
    this.pending = new Map([...pending, ...this.pending]);
    this.changed = new Set([...changed, ...this.changed]);
    for (const segment of taken) {
      this.changed.delete(segment);
      this.segments.delete(segment.first);
    }
  }
}

function storeError(during: 'open' | 'write', what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(during, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
