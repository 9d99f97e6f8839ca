import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** One page: a write of so much is not torn by the death of the process. */
const SIZE = 4_096;

/** A small value in a file, overwritten in one synchronous write: what was written last outlives a SIGKILL. */
export class StateFile<T> {
  private readonly file: number;

  constructor(private readonly path: string) {
    this.file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  }

  read(): T | undefined {
    const text = readFileSync(this.path, 'utf8').trim();
    return text === '' ? undefined : (JSON.parse(text) as T);
  }

  write(value: T): void {
    const text = JSON.stringify(value).padEnd(SIZE);
    if (text.length !== SIZE) throw new Error(`too much is missing to be written down: ${text.slice(0, 200)} …`);
    writeSync(this.file, text, 0);
  }

  close(): void {
    closeSync(this.file);
  }
}
