/** Says why a socket of Node's failed, with its code: for error messages. */
export function socketReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the socket was closed';
  const { code } = cause as NodeJS.ErrnoException;
  const message = cause.message.trim(); // OpenSSL's end with a new line
  if (code === undefined || message.includes(code)) return message;
  return message === '' ? code : `${message} (${code})`; // Node's AggregateError has no message
}
