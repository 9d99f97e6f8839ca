import { type Observable, Subject } from 'rxjs';
import type { WebSocket } from 'ws';
import type { Duplex } from './Transport.js';
import { shield } from './shield.js';

/** An open WebSocket of the package `ws`, which tells when bytes have left. */
export class WsDuplex implements Duplex {
  readonly shield = shield;
  private readonly drained = new Subject<void>();
  readonly drain$ = this.drained.asObservable();
  /** Called when `ws` has handed the bytes of a write on: one function for all writes. */
  private readonly sent: (error?: Error | null) => void;

  /** A private field, as in `SocketDuplex`: the WebSocket knows header fields and the query. */
  readonly #socket: Pick<WebSocket, 'readyState' | 'bufferedAmount' | 'OPEN' | 'send' | 'pause' | 'resume'>;

  constructor(
    socket: Pick<WebSocket, 'readyState' | 'bufferedAmount' | 'OPEN' | 'send' | 'pause' | 'resume'>,
    readonly bytes$: Observable<Uint8Array>,
  ) {
    this.#socket = socket;
    const sent = (error?: Error | null) => {
      if (!error) this.drained.next();
    };
    this.sent = sent; // not in one step, see docs/performance.md
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(bytes, this.sent);
  }
}
