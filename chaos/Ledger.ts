import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Sequence } from './Sequence.js';
import type { ByQoS } from './protocol.js';

/** Bytes of a line. So no line lies across two pages, where the death of the process could tear it. */
const LINE = 16;

/** What a line begins with when a message came whose work was done before. */
const RECOGNISED = '=';

/**
 * What the consumer has done: a file with a line for each work. The line is the result of the work and the record of it at
 * once, and is added in one synchronous write: what was written outlives a SIGKILL, and what outlives it is known.
 */
export class Ledger {
  /** The numbers whose work was done; a number that comes again was worked on twice. */
  readonly done: ByQoS<Sequence> = { 1: new Sequence(), 2: new Sequence() };
  /** How many messages came whose work was found to be done. */
  recognised = 0;
  private readonly file: number;
  private end = 0;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'a+');
    this.read();
  }

  /** Notes that the work on a message is done. */
  add(qos: 1 | 2, n: number): void {
    this.write(`${qos} ${n}`);
  }

  /** Notes that a message has come whose work is done. */
  recognise(n: number): void {
    this.write(`${RECOGNISED} ${n}`);
  }

  /** Reads what was added since: by another process, too. */
  read(): void {
    const bytes = Buffer.alloc(fstatSync(this.file).size - this.end);
    const length = readSync(this.file, bytes, 0, bytes.length, this.end);
    this.end += length - (length % LINE);
    for (let at = 0; at + LINE <= length; at += LINE) {
      const [what = '', n] = bytes
        .toString('latin1', at, at + LINE)
        .trim()
        .split(' ');
      if (what === RECOGNISED) this.recognised++;
      else if (what === '1' || what === '2') this.done[what === '1' ? 1 : 2].receive(Number(n));
      else throw new Error(`a line of the ledger is torn: "${what}"`);
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private write(what: string): void {
    writeSync(this.file, `${what.padEnd(LINE - 1)}\n`);
    this.read();
  }
}
