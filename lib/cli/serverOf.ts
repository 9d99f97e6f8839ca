import type { Arguments } from './Arguments.js';
import { UsageError } from './UsageError.js';
import { DEFAULT_SERVER, nonEmpty } from './clientOptions.js';
import type { Environment } from './Output.js';

const URL_LIKE = /^(mqtts?|tcp|tls|ssl|wss?|mqtt\+unix):\/\//i;

/**
 * Where the broker is, and the arguments without that: `--url`, the first argument if it looks like a URL, the environment,
 * or this machine.
 *
 * @param isAlone whether the command takes no other argument, so that the first one needs no scheme
 * @throws {UsageError} it is said twice, or there are other arguments beside it
 */
export function serverOf(
  args: Arguments,
  environment: Environment,
  isAlone: boolean,
): readonly [server: string, args: Arguments] {
  const [first, ...others] = args.positionals;
  const said = args.text('url');
  if (first !== undefined && isAlone && said !== undefined) {
    throw new UsageError(`the broker is given twice, by --url and by an argument: give it once`);
  }
  if (isAlone && others.length > 0) throw new UsageError('there are too many arguments: only the URL of a broker');
  if (first !== undefined && (isAlone || (said === undefined && URL_LIKE.test(first)))) {
    return [first, args.with(others)];
  }
  return [said ?? nonEmpty(environment['TORTOISE_URL']) ?? DEFAULT_SERVER, args];
}

/** The URL without user name, password and query, to be shown. */
export function labelOf(server: string): string {
  const { protocol, host, pathname } = new URL(server);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
