import { Observable, Subject, type Subscriber } from 'rxjs';
import { ConnectionFailedError, ConnectionLostError } from '../errors.js';
import type { Duplex, Transport } from './Transport.js';

/** The server's end of a connection in memory. */
export interface MemoryPeer extends Duplex {
  /** What the client writes. For one subscriber; waits until there is one. Completes when either end closes. */
  readonly bytes$: Observable<Uint8Array>;
  /** Closes the connection: the client's `bytes$` completes after all that was written before. */
  close(): void;
  /**
   * Breaks the connection: the client's `bytes$` errors with a `ConnectionLostError`, and this as its `cause`; at once if
   * the client has stopped reading.
   */
  fail(error?: unknown): void;
  /** Stops reading: what the client writes waits, and counts as the client's `buffered`. */
  pause(): void;
  /** Reads on, beginning with all that waits. */
  resume(): void;
}

/** How {@link memory} carries bytes. */
export interface MemoryOptions {
  /**
   * `true` (default): bytes arrive within `write`, and the connection opens within `subscribe`; the hardest case for a
   * client. `false`: both happen in microtasks, after the code that is running.
   */
  readonly synchronous?: boolean | undefined;
}

/**
 * Makes a transport without a network: each dial makes a pair of connected ends and hands the server's to `serve`, for
 * tests of applications. Cold: subscribing dials; it emits the client's end once; it errors with a
 * `ConnectionFailedError` when `serve` throws; unsubscribing hangs up, and what was written still arrives. In each
 * direction bytes keep their order and wait for a reader; `buffered` counts those that wait.
 *
 * @example A broker that accepts everyone, and nothing else
 * ```ts
 * const server = memory((peer) => {
 *   peer.bytes$.pipe(take(1)).subscribe(() => peer.write(Uint8Array.of(0x20, 2, 0, 0))); // CONNECT, CONNACK
 * });
 * const client = createClient({ server });
 * ```
 */
export function memory(serve: (peer: MemoryPeer) => void, options: MemoryOptions = {}): Transport {
  const { synchronous = true } = options;

  return new Observable<Duplex>((subscriber) => {
    const run: Run = synchronous ? (work) => work() : (work) => void resolved.then(work);
    const toServer = new Pipe(run);
    const toClient = new Pipe(run);
    const close = (error?: ConnectionLostError) => {
      toClient.end(error);
      toServer.end();
    };
    run(() => {
      if (subscriber.closed) return;
      try {
        serve(
          Object.assign(end(toClient, toServer), {
            close: () => close(),
            fail: (cause?: unknown) => close(new ConnectionLostError('the connection in memory broke', { cause })),
          }),
        );
      } catch (cause) {
        close();
        return subscriber.error(new ConnectionFailedError('the server in memory refused the connection', { cause }));
      }
      subscriber.next(end(toServer, toClient));
    });
    return () => close();
  });
}

type Run = (work: () => void) => void;

/** Not through `asapScheduler`: its queue is shared with the application, and an action there that throws drops the others. */
const resolved = /* @__PURE__ */ Promise.resolve();

function end(out: Pipe, into: Pipe) {
  return {
    bytes$: into.bytes$,
    write: (bytes: Uint8Array) => out.write(bytes),
    drain$: out.read$.asObservable(),
    get buffered() {
      return out.size;
    },
    pause: () => into.pause(),
    resume: () => into.resume(),
  };
}

/** One direction of a connection. */
class Pipe {
  /** Bytes written and not yet read. */
  size = 0;
  /** Emits each time that the reader has got a chunk. */
  readonly read$ = new Subject<void>();
  private readonly waiting: Uint8Array[] = [];
  private ended = false;
  private error: ConnectionLostError | undefined;
  private paused = false;
  private pumping = false;
  private reader: Subscriber<Uint8Array> | undefined;

  readonly bytes$ = new Observable<Uint8Array>((reader) => {
    this.reader = reader;
    this.run(() => this.pump());
    return () => {
      if (this.reader === reader) this.reader = undefined;
    };
  });

  constructor(private readonly run: Run) {}

  write(bytes: Uint8Array): void {
    if (this.ended) return;
    this.waiting.push(bytes);
    this.size += bytes.length;
    this.run(() => this.pump());
  }

  end(error?: ConnectionLostError): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.run(() => this.pump());
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.run(() => this.pump());
  }

  /** A write by the reader itself waits until the reader returns: otherwise chunks would overtake one another. */
  private pump(): void {
    if (this.pumping) return;
    if (this.paused && this.error && this.reader) return this.finish(this.reader); // what breaks is not read to its end
    this.pumping = true;
    while (this.reader && !this.paused) {
      const bytes = this.waiting.shift();
      if (bytes) {
        this.size -= bytes.length;
        this.reader.next(bytes);
        this.read$.next();
      } else {
        if (this.ended) this.finish(this.reader);
        break;
      }
    }
    this.pumping = false;
  }

  private finish(reader: Subscriber<Uint8Array>): void {
    if (this.error) reader.error(this.error);
    else reader.complete();
  }
}
