import { Injectable, signal } from '@angular/core';
import { ConnectionRefusedError } from 'tortoise-rx';

/** Who somebody says they are. */
export interface LogIn {
  readonly name: string;
  readonly password: string;
}

const KEY = 'house.login';
/** Bad user name or password; not authorized. MQTT 3.1.1's return codes 4 and 5 are told by these as well. */
const REFUSALS = [0x86, 0x87];

/** Whether the broker does not know this user, or not this password. */
export function isRefused(error: unknown): boolean {
  return error instanceof ConnectionRefusedError && REFUSALS.includes(error.reasonCode);
}

/** Whose connection it is. Apart from `Session`, because the client asks here, and `Session` asks the client. */
@Injectable({ providedIn: 'root' })
export class Credentials {
  readonly #current = signal<LogIn | undefined>(undefined);
  readonly current = this.#current.asReadonly();

  /** Until the tab is closed. An application with a server of its own keeps a token that expires, not the password. */
  keep(login: LogIn): void {
    this.#current.set(login);
    sessionStorage.setItem(KEY, JSON.stringify(login));
  }

  forget(): void {
    this.#current.set(undefined);
    sessionStorage.removeItem(KEY);
  }

  /** What this tab kept before it was loaded again. Browsers only. */
  restore(): void {
    const kept = sessionStorage.getItem(KEY);
    if (kept !== null) this.#current.set(JSON.parse(kept) as LogIn);
  }
}
