/**
 * Fuzzes for as long as one likes: `npm run fuzz -- --minutes N --seed S --only decoder|client`. Prints runs, time and
 * seed; what fails is shrunk and printed, with the seed, and the exit code is 1.
 */
import fc from 'fast-check';
import { ProgressBar } from '../../lib/cli/ProgressBar.js';
import { arbitraryClientCase } from './arbitraryClientCase.js';
import { arbitraryDecoderCase } from './arbitraryDecoderCase.js';
import { fuzzArguments } from './fuzzArguments.js';
import { runClientCase } from './runClientCase.js';
import { runDecoderCase } from './runDecoderCase.js';

/** So many runs have a seed of their own: what fails is found again in that time. */
const BATCH = 500;
const now = performance.now.bind(performance);

const parts = {
  decoder: (seed: number) => fc.check(fc.property(arbitraryDecoderCase, runDecoderCase), { seed, numRuns: BATCH }),
  client: (seed: number) => fc.check(fc.asyncProperty(arbitraryClientCase, runClientCase), { seed, numRuns: BATCH }),
} as const;

const { minutes, seed, only } = fuzzArguments();
const names = (['decoder', 'client'] as const).filter((name) => only === undefined || only === name);
if (names.length === 0) throw new Error(`expected --only ${Object.keys(parts).join(' or ')}`);

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

for (const name of names) {
  const started = now();
  let runs = 0;
  const time = (minutes * 60_000) / names.length;
  const bar = new ProgressBar(process.stderr, `fuzz, ${name}`);
  let batch = seed;
  for (; now() - started < time; batch++) {
    const result = await parts[name](batch);
    runs += result.numRuns;
    bar.update({ share: (now() - started) / time, count: [runs, 'runs'] });
    if (result.failed || rejections.length > 0) {
      bar.clear();
      console.error(fc.defaultReportMessage(result as fc.RunDetails<unknown>));
      console.error(result.errorInstance);
      for (const rejection of rejections) console.error('unhandled rejection:', rejection);
      console.error(`${name}: failed in run ${runs}; again: npm run fuzz -- --only ${name} --seed ${batch}`);
      process.exit(1);
    }
  }
  bar.clear();
  console.log(
    `${name}: ${runs} runs in ${Math.round((now() - started) / 1_000)} s, seeds ${seed} to ${batch - 1}: no fault`,
  );
}
