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
export function checkRange(options: object, min: number, max: number): void {
  for (const [option, value] of Object.entries(options) as [string, number][]) {
    if (!isIn(value, min, max)) checkOption(false, option, `a number from ${min} to ${max}`, value);
  }
}

/** Refuses an option that is not an integer from `min` to `max`. Words are put together when they are needed. */
export function checkInteger(option: string, value: unknown, unit: string, min: number, max: number): void {
  if (Number.isInteger(value) && isIn(value, min, max)) return;
  checkOption(false, option, `an integer of ${unit} from ${min} to ${max}`, value);
}

/** Refuses an option that is none of some values. */
export function checkChoice(option: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) checkOption(false, option, choices.map(shown).join(' or '), value);
}

/** A value as errors show it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isIn(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
