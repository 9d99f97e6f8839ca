import type { Observable } from 'rxjs';

/** An open connection that carries bytes both ways. */
export interface Duplex {
  /**
   * What the peer sends, cut anywhere. For one subscriber. Completes when the peer closes; errors when the connection
   * breaks, or closes with a code, with a `ConnectionLostError`. A chunk belongs to the reader: it is never written to
   * again.
   */
  readonly bytes$: Observable<Uint8Array>;
  /**
   * The same, for whoever does not keep the chunks: each is only lent, and is written to again after `next`. Of the two
   * one may be subscribed.
   */
  readonly lent$?: Observable<Uint8Array> | undefined;
  /** Takes bytes for the peer. They must not be changed afterwards. After a close or a hang-up it does nothing. */
  write(bytes: Uint8Array): void;
  /** Bytes taken by `write` and not yet handed to the network. */
  readonly buffered: number;
  /** Why the peer's certificate is not in order, where that is ignored. Each connection that has it is an event. */
  readonly unverified?: string | undefined;
}

/**
 * A way to reach a broker. Cold: subscribing dials; it emits once, when the connection is open, and then stays silent;
 * it errors with a `ConnectionFailedError` when dialling fails; unsubscribing hangs up, once what was written is out.
 */
export type Transport = Observable<Duplex>;
