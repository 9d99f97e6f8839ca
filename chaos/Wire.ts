import type { Socket } from 'node:net';
import type { Random } from './Random.js';

/** How bytes travel. */
export interface Weather {
  /** The most milliseconds that a chunk waits before it goes on. */
  readonly latency: number;
  /** The most bytes that go on at a time; 0: as many as came. */
  readonly fragment: number;
  /** Bytes that go on in a second; 0: any number. */
  readonly rate?: number;
}

/** How often a portion goes on where there is a rate, in ms. */
const PERIOD = 10;

export const FAIR: Weather = { latency: 0, fragment: 0 };

/** Bytes that may be under way before the sender has to wait. */
const FULL_FROM = 262_144;

/** One direction of a connection: takes what comes out of one socket, and passes it on to another, as the weather is. */
export class Wire {
  private readonly queue: { readonly bytes: Buffer; due: number }[] = [];
  private lastDue = 0;
  private queued = 0;
  private waiting: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private weather = FAIR;
  private stalledUntil = 0;
  private holding = false;
  private cutAfter = Infinity;
  private isCut = false;
  private ending = false;

  /**
   * @param passed called with the bytes that were passed on
   * @param cut called when the wire was cut: nothing is passed on any more
   */
  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly random: Random,
    private readonly passed: (bytes: Buffer) => void,
    private readonly cut: () => void,
  ) {}

  /** Bytes came. */
  push(bytes: Buffer): void {
    if (this.isCut) return;
    const { latency } = this.weather;
    this.lastDue = Math.max(this.lastDue, Date.now() + (latency > 0 ? this.random.between(0, latency) : 0));
    this.queue.push({ bytes, due: this.lastDue });
    this.queued += bytes.length;
    if (this.queued >= FULL_FROM) this.from.pause();
    this.pump();
  }

  /** No more bytes will come: ends the other side when everything under way was passed on. */
  end(): void {
    this.ending = true;
    this.pump();
  }

  /** From now on. */
  become(weather: Weather): void {
    this.weather = weather;
  }

  /** Nothing goes on for so long. */
  stall(ms: number): void {
    this.stalledUntil = Date.now() + ms;
  }

  /** Cuts the wire after this many more bytes. */
  cutSoon(bytes: number): void {
    this.cutAfter = bytes;
  }

  /** Nothing goes on until `release`. */
  hold(): void {
    this.holding = true;
  }

  /** Passes on what `hold` kept back. */
  release(): void {
    this.holding = false;
    this.pump();
  }

  /** All that is under way goes on at once, and so does all that comes, whatever was to happen to it. */
  hasten(): void {
    this.weather = FAIR;
    this.queue.forEach((each) => (each.due = 0));
    this.stalledUntil = 0;
    this.cutAfter = Infinity;
    this.stopWaiting();
    this.pump();
  }

  /** What is under way is lost, and so is what comes. */
  drop(): void {
    this.isCut = true;
    this.stopWaiting();
    this.queue.length = this.queued = 0;
    this.from.resume(); // or the end of the stream would never be seen
  }

  private stopWaiting(): void {
    clearTimeout(this.waiting as NodeJS.Timeout);
    clearImmediate(this.waiting as NodeJS.Immediate);
    this.waiting = undefined;
  }

  private pump(): void {
    while (!this.waiting && !this.holding && this.queue.length > 0) {
      const wait = Math.max(this.stalledUntil, this.queue[0]!.due) - Date.now();
      const { fragment, rate = 0 } = this.weather;
      if (wait > 0) this.waiting = setTimeout(() => this.waited(), wait);
      else if (rate > 0) {
        this.passPiece(Math.ceil((rate * PERIOD) / 1_000));
        if (!this.isCut) this.waiting = setTimeout(() => this.waited(), PERIOD);
      } else if (fragment === 0) this.pass(this.queue.shift()!.bytes);
      else {
        this.passPiece(this.random.between(1, fragment));
        if (!this.isCut) this.waiting = setImmediate(() => this.waited()); // or the pieces would be put together again
      }
    }
    if (this.ending && this.queue.length === 0 && !this.isCut) {
      this.ending = false;
      this.to.end();
    }
  }

  private waited(): void {
    this.waiting = undefined;
    this.pump();
  }

  private passPiece(length: number): void {
    const { bytes, due } = this.queue.shift()!;
    if (length < bytes.length) this.queue.unshift({ bytes: bytes.subarray(length), due });
    this.pass(bytes.subarray(0, length));
  }

  private pass(bytes: Buffer): void {
    const piece = bytes.subarray(0, this.cutAfter);
    this.cutAfter -= piece.length;
    this.queued -= bytes.length;
    if (piece.length > 0) {
      this.to.write(piece);
      this.passed(piece);
    }
    if (this.cutAfter === 0) {
      this.drop();
      this.cut();
    } else if (this.queued < FULL_FROM / 2) this.from.resume();
  }
}
