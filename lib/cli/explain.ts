import { InvalidOptionsError, isMqttError } from '../index.js';
import { CheckFailedError } from './CheckFailedError.js';
import { FileError } from './FileError.js';
import { TimedOutError } from './TimedOutError.js';
import { UsageError } from './UsageError.js';

/** Errors whose words are for users already. */
const OWN = [UsageError, TimedOutError, FileError, CheckFailedError];

/** What an option of the library is called on the command line. */
const FLAGS: Readonly<Record<string, string>> = {
  server: '--url',
  clientId: '--client-id',
  username: '--username',
  password: '--password',
  keepAlive: '--keep-alive',
  pingInterval: '--keep-alive',
  protocolVersion: '--protocol',
  connectTimeout: '--timeout',
  responseTopic: '--response-topic',
  will: '--will-topic',
  tls: '--ca, --cert, --key, --insecure, --servername',
  'tls.ca': '--ca',
  'tls.cert': '--cert',
  'tls.key': '--key',
  'tls.passphrase': 'TORTOISE_PASSPHRASE',
  'tls.servername': '--servername',
};
const NAMED = /\b(?:the )?options? (tls\.\w+|\w+)(?: and (tls\.\w+))?(?=[\s:,;)]|$)/g;
const BARE = /\btls\.(?:ca|cert|key|passphrase|servername)\b/g;

/** What is told of an error: the library's words, with the names that things have on the command line. */
export function explain(error: unknown): string {
  if (isMqttError(error)) {
    if (error instanceof InvalidOptionsError && error.option in FLAGS) {
      return inFlags(error.message.replace(`option ${error.option}:`, `${FLAGS[error.option]}:`));
    }
    return inFlags(error.message);
  }
  if (OWN.some((one) => error instanceof one)) return (error as Error).message;
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `a fault of this program, please report it: ${what}`;
}

function inFlags(message: string): string {
  return message
    .replace(NAMED, (all: string, one: string, other: string | undefined) => {
      const flags = [one, other].filter((name) => name !== undefined).map((name) => FLAGS[name]);
      return flags.some((flag) => flag === undefined) ? all : flags.join(' and ');
    })
    .replace(BARE, (name) => FLAGS[name]!);
}
