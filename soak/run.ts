import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ProgressBar } from '../lib/cli/ProgressBar.js';
import { complaints, figures } from './Outcome.js';
import { Soak } from './Soak.js';

const USAGE = `Usage: npm run soak -- [--messages N] [--reconnects N] [--rounds N] [--verbose]

  --messages N    how many are published: 1000000
  --reconnects N  how often the connection is cut meanwhile: 1000
  --rounds N      how often everything comes to rest and the heap is measured: 100
  --verbose       tell the measurements
  --help          show this

Exit code: 0 the heap stays flat, nothing is lost, doubled at QoS 2 or left behind; 1 otherwise; 2 it could not be run.
`;

/** Milliseconds after which a process that has nothing to do any more should have ended. */
const LINGER = 5_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '1000000' },
      reconnects: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '100' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  if (values.help) {
    say(USAGE);
    return 0;
  }
  setFlagsFromString('--expose-gc');
  const messages = number('messages', values.messages);
  const bar = new ProgressBar(process.stderr, 'soak');
  const outcome = await Soak.run({
    messages,
    reconnects: number('reconnects', values.reconnects),
    rounds: number('rounds', values.rounds),
    collectGarbage: runInNewContext('gc') as () => void,
    log: (what) => {
      if (!values.verbose) return;
      bar.clear();
      say(what);
    },
    progress: (settled) => bar.update({ share: settled / messages, count: [settled, 'messages'] }),
  });
  bar.clear();
  say(figures(outcome));
  const wrong = complaints(outcome);
  for (const what of wrong) say(`WRONG: ${what}`);
  if (wrong.length === 0) say('All is well.');
  return wrong.length === 0 ? 0 : 1;
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option}: expected a number above 0, got "${text}"`);
}

try {
  process.exitCode = await main();
  setTimeout(() => {
    process.stdout.write(`WRONG: the process does not end: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit(1);
  }, LINGER).unref();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(2);
}
