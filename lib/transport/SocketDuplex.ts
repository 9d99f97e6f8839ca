import type { Duplex as Stream } from 'node:stream';
import { Observable, Subject, map } from 'rxjs';
import { ConnectionLostError, type MqttError } from '../errors.js';
import { type Landing, allocate } from './Landing.js';
import type { Security } from './Security.js';
import type { Duplex, Inlet, Reader } from './Transport.js';
import { otherProtocol } from './otherProtocol.js';
import { shield } from './shield.js';
import { socketReason } from './socketReason.js';

/** An open socket of Node's. */
export class SocketDuplex implements Duplex, Inlet {
  readonly unverified: string | undefined;
  readonly shield = shield;
  private lost: MqttError | undefined = undefined;
  /** The peer has not said anything. */
  private isSilent = true;
  /** Made when it is first asked for. */
  private drained: Subject<void> | undefined = undefined;
  /** Called when the socket has handed the bytes of a write on: one function for all writes. */
  private readonly sent: (error?: Error | null) => void;

  /** A private field, which no inspection of a subscription shows: a TLS socket knows key and passphrase. */
  readonly #socket: Stream;

  constructor(
    socket: Stream,
    private readonly address: string,
    private readonly security: Security | undefined,
    private readonly landing: Landing | undefined,
  ) {
    this.#socket = socket;
    this.unverified = security?.unverified(socket);
    const sent = (error?: Error | null) => {
      // A socket that is destroyed calls without an error for what never left.
      if (!error && !socket.destroyed) this.drained?.next();
    };
    this.sent = sent; // not in one step, see docs/performance.md
  }

  /** Takes the error that broke the socket. `bytes$` errors with it when the socket closes. */
  fail(cause: unknown): void {
    this.lost ??= this.security?.explain(cause, this.#socket, true) ?? this.broke(this.reason(cause), cause);
  }

  get bytes$(): Observable<Uint8Array> {
    // The chunk is a plain Uint8Array, so `slice` copies: that of a Buffer would make a view.
    return this.landing ? this.read().pipe(map((chunk) => chunk.slice())) : this.read();
  }

  get inlet(): Inlet | undefined {
    return this.landing && this;
  }

  receive(from: Reader): Observable<Uint8Array> {
    return this.read(from);
  }

  private read(keeper?: Reader): Observable<Uint8Array> {
    return new Observable((reader) => {
      const { landing } = this;
      const socket = this.#socket;
      const data = (chunk: Uint8Array) => {
        const other = this.isSilent ? otherProtocol(chunk, this.security !== undefined) : undefined;
        if (other !== undefined) return reader.error(this.broke(other));
        this.isSilent = false;
        reader.next(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      };
      const end = () => reader.complete();
      const close = () => (this.lost ? reader.error(this.lost) : reader.complete());
      if (socket.closed || socket.readableEnded) return close();

      socket.on('end', end).on('close', close);
      if (landing) {
        landing.reader = keeper;
        if (keeper) keeper.pieces.allocate = allocate;
        landing.next = data;
      } else socket.on('data', data);
      socket.resume(); // not before
      return () => {
        if (landing) landing.next = undefined;
        else socket.off('data', data);
        socket.off('end', end).off('close', close);
      };
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  get drain$(): Observable<unknown> {
    return (this.drained ??= new Subject());
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes, this.sent);
  }

  private reason(cause: unknown): string {
    const { code = '' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
    const isLikely = this.isSilent && !this.security && /^E(CONNRESET|PIPE)$/.test(code);
    const hint = isLikely ? '; if this port is for TLS, use mqtts://' : '';
    return `${socketReason(cause)}${hint}`;
  }

  private broke(why: string, cause?: unknown): ConnectionLostError {
    return new ConnectionLostError(`the connection to ${this.address} broke: ${why}`, { cause });
  }
}
