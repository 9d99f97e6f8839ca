import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Protocol } from './protocol.js';

/** What a run was asked to be. */
export interface ChaosArguments {
  readonly protocol: Protocol;
  readonly seconds: number;
  readonly seed: string;
  readonly verbose: boolean;
}

export const USAGE = `Usage: npm run chaos -- [--minutes N] [--seed TEXT] [--protocol 4|5|both] [--verbose]

  --minutes N   how long the chaos lasts, before everything has to settle: 1
  --seed TEXT   decides what happens; without, one is drawn and told
  --protocol V  the version that the clients speak: 4, 5, or both, the default: each process draws one
  --verbose     tell what is done, as it is done
  --help        show this

Exit code: 0 all promises kept; 1 some were not; 2 it could not be run.
`;

const PROTOCOLS: readonly Protocol[] = [4, 5, 'both'];

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
      protocol: { type: 'string', default: 'both' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000))
    throw new Error(`--minutes: expected a number above 0, got "${values.minutes}"`);
  const protocol = PROTOCOLS.find((one) => String(one) === values.protocol);
  if (protocol === undefined) throw new Error(`--protocol: expected 4, 5 or both, got "${values.protocol}"`);
  return {
    seconds: minutes * 60,
    protocol,
    seed: values.seed ?? String(randomInt(1_000_000)),
    verbose: values.verbose,
  };
}
