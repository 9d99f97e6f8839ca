import type { Duplex as Stream } from 'node:stream';
import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import { ConnectionFailedError } from '../errors.js';
import { Landing } from './Landing.js';
import type { Security } from './Security.js';
import { SocketDuplex } from './SocketDuplex.js';
import type { Duplex, Transport } from './Transport.js';
import { hangUp } from './hangUp.js';
import { socketReason } from './socketReason.js';

/**
 * Makes a socket. It may throw. A promise must give a connected socket; it may do so after the signal.
 * @param landing for a socket that receives into our memory; it must be paused
 */
export type Dial = (signal: () => AbortSignal, landing: () => Landing) => Stream | Promise<Stream>;

/**
 * Makes a transport of any socket of Node's: what `tcp` and `tls` have in common.
 *
 * @param dial is called once for each subscription
 * @param opened the event that says that the socket can be used
 * @param address the peer, for error messages
 */
export function socketTransport(
  dial: Dial,
  opened: 'connect' | 'secureConnect',
  address: string,
  security?: Security,
): Transport {
  return new Observable((subscriber) => {
    const dialling = new Dialling(subscriber, opened, address, security);
    dialling.start(dial);
    return dialling;
  });
}

/** One subscription. An object with methods, not closures: there may be thousands of idle connections. */
class Dialling implements Unsubscribable {
  /** Once the socket is open. */
  private duplex: SocketDuplex | undefined = undefined;
  /** A private field, as in `SocketDuplex`. */
  #socket: Stream | undefined = undefined;
  private abort: AbortController | undefined = undefined;
  private landing: Landing | undefined = undefined;

  constructor(
    private readonly subscriber: Subscriber<Duplex>,
    private readonly opened: 'connect' | 'secureConnect',
    private readonly address: string,
    private readonly security: Security | undefined,
  ) {}

  start(dial: Dial): void {
    try {
      const signal = () => (this.abort ??= new AbortController()).signal;
      const made = dial(signal, () => (this.landing ??= new Landing()));
      if ('then' in made) {
        const isConnected = this.opened === 'connect';
        made.then((socket) => this.use(socket, isConnected)).catch((cause: unknown) => this.failed(cause));
      } else this.use(made, false);
    } catch (cause) {
      this.failed(cause);
    }
  }

  unsubscribe(): void {
    if (this.landing) this.landing.next = undefined;
    if (this.duplex) return hangUp(this.#socket!);
    this.#socket?.destroy();
    this.abort?.abort();
  }

  private use(socket: Stream, isConnected: boolean): void {
    this.#socket = socket;
    // Never removed: a socket error without a listener ends the process.
    socket.on('error', (cause) => {
      socket.destroy();
      if (this.duplex) this.duplex.fail(cause);
      else this.failed(cause);
    });
    if (this.subscriber.closed) socket.destroy();
    else if (isConnected) this.open(socket);
    else this.expect(socket);
  }

  private expect(socket: Stream): void {
    // A socket destroyed from outside, by an abort signal for one, closes without an error.
    const closed = () => this.failed(undefined);
    socket.once('close', closed).once(this.opened, () => {
      socket.off('close', closed);
      this.open(socket);
    });
  }

  private open(socket: Stream): void {
    this.duplex = new SocketDuplex(socket, this.address, this.security, this.landing);
    this.subscriber.next(this.duplex);
  }

  private failed(cause: unknown): void {
    const { address, security } = this;
    this.subscriber.error(
      security?.explain(cause, this.#socket, false) ??
        new ConnectionFailedError(`cannot connect to ${address}: ${socketReason(cause)}`, { cause }),
    );
  }
}
