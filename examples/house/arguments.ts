import { parseArgs } from 'node:util';

/** What the demo was asked to do. */
export interface DemoArguments {
  /** The broker to use instead of the embedded one. */
  readonly url?: URL;
  /** The version of MQTT: 4 is 3.1.1. */
  readonly protocol: 4 | 5 | 'auto';
  /** After how many seconds to end; without, it runs until Ctrl-C. */
  readonly seconds?: number;
  /** How many seconds it waits for the first connection, and at the end for everything to settle. */
  readonly patience: number;
}

export const USAGE = `Usage: npm run demo -- [--url mqtt://host:1883] [--protocol 4|5|auto] [--seconds N] [--patience N]

  --url URL     use this broker (mqtt: or tcp:, credentials allowed) instead of the embedded one
  --protocol V  4 is MQTT 3.1.1, 5 is MQTT 5, auto is the newest that the broker speaks: auto.
                The embedded broker speaks 3.1.1 only
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
      protocol: { type: 'string' },
      seconds: { type: 'string' },
      patience: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const protocol = version(values.protocol ?? 'auto');
  if (protocol === 5 && values.url === undefined) {
    throw new Error('--protocol 5: the embedded broker speaks 3.1.1 only; give the --url of one that speaks MQTT 5');
  }
  return {
    protocol,
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

function version(text: string): DemoArguments['protocol'] {
  if (text === 'auto') return text;
  if (text === '4' || text === '5') return Number(text) as 4 | 5;
  throw new Error(`--protocol: expected 4, 5 or auto, got "${text}"`);
}

function positive(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new Error(`${option}: expected a number above 0 and up to 86400, got "${text}"`);
}
