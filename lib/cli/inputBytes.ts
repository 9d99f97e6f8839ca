import type { Readable } from 'node:stream';
import { Observable, fromEvent, map, merge, take, takeUntil, toArray } from 'rxjs';
import { FileError } from './FileError.js';

/** The chunks of a stream. Cold; unsubscribing closes the stream. Errs with a `FileError`. */
export function chunksOf(input: Readable): Observable<Buffer> {
  const failed$ = fromEvent(input, 'error').pipe(
    map((error) => {
      throw new FileError(`standard input cannot be read: ${(error as Error).message}`);
    }),
  );
  return new Observable((observer) => {
    const chunks$ = fromEvent(input, 'data') as Observable<Buffer>;
    const ended$ = fromEvent(input, 'end').pipe(take(1));
    observer.add(() => input.destroy()); // it would keep the process alive
    observer.add(merge(chunks$, failed$).pipe(takeUntil(ended$)).subscribe(observer));
    input.resume();
  });
}

/** All bytes of a stream, as one. */
export function allOf(input: Readable): Observable<Buffer> {
  return chunksOf(input).pipe(
    toArray(),
    map((chunks) => Buffer.concat(chunks)),
  );
}

/** A line of a stream. */
export interface Line {
  /** Without the line feed, and without a carriage return in front of it. */
  readonly bytes: Buffer;
  /** Bytes of the stream up to its end. */
  readonly end: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Lines that wait until the stream is paused, and until it goes on. */
const WAITING = { most: 2_000, least: 500 } as const;

/**
 * The lines of a stream. The stream is paused while many of them are not done with: a file larger than the memory can be
 * read. Of the last line the line feed may be missing.
 *
 * @param work for each line; at most `concurrency` at a time
 */
export function eachLine<T>(input: Readable, work: (line: Line) => Observable<T>, concurrency: number): Observable<T> {
  return new Observable((observer) => {
    let waiting: Line[] = [];
    let begun = 0; // of those: to take the first out of a long list again and again would be slow
    let rest: Buffer[] = [];
    let position = 0;
    let active = 0;
    let hasEnded = false;
    let isPumping = false;

    const start = (line: Line): void => {
      active++;
      const working = work(line).subscribe({
        next: (value) => observer.next(value),
        error: (error: unknown) => observer.error(error),
        complete: () => {
          active--;
          pump();
        },
      });
      observer.add(working);
    };
    const pump = () => {
      if (isPumping) return; // work that is done at once comes here again: a loop, not a recursion
      isPumping = true;
      while (begun < waiting.length && active < concurrency && !observer.closed) start(waiting[begun++]!);
      isPumping = false;
      if (hasEnded && waiting.length - begun + active === 0) observer.complete();
      if (waiting.length - begun < WAITING.least && !hasEnded && input.isPaused()) input.resume();
    };
    const take = (bytes: Buffer, end: number) => {
      const all = rest.length > 0 ? Buffer.concat([...rest, bytes]) : bytes;
      rest = [];
      waiting.push({ bytes: all.at(-1) === CARRIAGE_RETURN ? all.subarray(0, -1) : all, end });
    };
    observer.add(
      chunksOf(input).subscribe({
        next: (chunk) => {
          let from = 0;
          waiting = waiting.slice(begun);
          begun = 0;
          for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
            take(chunk.subarray(from, at), position + at + 1);
            from = at + 1;
          }
          if (from < chunk.length) rest.push(chunk.subarray(from));
          position += chunk.length;
          if (waiting.length - begun > WAITING.most) input.pause();
          pump();
        },
        error: (error: unknown) => observer.error(error),
        complete: () => {
          if (rest.length > 0) take(Buffer.alloc(0), position);
          hasEnded = true;
          pump();
        },
      }),
    );
  });
}
