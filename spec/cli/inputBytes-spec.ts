import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import { Observable, Subject, lastValueFrom, map, of, toArray } from 'rxjs';
import { FileError } from '../../lib/cli/FileError.js';
import { type Line, allOf, eachLine } from '../../lib/cli/inputBytes.js';
import { turn } from '../support/turn.js';

const textOf = ({ bytes }: Line) => bytes.toString();
const linesOf = (chunks: readonly string[]) =>
  lastValueFrom(
    eachLine(Readable.from(chunks.map((one) => Buffer.from(one))), (line) => of(textOf(line)), 10).pipe(toArray()),
  );

describe('the lines of standard input', () => {
  for (const [what, chunks, lines] of [
    ['each one', ['a\nb\n'], ['a', 'b']],
    ['one that is cut', ['a', 'b', '\nc\n'], ['ab', 'c']],
    ['the last one without a line feed', ['a\nb'], ['a', 'b']],
    ['empty ones', ['\n\na\n'], ['', '', 'a']],
    ['one of Windows, cut in the middle of its end', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['a carriage return that is no end', ['a\rb\n'], ['a\rb']],
    ['none of nothing', [], []],
  ] as const) {
    it(`should be ${what}`, async () => expect(await linesOf(chunks)).to.deep.equal(lines));
  }

  it('should know where each ends', async () => {
    const input = Readable.from([Buffer.from('ab\nc'), Buffer.from('d\r\ne')]);
    const ends = await lastValueFrom(eachLine(input, ({ end }) => of(end), 1).pipe(toArray()));
    expect(ends).to.deep.equal([3, 7, 8]);
  });

  it('should be worked on as many at a time as asked, and in order', async () => {
    const running: Subject<string>[] = [];
    const started: string[] = [];
    const work = (line: Line) =>
      new Observable<string>((observer) => {
        started.push(textOf(line));
        const done = new Subject<string>();
        running.push(done);
        return done.subscribe(observer);
      });
    let isOver = false;
    eachLine(Readable.from([Buffer.from('1\n2\n3\n4\n')]), work, 2).subscribe({ complete: () => (isOver = true) });
    await turn();
    expect(started).to.deep.equal(['1', '2']);
    running[1]!.complete();
    expect(started).to.deep.equal(['1', '2', '3']);
    running[0]!.complete();
    running[2]!.complete();
    await turn();
    expect([started.length, isOver]).to.deep.equal([4, false]);
    running[3]!.complete();
    expect(isOver).to.equal(true);
  });

  it('should make the stream wait while many are not done with', async () => {
    const input = new PassThrough({ highWaterMark: 1_000_000 });
    const release = new Subject<void>();
    let done = 0;
    const lines$ = eachLine(input, () => release.pipe(map(() => done++)), 1);
    const reading = lines$.subscribe();
    input.write('x\n'.repeat(5_000));
    await turn();
    expect(input.isPaused()).to.equal(true);
    reading.unsubscribe();
    expect(input.destroyed, 'or it would keep the process alive').to.equal(true);
  });

  it('should take many at once without an overflow of the stack', async () => {
    const input = Readable.from([Buffer.from('x\n'.repeat(20_000))]);
    let count = 0;
    await lastValueFrom(eachLine(input, () => of(count++), 100));
    expect(count).to.equal(20_000);
  });

  it('should err with a FileError when it cannot be read', async () => {
    const input = new PassThrough();
    const outcome = lastValueFrom(allOf(input)).then(
      () => undefined,
      (error: unknown) => error,
    );
    input.destroy(new Error('broken'));
    const error = await outcome;
    expect(error).to.be.instanceOf(FileError);
    expect((error as Error).message).to.equal('standard input cannot be read: broken');
  });
});
