import { connect } from 'node:net';
import { Observable } from 'rxjs';

/** The host and the port of a broker's URL, as `net` takes them. */
export function addressOf(broker: URL): { readonly host: string; readonly port: number } {
  return { host: broker.hostname.replace(/^\[|\]$/g, ''), port: Number(broker.port || 1883) };
}

/**
 * Tries whether anybody listens at a broker's address. Cold: subscribing dials; it emits the address when somebody does
 * and completes; errors, saying what is wrong and what to do; unsubscribing hangs up.
 *
 * @param patience milliseconds
 */
export function reach(broker: URL, patience: number): Observable<URL> {
  return new Observable((subscriber) => {
    const address = addressOf(broker);
    const fail = (why: string) => {
      const what = `there is no broker at ${broker.hostname}:${address.port} (${why})`;
      subscriber.error(new Error(`${what}: start one, or leave out --url for the embedded one`));
    };
    const socket = connect({ ...address, timeout: patience });
    socket.once('connect', () => {
      subscriber.next(broker);
      subscriber.complete();
    });
    socket.once('timeout', () => fail(`nobody answered within ${patience / 1_000} s`));
    socket.once('error', ({ message, code }: NodeJS.ErrnoException) => fail(message === '' ? String(code) : message)); // of several addresses
    return () => socket.destroy();
  });
}
