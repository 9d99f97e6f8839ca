/** Says why a socket of Node's failed, with its code: for error messages. */
export function socketReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the socket was closed';
  const { code } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause.message;
  if (cause.message.includes(code)) return cause.message;
  return cause.message === '' ? code : `${cause.message} (${code})`; // Node's AggregateError has no message
}
