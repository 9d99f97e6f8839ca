import { type Observable, defer, of } from 'rxjs';
import type { Arguments } from './Arguments.js';
import type { Context } from './Context.js';
import type { Option } from './Option.js';
import { UsageError } from './UsageError.js';
import { fileOf } from './clientOptions.js';
import { allOf } from './inputBytes.js';

/** Where a payload may come from beside the command line. */
export const PAYLOAD_SOURCES: readonly Option[] = [
  { name: 'stdin', short: 's', help: 'the payload is all that comes from standard input' },
  { name: 'file', short: 'f', value: 'FILE', help: 'the payload is in a file' },
];

/**
 * The arguments of a command that publishes.
 *
 * @throws {UsageError} there is no topic, or there are too many
 */
export function topicAndPayload({ positionals }: Arguments): readonly [topic: string, payload: string | undefined] {
  const [topic, payload, ...others] = positionals;
  if (topic === undefined) throw new UsageError('there is no topic: give one, and the payload behind it');
  if (others.length > 0) throw new UsageError('there are too many arguments: put a payload with spaces in quotes');
  return [topic, payload];
}

/**
 * The one payload that a command line names, as an argument, in a file, or from standard input. Emits once.
 *
 * @param given the argument
 * @param others what else may be given instead, for the error
 * @throws {UsageError} there is none, or more than one
 */
export function payloadOf(
  given: string | undefined,
  args: Arguments,
  { input }: Context,
  others: string,
): Observable<string | Buffer> {
  args.refuseTogether('stdin', 'file');
  const source = args.has('stdin') ? 'stdin' : 'file';
  const isElsewhere = args.has(source);
  if (given !== undefined) {
    if (isElsewhere) throw new UsageError(`there is a payload as an argument and --${source}: give one of them`);
    return of(given);
  }
  if (!isElsewhere)
    throw new UsageError(`there is no payload: give it as an argument ('' for an empty one), ${others}`);
  const file = args.text('file');
  return file === undefined ? defer(() => allOf(input.stream())) : of(fileOf('file', file));
}
