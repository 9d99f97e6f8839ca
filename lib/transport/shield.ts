let mark: ((buffer: object) => unknown) | undefined;

/**
 * Marks memory that is shared, so that it cannot be transferred to a worker: Node 21 and later refuse with a
 * `DataCloneError`, Node 20 copies it. Where there is no such mark, in Deno and Bun, it does nothing.
 */
export function shield(buffer: ArrayBufferLike): void {
  // Loaded when it is first needed, as `tls` loads its modules.
  mark ??= process.getBuiltinModule('node:worker_threads').markAsUntransferable;
  try {
    mark(buffer);
  } catch {
    mark = () => undefined; // Deno and Bun have the function, and it throws
  }
}
