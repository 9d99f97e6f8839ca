import { StoreError } from '../errors.js';
import type { Publication } from '../client/Publication.js';
import type { OpenedStore, StoreChange } from '../client/SessionStore.js';
import {
  FORMAT,
  FORMAT_KEY,
  MESSAGE,
  PROGRESS,
  SET_ASIDE,
  messageRecord,
  numberedKey,
  progressRecord,
  receivedKey,
} from './records.js';
import { type StoreContents, readStore } from './readStore.js';

/** Bits of `Publication.records`. */
export const OWN_RECORD = 1;
export const PROGRESS_RECORD = 2;

const NOTHING = new Uint8Array(0);
/** When so many bytes of payload wait to be stored, no more messages are taken on, until they are stored. */
const FULL_FROM = 16_777_216;

/** What is to be written under a key: a record, the message whose record it will be, or nothing any more. */
type Pending = Uint8Array | Publication | undefined;

/** What became of a write: which messages could not be stored, and why. */
export interface Written {
  readonly error?: StoreError;
  readonly unkept: readonly Publication[];
}

/**
 * What a session wants kept, on its way to a store. Changes are collected and written together, one batch at a time:
 * while one is written the next collects, so that a slow store gets larger batches and not more of them.
 */
export class Journal {
  private opened: OpenedStore | undefined;
  private opening: Promise<void> | undefined;
  private pending = new Map<string, Pending>();
  private bytes = 0;
  private last = 0;
  private writing: Promise<void> | undefined;

  /**
   * @param openStore opens the store
   * @param needsReleased whether a message is needed after PUBREC, because it may be sent anew
   */
  constructor(
    private readonly openStore: () => Promise<OpenedStore>,
    private readonly needsReleased: boolean,
  ) {}

  /** Whether the store is open. What comes before that is not kept. */
  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  /** Whether something waits to be written. */
  get hasChanges(): boolean {
    return this.pending.size > 0;
  }

  /** Whether so much waits that no more should come. */
  get isFull(): boolean {
    return this.bytes >= FULL_FROM;
  }

  /**
   * Opens the store and reads what is in it; once, unless it fails.
   * @param restore told what was in it
   * @throws {StoreError}
   */
  open(restore: (contents: StoreContents) => void): Promise<void> {
    this.opening ??= this.read().then(
      ({ opened, contents }) => {
        this.last = contents.last;
        this.opened = opened;
        restore(contents);
      },
      (cause: unknown) => {
        this.opening = undefined;
        throw storeError('open', 'the session store cannot be opened', cause);
      },
    );
    return this.opening;
  }

  /** A message takes a step. */
  keep(message: Publication): void {
    if (!this.isOpen) return;
    if (message.serial === 0) {
      message.serial = ++this.last;
      message.records = OWN_RECORD;
      this.pending.set(numberedKey(MESSAGE, message.serial), message);
      this.bytes += message.payload.length;
      return;
    }
    const isReleased = message.awaited === 'pubcomp';
    const key = numberedKey(MESSAGE, message.serial);
    if (!isReleased && this.pending.get(key)) return; // its record is made when it is written
    this.pending.set(numberedKey(PROGRESS, message.serial), progressRecord(message, isReleased ? ++this.last : 0));
    message.records |= PROGRESS_RECORD;
    if (isReleased && !this.needsReleased) this.remove(message, OWN_RECORD, key);
  }

  /** A message is over. */
  forget(message: Publication): void {
    const { serial } = message;
    if (serial === 0) return;
    this.remove(message, OWN_RECORD, numberedKey(MESSAGE, serial));
    if (message.records > 0) this.remove(message, PROGRESS_RECORD, numberedKey(PROGRESS, serial));
  }

  /** The identifier of a QoS 2 message of the server is in use. */
  keepReceived(packetId: number): void {
    if (this.isOpen) this.pending.set(receivedKey(packetId), NOTHING);
  }

  /** It is free. */
  forgetReceived(packetId: number): void {
    if (this.isOpen) this.pending.set(receivedKey(packetId), undefined);
  }

  /** Writes everything that was collected. Not while another write is under way. */
  async write(): Promise<Written> {
    const { pending, opened } = this;
    this.pending = new Map();
    this.bytes = 0;
    const messages: Publication[] = [];
    const changes: StoreChange[] = [];
    for (const [key, value] of pending) {
      if (value === undefined) changes.push({ type: 'del', key });
      else if (value instanceof Uint8Array) changes.push({ type: 'put', key, value });
      else {
        messages.push(value);
        changes.push({ type: 'put', key, value: messageRecord(value, value.expiresAt) });
      }
    }
    try {
      await (this.writing = opened!.write(changes));
      return { unkept: [] };
    } catch (cause) {
      this.putBack(pending, messages);
      return { error: storeError('write', 'the session store failed to write', cause), unkept: messages };
    } finally {
      this.writing = undefined;
    }
  }

  /** Writes what is left and lets go of the store. @returns why that failed, if it did */
  async close(): Promise<StoreError | undefined> {
    await this.opening?.catch(() => undefined);
    const { opened } = this;
    if (!opened) return undefined;
    // Whoever waited for the same write may have begun another.
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
      if (contents.isNew) this.pending.set(FORMAT_KEY, Uint8Array.of(FORMAT));
      for (const { key, value } of contents.corrupt) {
        this.pending.set(SET_ASIDE + key, value);
        this.pending.set(key, undefined);
      }
      return { opened, contents };
    } catch (error) {
      await opened.close().catch(() => undefined); // the first error says more
      throw error;
    }
  }

  /** A record that was never written needs no removal. */
  private remove(message: Publication, record: number, key: string): void {
    if ((message.records & record) === 0) return;
    message.records &= ~record;
    const waiting = this.pending.get(key);
    if (waiting && record === OWN_RECORD) {
      this.bytes -= message.payload.length;
      this.pending.delete(key);
    } else this.pending.set(key, undefined);
  }

  /** What failed is tried again with the next changes, but for the messages, whose publishes fail. */
  private putBack(failed: Map<string, Pending>, messages: readonly Publication[]): void {
    const newer = this.pending;
    this.pending = new Map([...failed, ...newer]);
    for (const message of messages) {
      this.pending.delete(numberedKey(MESSAGE, message.serial));
      this.pending.delete(numberedKey(PROGRESS, message.serial));
      message.serial = message.records = 0;
    }
  }
}

function storeError(during: 'open' | 'write', what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(during, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
