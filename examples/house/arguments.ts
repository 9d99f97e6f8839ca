import { parseArgs } from 'node:util';

/** What the demo was asked to do. */
export interface DemoArguments {
  /** The broker to use instead of the embedded one. */
  readonly url?: URL;
  /** The version of MQTT: 4 is 3.1.1. */
  readonly protocol: 4 | 5 | 'auto';
  /** Lines of text on the terminal, instead of a page in the browser. */
  readonly isText: boolean;
  /** The port of the page; without, {@link PORT}, or any if that is taken. */
  readonly port?: number;
  /** The folder to write a page into that needs no server; without, the page is served. */
  readonly folder?: string;
  /** After how many seconds to end; without, it runs until Ctrl-C. */
  readonly seconds?: number;
  /** How many seconds it waits for the first connection, and at the end for everything to settle. */
  readonly patience: number;
}

/** Where the page is served if nobody says otherwise. */
export const PORT = 8311;

export const USAGE = `Usage: npm run demo -- [--url mqtt://host:1883] [--protocol 4|5|auto] [--port N]
       npm run demo -- --text [--url …] [--protocol …] [--seconds N] [--patience N]
       npm run demo -- --static FOLDER

  Serves a page, and prints its address. The page shows what the library does while the network breaks.

  --url URL     use this broker (mqtt: or tcp:, credentials allowed) instead of the embedded one
  --protocol V  4 is MQTT 3.1.1, 5 is MQTT 5, auto is the newest that the broker speaks: auto.
                The embedded broker speaks 3.1.1 only
  --port N      the port of the page: ${PORT}, or any if that is taken
  --text        lines on this terminal instead of a page
  --seconds N   in text: stop publishing after N seconds, wait until everything has settled, sum up
  --patience N  in text: how many seconds the first connection, and settling, may take: 15
  --static DIR  write a page that needs no server, with a broker in its own memory, into this folder
  --help        show this

--seconds and --patience mean --text. Without --seconds it runs until Ctrl-C, which sums up as well; a second Ctrl-C does
not wait. Exit code of the text: 0 nothing lost at QoS 1 and 2 and nothing doubled at QoS 2; 1 otherwise; 2 wrong arguments.
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
      text: { type: 'boolean' },
      port: { type: 'string' },
      static: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const protocol = version(values.protocol ?? 'auto');
  const isText = values.text ?? (values.seconds !== undefined || values.patience !== undefined);
  const forPage = (['static', 'port'] as const).find((option) => values[option] !== undefined);
  if (isText && forPage) throw new Error(`--${forPage} is for the page: leave out --text, --seconds and --patience`);
  if (values.static === '') throw new Error('--static: expected a folder');
  if (protocol === 5 && values.url === undefined) {
    throw new Error('--protocol 5: the embedded broker speaks 3.1.1 only; give the --url of one that speaks MQTT 5');
  }
  return {
    isText,
    protocol,
    ...(values.port === undefined ? {} : { port: portNumber(values.port) }),
    ...(values.static === undefined ? {} : { folder: values.static }),
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

function portNumber(text: string): number {
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`--port: expected a number from 0 to 65535, got "${text}"`);
}

function positive(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new Error(`${option}: expected a number above 0 and up to 86400, got "${text}"`);
}
