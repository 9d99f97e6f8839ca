import { fork } from 'node:child_process';
import { Observable } from 'rxjs';

/**
 * A broker in a process of its own. Cold: subscribing starts it; it emits the broker's URL once and stays silent; errors
 * when the process ends by itself; unsubscribing ends it.
 */
export const embeddedBroker$ = new Observable<URL>((subscriber) => {
  const child = fork(new URL('brokerProcess.ts', import.meta.url));
  child.once('message', (port: number) => subscriber.next(new URL(`mqtt://127.0.0.1:${port}`)));
  child.once('error', (error) => subscriber.error(error));
  child.once('exit', (code) => subscriber.error(new Error(`the broker's process ended (${String(code)})`)));
  return () => void child.kill();
});
