/** How something is: `note` is for what may be as it is, and should be known. */
export type Verdict = 'ok' | 'note' | 'fail';

/** Something that was looked at. */
export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string | undefined;
  /** More lines of what was found, and their names. */
  readonly details?: readonly (readonly [name: string, text: string])[] | undefined;
}
