import { parseArgs } from 'node:util';

/** What the demo was asked to do. */
export interface DemoArguments {
  /** The broker to use instead of the embedded one. */
  readonly url?: URL;
  /** After how many seconds to end; without, it runs until Ctrl-C. */
  readonly seconds?: number;
  /** How many seconds it waits for the first connection, and at the end for everything to settle. */
  readonly patience: number;
}

export const USAGE = `Usage: npm run demo -- [--url mqtt://host:1883] [--seconds N] [--patience N]

  --url URL     use this broker (mqtt: or tcp:, credentials allowed) instead of the embedded one
  --seconds N   stop publishing after N seconds, wait until everything has settled, sum up
  --patience N  how many seconds the first connection, and settling, may take: 15
  --help        show this

Without --seconds it runs until Ctrl-C, which sums up as well; a second Ctrl-C does not wait.
Exit code: 0 nothing lost at QoS 1 and 2 and nothing doubled at QoS 2; 1 otherwise; 2 wrong arguments.
`;

/**
 * Reads the command line.
 * @returns `'help'` when only the usage was asked for
 * @throws {Error} saying what is wrong with it
 */
export function readArguments(args: readonly string[]): DemoArguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      seconds: { type: 'string' },
      patience: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  return {
    ...(values.url === undefined ? {} : { url: brokerUrl(values.url) }),
    ...(values.seconds === undefined ? {} : { seconds: positive('--seconds', values.seconds) }),
    patience: positive('--patience', values.patience ?? '15'),
  };
}

function brokerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.hostname && (url.protocol === 'mqtt:' || url.protocol === 'tcp:')) return url;
  throw new Error('--url: expected an address such as mqtt://localhost:1883');
}

function positive(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new Error(`${option}: expected a number above 0 and up to 86400, got "${text}"`);
}
