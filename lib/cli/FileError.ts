/** A file, standard input or standard output cannot be read or written. */
export class FileError extends Error {
  override readonly name = 'FileError';
}
