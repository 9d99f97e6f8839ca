import type { Duplex as Stream } from 'node:stream';
import { Observable, map } from 'rxjs';
import { ConnectionLostError, type MqttError } from '../errors.js';
import { type Landing, allocate } from './Landing.js';
import type { Security } from './Security.js';
import type { Duplex, Inlet, Reader } from './Transport.js';
import { socketReason } from './socketReason.js';

/** The first byte of a TLS alert. No answer of a broker begins with it: that would be a CONNECT. */
const TLS_ALERT = 0x15;

/** An open socket of Node's. */
export class SocketDuplex implements Duplex, Inlet {
  readonly unverified: string | undefined;
  private lost: MqttError | undefined = undefined;
  /** The peer has not said anything. */
  private isSilent = true;

  /** Out of the sight of whoever inspects a subscription: a TLS socket knows key and passphrase. */
  readonly #socket: Stream;

  constructor(
    socket: Stream,
    private readonly address: string,
    private readonly security: Security | undefined,
    private readonly landing: Landing | undefined,
  ) {
    this.#socket = socket;
    this.unverified = security?.unverified(socket);
  }

  /** The socket says what has broken it; it closes then. */
  fail(cause: unknown): void {
    this.lost ??= this.security?.explain(cause, this.#socket, true) ?? this.broke(socketReason(cause), cause);
  }

  get bytes$(): Observable<Uint8Array> {
    // A plain Uint8Array: `slice` of a Buffer would not copy but make a view.
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
        if (this.isSilent && !this.security && chunk[0] === TLS_ALERT) {
          return reader.error(this.broke('it answered in TLS'));
        }
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

  get buffered(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  private broke(why: string, cause?: unknown): ConnectionLostError {
    const hint = this.isSilent && !this.security ? '; if this port is for TLS, use mqtts://' : '';
    return new ConnectionLostError(`the connection to ${this.address} broke: ${why}${hint}`, { cause });
  }
}
