import { parseArgs } from 'node:util';
import { Arguments } from './Arguments.js';
import type { Option } from './Option.js';
import { UsageError } from './UsageError.js';
import { nearest } from './nearest.js';

/**
 * Reads the options of a command line.
 *
 * @throws {UsageError} there is no such option, with the one that may have been meant; a value is missing, or is one too many
 */
export function readArguments(args: readonly string[], options: readonly Option[]): Arguments {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false, // it would know no hint
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      options.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short !== undefined && { short }) },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find(({ name }) => name === token.name) ?? unknown(token.rawName, options);
    const values = given.get(option.name) ?? [];
    given.set(option.name, values);
    const value = valueOf(option, token);
    if (value === undefined) continue;
    if (values.length > 0 && option.isRepeatable !== true) {
      throw new UsageError(`--${option.name} is given more than once: give it once`);
    }
    values.push(value);
  }
  return new Arguments(positionals, given);
}

/** An option as it stands on the command line. */
interface Token {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueOf({ name, value: placeholder }: Option, { rawName, value, inlineValue }: Token): string | undefined {
  if (placeholder === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return undefined;
  }
  if (value === undefined || (inlineValue !== true && value.startsWith('--'))) {
    const example = value === undefined ? '' : `; if "${value}" is its value, write --${name}=${value}`;
    throw new UsageError(`${rawName} needs a value: ${rawName} ${placeholder}${example}`);
  }
  // `-q=1` is for parseArgs an option -q with the value "=1".
  return inlineValue === true && !rawName.startsWith('--') ? value.replace(/^=/, '') : value;
}

function unknown(rawName: string, options: readonly Option[]): never {
  const isLong = rawName.startsWith('--');
  const names = options.map(({ name }) => `--${name}`);
  const meant = isLong ? nearest(rawName, names) : undefined;
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  const dash = isLong || meant !== undefined ? '' : '; an argument that begins with - goes behind --';
  throw new UsageError(`there is no option ${rawName}${hint}${dash}`);
}
