import { setFlagsFromString, getHeapSpaceStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { lastValueFrom } from 'rxjs';
import { createClient } from '../../lib/index.js';
import { memory } from '../../lib/transport/memory.js';

setFlagsFromString('--expose-gc'); // in the middle of a process: a context that is made afterwards has it
const collect = runInNewContext('gc') as (how?: { type: 'minor' }) => void;

const WARM = 100;
const COUNT = 400;
/** A client takes some 10,000 bytes. A few are in use whenever V8 collects, and are left. */
const MOST = 4_000;

/** Bytes of the generation that only a major collection looks at. */
const old = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size;

/** How many bytes each time leaves behind that a minor collection does not take, at best of several tries. */
async function left(work: () => Promise<void>): Promise<number> {
  for (let i = 0; i < WARM; i++) await work();
  let least = Infinity;
  for (let tried = 0; tried < 5 && least > MOST; tried++) {
    collect();
    const before = old();
    for (let i = 0; i < COUNT; i++) {
      await work();
      if (i % 20 === 19) collect({ type: 'minor' });
    }
    collect({ type: 'minor' });
    least = Math.min(least, (old() - before) / COUNT);
  }
  return least;
}

describe('a client that has ended', () => {
  const server = memory(() => undefined);

  it('should be taken by a minor collection, with all that belongs to it', async () => {
    const work = async () => {
      const client = createClient({ server });
      client.connection$.subscribe();
      await lastValueFrom(client.end({ timeout: 0 }));
    };
    expect(await left(work)).to.be.below(MOST);
  }).timeout(20_000);
});
