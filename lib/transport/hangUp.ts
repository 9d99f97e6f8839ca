import type { Duplex as Stream } from 'node:stream';
import { type SchedulerAction, asyncScheduler } from 'rxjs';

/** Milliseconds that a peer has to close its side, once everything is written, before the socket is destroyed. */
const GRACE = 1_000;
/** Milliseconds that what was written before a hang-up has to leave. */
const PATIENCE = 30_000;

/** Ends the socket after what was written; input is discarded, for an unread socket would never see the peer's end. */
export function hangUp(socket: Stream): void {
  if (socket.destroyed) return;
  const wait: Wait = { socket, left: PATIENCE, looked: asyncScheduler.now() };
  const looking = asyncScheduler.schedule(look, GRACE, wait);
  socket.once('close', () => looking.unsubscribe());
  socket.end(() => {
    const since = asyncScheduler.now() - wait.looked; // within a second, unless the clock was set
    wait.left = GRACE + Math.min(Math.max(0, since), GRACE);
  });
  socket.removeAllListeners('data').resume();
}

/** One timer for both waits: an end needs none of them as a rule, and making a timer is a good part of what it costs. */
interface Wait {
  readonly socket: Stream;
  /** Milliseconds that it may go on, from the last look on … */
  left: number;
  /** … which was then. Another one comes `GRACE` later, or when the wait is over. */
  looked: number;
}

function look(this: SchedulerAction<Wait>, given?: Wait): void {
  const wait = given!;
  wait.left -= GRACE;
  wait.looked = asyncScheduler.now();
  if (wait.left > 0) this.schedule(wait, Math.min(wait.left, GRACE));
  else wait.socket.destroy();
}
