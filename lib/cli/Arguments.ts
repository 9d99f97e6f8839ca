import { UsageError } from './UsageError.js';

/** The limits of a number on the command line. */
export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  /** Whether it may have decimals. Default `false`. */
  readonly isFraction?: boolean;
}

/** A command line that was read: typed values of the options, and what stands beside them. */
export class Arguments {
  /**
   * @param positionals what is no option, in order
   * @param given the values of each option that was given; of one that takes none, an empty list
   */
  constructor(
    readonly positionals: readonly string[],
    private readonly given: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** The same, with other positionals. */
  with(positionals: readonly string[]): Arguments {
    return new Arguments(positionals, this.given);
  }

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.given.has(name);
  }

  /** The value of an option; the last one, if it was given more than once. */
  text(name: string): string | undefined {
    return this.given.get(name)?.at(-1);
  }

  /** All values of an option. */
  list(name: string): readonly string[] {
    return this.given.get(name) ?? [];
  }

  /** @throws {UsageError} it is no number, or not in the range */
  number(name: string, { min, max = Infinity, isFraction = false }: NumberRange): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const isOk = text.trim() !== '' && value >= min && value <= max && (isFraction || Number.isInteger(value));
    if (isOk) return value;
    const range = max === Infinity ? `from ${min}` : `from ${min} to ${max}`;
    throw new UsageError(`--${name}: expected a ${isFraction ? '' : 'whole '}number ${range}, got "${text}"`);
  }

  /** @throws {UsageError} it is none of them */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = words.find((one) => one === text);
    if (word !== undefined) return word;
    throw new UsageError(`--${name}: expected ${listed(words)}, got "${text}"`);
  }

  /** Refuses options that exclude each other. @throws {UsageError} */
  refuseTogether(...names: readonly string[]): void {
    const [one, other] = names.filter((name) => this.has(name));
    if (other !== undefined) throw new UsageError(`--${one} and --${other} exclude each other: give one of them`);
  }
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
