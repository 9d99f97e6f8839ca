/** What was asked for did not happen in the time that `--timeout` gives. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
}
