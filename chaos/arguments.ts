import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What a run was asked to be. */
export interface ChaosArguments {
  readonly seconds: number;
  readonly seed: string;
  readonly verbose: boolean;
}

export const USAGE = `Usage: npm run chaos -- [--minutes N] [--seed TEXT] [--verbose]

  --minutes N   how long the chaos lasts, before everything has to settle: 1
  --seed TEXT   decides what happens; without, one is drawn and told
  --verbose     tell what is done, as it is done
  --help        show this

Exit code: 0 all promises kept; 1 some were not; 2 it could not be run.
`;

/**
 * Reads the command line.
 * @returns `'help'` when only the usage was asked for
 * @throws {Error} saying what is wrong with it
 */
export function readArguments(args: readonly string[]): ChaosArguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000))
    throw new Error(`--minutes: expected a number above 0, got "${values.minutes}"`);
  return { seconds: minutes * 60, seed: values.seed ?? String(randomInt(1_000_000)), verbose: values.verbose };
}
