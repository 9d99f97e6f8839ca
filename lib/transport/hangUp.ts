import type { Duplex as Stream } from 'node:stream';
import { asyncScheduler } from 'rxjs';

/** Milliseconds that a peer has to close its side, once everything is written, before the socket is destroyed. */
const GRACE = 1_000;
/** Milliseconds that what was written before a hang-up has to leave. */
const PATIENCE = 30_000;

/** Ends the socket after what was written; input is discarded, for an unread socket would never see the peer's end. */
export function hangUp(socket: Stream): void {
  if (socket.destroyed) return;
  const destroy = () => void socket.destroy();
  let wait = asyncScheduler.schedule(destroy, PATIENCE);
  socket.once('close', () => wait.unsubscribe());
  socket.end(() => {
    wait.unsubscribe();
    if (!socket.closed) wait = asyncScheduler.schedule(destroy, GRACE);
  });
  socket.removeAllListeners('data').resume();
}
