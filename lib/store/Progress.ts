import { seal, unseal, viewOf } from './records.js';

/*
 * A record of progress: checksum (4 bytes), then for each message of the segment, by its place, what its last step was
 * (1), the packet identifier (2) and which PUBREC of all it was (8). For those beyond its end there was no step.
 */
const HEAD = 4;
const STEP = 1 + 2 + 8;
const SENT = 1;
const RELEASED = 2;
const OVER = 3;

/** The last step of a message since its record was written. */
export interface Step {
  readonly packetId: number;
  /** After PUBREC: a number that grows from one PUBREC to the next. */
  readonly released: number | undefined;
}

/** How far the messages of a segment have come since their record was written. */
export class Progress {
  private view: DataView;

  /** @param bytes of a record */
  private constructor(private bytes: Uint8Array) {
    this.view = viewOf(bytes);
  }

  /** No message has come any further. */
  static none(): Progress {
    return new Progress(new Uint8Array(HEAD + STEP));
  }

  /** @throws what is wrong with the record */
  static read(record: Uint8Array): Progress {
    unseal(viewOf(record), 0, record.length);
    if ((record.length - HEAD) % STEP > 0) throw new Error('it is cut');
    return new Progress(new Uint8Array(record)); // a copy: the `slice` of a Buffer is none
  }

  /** The record of it, as it is now. */
  record(): Uint8Array {
    const record = this.bytes.slice();
    seal(viewOf(record), 0, record.length);
    return record;
  }

  /** The last step of a message, if there was one. */
  stepOf(place: number): Step | undefined {
    const at = HEAD + place * STEP;
    const what = this.bytes[at];
    if (what !== SENT && what !== RELEASED) return undefined;
    return {
      packetId: this.view.getUint16(at + 1),
      released: what === RELEASED ? this.view.getFloat64(at + 3) : undefined,
    };
  }

  /** Whether a message is over. */
  isOver(place: number): boolean {
    return this.bytes[HEAD + place * STEP] === OVER;
  }

  /** A message takes a step. */
  step(place: number, { packetId, released }: Step): void {
    const at = this.reach(place);
    this.bytes[at] = released === undefined ? SENT : RELEASED;
    this.view.setUint16(at + 1, packetId);
    this.view.setFloat64(at + 3, released ?? 0);
  }

  /** A message is over. */
  end(place: number): void {
    const at = this.reach(place); // which may make the bytes anew
    this.bytes[at] = OVER;
  }

  /** Where a step is written; made if need be. */
  private reach(place: number): number {
    const { bytes } = this;
    const at = HEAD + place * STEP;
    if (at >= bytes.length) {
      this.bytes = new Uint8Array(HEAD + 2 * (at + STEP - HEAD));
      this.bytes.set(bytes);
      this.view = viewOf(this.bytes);
    }
    return at;
  }
}
