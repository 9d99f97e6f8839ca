import type { Outgoing } from '../session/Outgoing.js';
import type { StoreChange } from '../session/SessionStore.js';
import { Progress, type Step } from './Progress.js';
import { weightOf } from './fields.js';
import { messagesRecord } from './messagesRecord.js';
import { MESSAGES, PROGRESS, SEGMENT_SIZE, numberedKey } from './records.js';

/** Bytes of payload and properties that fill a segment. A segment stays in the store until its slowest message is over. */
const FULL_FROM = 65_536;

/**
 * Messages that stand in one record of the store, because they were taken on together. It is written once, and deleted
 * when all of them are over; what becomes of each until then stands in a second record. So a store has a few large
 * changes to make, and not two for each message.
 */
export class Segment {
  /** Those that wait to be written; `undefined` for one that was over before. */
  private waiting: (Outgoing | undefined)[] | undefined = [];
  private bytes = 0;
  private live = 0;
  private progress: Progress | undefined;
  private hasProgressRecord = false;

  /** @param first the number of its first message */
  constructor(readonly first: number) {}

  /** As it was found in a store. @param live how many of its messages are not over */
  static found(first: number, live: number, progress: Progress | undefined): Segment {
    const segment = new Segment(first);
    segment.waiting = undefined;
    segment.live = live;
    segment.progress = progress;
    segment.hasProgressRecord = progress !== undefined;
    return segment;
  }

  /** Whether its record is not written yet. */
  get isUnwritten(): boolean {
    return this.waiting !== undefined;
  }

  /** Whether all of its messages are over. */
  get isOver(): boolean {
    return this.live === 0;
  }

  /** Whether one more message may stand in it. */
  hasRoomFor(message: Outgoing): boolean {
    const { waiting, bytes } = this;
    if (!waiting || waiting.length === SEGMENT_SIZE) return false;
    return waiting.length === 0 || bytes + sizeOf(message) <= FULL_FROM;
  }

  /** Takes a message, while its record is not written yet. @returns the number of the message */
  add(message: Outgoing): number {
    this.live++;
    this.bytes += sizeOf(message);
    return this.first + this.waiting!.push(message) - 1;
  }

  /** A message takes a step. Its record says so if it is not written yet. */
  step(serial: number, step: Step): void {
    if (!this.isUnwritten) (this.progress ??= Progress.none()).step(serial - this.first, step);
  }

  /** A message is over. @returns whether that is news: counted twice, it would take one of the others with it */
  end(serial: number): boolean {
    const place = serial - this.first;
    const { waiting } = this;
    if (waiting) {
      if (!waiting[place]) return false;
      waiting[place] = undefined;
    } else {
      this.progress ??= Progress.none();
      if (this.progress.isOver(place)) return false;
      this.progress.end(place);
    }
    this.live--;
    return true;
  }

  /**
   * Has what is to be said of it written.
   * @returns the messages whose record is among that
   */
  save(changes: StoreChange[]): readonly Outgoing[] {
    const { waiting, first, progress } = this;
    const key = numberedKey(MESSAGES, first);
    const progressKey = numberedKey(PROGRESS, first);
    if (waiting) {
      this.waiting = undefined;
      changes.push({ type: 'put', key, value: messagesRecord(waiting) });
      return waiting.filter((message) => message !== undefined);
    }
    if (!this.isOver) {
      this.hasProgressRecord = true;
      changes.push({ type: 'put', key: progressKey, value: progress!.record() });
    } else {
      changes.push({ type: 'del', key });
      if (this.hasProgressRecord) changes.push({ type: 'del', key: progressKey });
    }
    return [];
  }
}

function sizeOf({ payload, properties }: Outgoing): number {
  return payload.length + (properties ? weightOf(properties) : 0);
}
