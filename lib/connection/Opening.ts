import type { Observer } from 'rxjs';
import type { Duplex } from '../transport/Transport.js';

/** Waits for a transport to open. A class with private fields, so that nothing shows the password in CONNECT. */
export class Opening implements Observer<Duplex> {
  readonly #opened: (duplex: Duplex) => void;

  constructor(
    opened: (duplex: Duplex) => void,
    private readonly attempt: { error(error: unknown): void; unopened(): void },
  ) {
    this.#opened = opened;
  }

  next(duplex: Duplex): void {
    this.#opened(duplex);
  }

  error(error: unknown): void {
    this.attempt.error(error);
  }

  complete(): void {
    this.attempt.unopened();
  }
}
