import type { Observable } from 'rxjs';

/** The reader of a connection, as a transport knows it: by this it decides where bytes are received. */
export interface Reader {
  /** What came of a packet whose end has not come. */
  readonly pieces: {
    /** The first `count` bytes came; the next ones need not be copied if they come behind them. */
    readonly bytes: Uint8Array;
    readonly count: number;
    /** Makes memory for the next such packet, which may hold anything. */
    allocate: (size: number) => Uint8Array;
  };
  /** How many bytes of large payloads there were so far. */
  readonly large: number;
  /** Whether the chunk that comes next is written to again after `next`. */
  isLent: boolean;
}

/** Receives bytes where the reader wants them: what need not be copied costs half as much. */
export interface Inlet {
  /** What the peer sends, for one reader. */
  receive(reader: Reader): Observable<Uint8Array>;
}

/** An open connection that carries bytes both ways. */
export interface Duplex {
  /**
   * What the peer sends, cut anywhere. For one subscriber. Completes when the peer closes; errors when the connection
   * breaks, or closes with a code, with a `ConnectionLostError`. A chunk belongs to the reader: it is never written to
   * again.
   */
  readonly bytes$: Observable<Uint8Array>;
  /** Another way to what the peer sends, for a reader that says what it keeps. Use this or `bytes$`, not both. */
  readonly inlet?: Inlet | undefined;
  /** Takes bytes for the peer. They must not be changed afterwards. After a close or a hang-up it does nothing. */
  write(bytes: Uint8Array): void;
  /**
   * Stops what comes, so that the peer has to wait; what is on the way may still come. Without it what comes waits in the
   * client, see the option `receiveQueue`.
   */
  pause?(): void;
  /** Lets it come again. */
  resume?(): void;
  /** Bytes taken by `write` and not yet handed to the network. */
  readonly buffered: number;
  /**
   * Emits, while it is subscribed to, each time that bytes were handed to the network and `buffered` has become smaller.
   * Hot. Neither completes nor errors: `bytes$` says how the connection ends. Without it the client looks at `buffered`
   * every 20 ms while it waits.
   */
  readonly drain$?: Observable<unknown> | undefined;
  /** Marks memory that several payloads share, so that it cannot be transferred to a worker. Node's transports have it. */
  readonly shield?: ((buffer: ArrayBufferLike) => void) | undefined;
  /** Why the peer's certificate is not in order, where that is ignored. Each connection that has it is an event. */
  readonly unverified?: string | undefined;
}

/**
 * A way to reach a broker. Cold: subscribing dials; it emits once, when the connection is open, and then stays silent;
 * it errors with a `ConnectionFailedError` when dialling fails; unsubscribing hangs up, once what was written is out.
 */
export type Transport = Observable<Duplex>;
