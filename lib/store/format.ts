import { FORMAT_KEY } from './records.js';

/*
 * How the format grows. The format record holds two bytes: the format in which the store is written, and the oldest
 * format whose readers can read that. Up to format 3 it was one byte.
 *
 * - What messages have besides is an optional field, see `fields.ts`. Its tag says whether a reader that does not know it
 *   may skip it. If so, neither number grows for it; if not, a reader refuses a store as long as it has such a message.
 * - A kind of record that is new, and of no importance to older readers, has a new first letter in its key, and raises
 *   the first number: in a store of a newer format readers leave alone what they do not know.
 * - Whatever else changes raises both numbers.
 *
 * A store of format 3 is read. Its records stay as they are until they are deleted; the format record is raised in the
 * batch that writes the first change. It is never lowered.
 */
export const FORMAT = 4;
/** The oldest format that is read. */
const OLDEST = 3;

/** The record of the present format. Readers of format 3 would set messages with fields aside. */
export const formatRecord = (): Uint8Array => Uint8Array.of(FORMAT, FORMAT);

/** A newer version has written something that must not be skipped. The message says what it is. */
export class TooNewError extends Error {}

/**
 * @returns the format of a store; `undefined` if nothing was ever written to it
 * @throws {Error} this version cannot read it
 */
export function formatOf(records: ReadonlyMap<string, Uint8Array>): number | undefined {
  if (records.size === 0) return undefined;
  const [format, readableBy = format] = records.get(FORMAT_KEY) ?? [];
  if (format === undefined) throw otherVersion('records of no known format', 'an older or another version');
  const isNewer = format > FORMAT && readableBy! > FORMAT;
  if (!isNewer && format >= OLDEST) return format;
  throw otherVersion(`records of format ${format}`, isNewer ? 'a newer version' : 'an older or another version');
}

/** Why a store is refused. @param what it holds @param which version has written that */
export function otherVersion(what: string, which = 'a newer version'): Error {
  const holds = `the store holds ${what}, written by ${which} of tortoise-rx; this one reads formats ${OLDEST} to ${FORMAT}`;
  return new Error(`${holds}: let that version send what it holds, or give the client an empty store`);
}
