import { InvalidArgumentError, InvalidOptionsError } from '../errors.js';

/** The most milliseconds that timers of JavaScript can hold; a longer one fires at once. */
export const LONGEST_TIMER = 2_147_483_647;

/**
 * Refuses an option unless it is as it must be.
 *
 * @throws {InvalidOptionsError} which names the option, what was expected, and what came
 */
export function checkOption(ok: unknown, option: string, expected: string, got: unknown): asserts ok {
  if (!ok) throw new InvalidOptionsError(option, `expected ${expected}, got ${shown(got)}`);
}

/** The same of an argument. @throws {InvalidArgumentError} */
export function checkArgument(ok: unknown, argument: string, expected: string, got: unknown): asserts ok {
  if (!ok) throw new InvalidArgumentError(argument, `expected ${expected}, got ${shown(got)}`);
}

/** Refuses what is not a number from `min` to `max`; options come by their names. */
export function checkRange(options: object, min: number, max: number, what = 'a number', isOne = isNumber): void {
  for (const [option, value] of Object.entries(options) as [string, number][]) {
    checkOption(isOne(value) && value >= min && value <= max, option, `${what} from ${min} to ${max}`, value);
  }
}

/** Refuses what is not an integer from `min` to `max`. */
export function checkIntegers(options: object, unit: string, min: number, max: number): void {
  checkRange(options, min, max, `an integer of ${unit}`, Number.isInteger);
}

/** Refuses an option that is none of some values. */
export function checkChoice(option: string, value: unknown, choices: readonly unknown[]): void {
  checkOption(choices.includes(value), option, choices.map(shown).join(' or '), value);
}

/** A value as errors show it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
