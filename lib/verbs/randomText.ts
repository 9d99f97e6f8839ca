import { NotSupportedError } from '../errors.js';

// Neither the language nor React Native has it.
declare const crypto: { getRandomValues?(bytes: Uint8Array): Uint8Array } | undefined;

const BYTES = 16;

/** Characters of a `randomText`. */
export const RANDOM_LENGTH = 2 * BYTES;

/**
 * A text that nobody guesses: 128 random bits as hexadecimal digits, which every program can pass on as text.
 *
 * @throws {NotSupportedError} the platform has no source of such randomness
 */
export function randomText(): string {
  if (typeof crypto !== 'object' || !crypto.getRandomValues) {
    const instead = 'install a polyfill such as react-native-get-random-values';
    throw new NotSupportedError(`this platform lacks crypto.getRandomValues: ${instead}`);
  }
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
