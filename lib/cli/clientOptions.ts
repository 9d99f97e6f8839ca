import { readFileSync } from 'node:fs';
import type { ClientOptions, TlsOptions, Will } from '../index.js';
import type { Arguments } from './Arguments.js';
import type { Environment } from './Output.js';
import { UsageError } from './UsageError.js';
import { qosOf, timeoutOf } from './values.js';

export const DEFAULT_SERVER = 'mqtt://localhost:1883';
/** Milliseconds that the library gives the socket by itself. */
const DIAL = 10_000;

/** A variable that is set to nothing is not set. */
export const nonEmpty = (text: string | undefined) => (text === '' ? undefined : text);

/** The options of a client that a command line asks for. */
export interface CommandOptions extends ClientOptions {
  readonly tls: TlsOptions | undefined;
}

/** Reads the options of a client. @throws {UsageError} a value is wrong, or a file cannot be read */
export function clientOptions(args: Arguments, environment: Environment): CommandOptions {
  const protocol = args.oneOf('protocol', ['4', '5', 'auto']) ?? 'auto';
  const seconds = timeoutOf(args);
  return {
    clientId: args.text('client-id'),
    username: args.text('username') ?? nonEmpty(environment['TORTOISE_USERNAME']),
    password: args.text('password') ?? nonEmpty(environment['TORTOISE_PASSWORD']),
    keepAlive: args.number('keep-alive', { min: 0, max: 65_535 }),
    protocolVersion: protocol === 'auto' ? protocol : protocol === '4' ? 4 : 5,
    tls: tlsOptions(args, environment),
    will: will(args),
    linger: 0, // when a command is done it is done
    ...(seconds !== undefined && { connectTimeout: Math.min(DIAL, Math.ceil(seconds * 1_000)) }),
  };
}

function tlsOptions(args: Arguments, environment: Environment): TlsOptions | undefined {
  const ca = args.list('ca').map((file) => fileOf('ca', file));
  const [cert, key] = ['cert', 'key'].map((name) => {
    const file = args.text(name);
    return file === undefined ? undefined : fileOf(name, file);
  });
  const options = {
    ...(ca.length > 0 && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key, passphrase: environment['TORTOISE_PASSPHRASE'] }),
    ...(args.has('servername') && { servername: args.text('servername') }),
    ...(args.has('insecure') && { rejectUnauthorized: false }),
  };
  return Object.keys(options).length > 0 ? options : undefined;
}

/** A file that an option names. @throws {UsageError} */
export function fileOf(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--${option}: the file cannot be read: ${(error as Error).message}`);
  }
}

function will(args: Arguments): Will | undefined {
  const topic = args.text('will-topic');
  if (topic !== undefined) {
    const retain = args.has('will-retain');
    return { topic, payload: args.text('will-payload'), qos: qosOf(args, 'will-qos'), retain };
  }
  const other = ['will-payload', 'will-qos', 'will-retain'].find((name) => args.has(name));
  if (other !== undefined) throw new UsageError(`--${other} needs --will-topic`);
  return undefined;
}
