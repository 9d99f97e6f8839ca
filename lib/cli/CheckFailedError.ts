/** `doctor` found something that is not in order, and has told of it. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}
