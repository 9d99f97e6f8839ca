import type { Duplex as Stream } from 'node:stream';
import { type SchedulerAction, asyncScheduler } from 'rxjs';

/** Milliseconds that a peer has to close its side, once everything is written, before the socket is destroyed. */
const GRACE = 1_000;
/** Milliseconds for what was written before a hang-up to leave. */
const PATIENCE = 30_000;

/** Ends the socket behind what was written. Input is discarded: a socket that is not read never sees the peer's end. */
export function hangUp(socket: Stream): void {
  if (socket.destroyed) return;
  const wait: Wait = { socket, left: PATIENCE, looked: performance.now() };
  const looking = asyncScheduler.schedule(look, GRACE, wait);
  socket.once('close', () => looking.unsubscribe());
  socket.end(() => {
    wait.left = GRACE + performance.now() - wait.looked;
  });
  socket.removeAllListeners('data').resume();
}

/** One timer serves both waits: as a rule neither is needed, and a timer is a good part of what a hang-up costs. */
interface Wait {
  readonly socket: Stream;
  /** Milliseconds that the socket may live on, counted from the last look. */
  left: number;
  /** When the last look was. The next comes `GRACE` later, or earlier if the wait is over. */
  looked: number;
}

function look(this: SchedulerAction<Wait>, given?: Wait): void {
  const wait = given!;
  wait.left -= GRACE;
  wait.looked = performance.now();
  if (wait.left > 0) this.schedule(wait, Math.min(wait.left, GRACE));
  else wait.socket.destroy();
}
