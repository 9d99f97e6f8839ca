/** The command line is wrong. Nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
