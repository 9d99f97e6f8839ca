import { parseArgs } from 'node:util';

/** What a fuzzer is told on the command line. */
export interface FuzzArguments {
  /** How long it shall run. Default 1. */
  readonly minutes: number;
  /** Where chance begins: the same seed gives the same run. Default: another one each time. */
  readonly seed: number;
  /** Which part: all of them by default. */
  readonly only: string | undefined;
}

/** Reads `--minutes N --seed S --only PART`. */
export function fuzzArguments(): FuzzArguments {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  });
  const minutes = Number(values.minutes ?? 1);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('expected --minutes above 0 and a whole --seed');
  return { minutes, seed, only: values.only };
}
