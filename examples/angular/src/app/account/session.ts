import { Injectable, afterNextRender, computed, effect, inject, signal } from '@angular/core';
import { connectionSignal, injectMqtt } from 'tortoise-rx/angular';
import { Credentials, type LogIn, isRefused } from './credentials';

/**
 * Logging in and out. Somebody who is logged out has no connection: the client is suspended. What listens goes on listening,
 * and hears again when somebody logs in.
 */
@Injectable({ providedIn: 'root' })
export class Session {
  readonly #client = injectMqtt();
  readonly #credentials = inject(Credentials);
  readonly #connection = connectionSignal();
  /** What was kept is only known in the browser, and only after the page that the server rendered has come to life. */
  readonly #isKnown = signal(false);
  /** Whether somebody has just typed a password that the broker has not yet accepted. */
  readonly #isNew = signal(false);
  readonly #refusal = signal<string | undefined>(undefined);

  readonly user = computed(() => this.#credentials.current()?.name);
  readonly refusal = this.#refusal.asReadonly();
  readonly status = computed(() => {
    if (!this.#isKnown()) return 'unknown';
    if (this.user() === undefined) return 'logged out';
    return this.#isNew() ? 'checking' : 'logged in';
  });

  constructor() {
    this.#client.suspend().subscribe();
    afterNextRender(() => {
      this.#credentials.restore();
      this.#isKnown.set(true);
      if (this.#credentials.current()) this.#client.resume().subscribe();
    });
    effect(() => {
      const state = this.#connection();
      if (state.status === 'online') this.#isNew.set(false);
      if (state.status === 'waiting' && isRefused(state.cause)) {
        this.logOut();
        this.#refusal.set('The house does not know this name with this password.');
      }
    });
  }

  logIn(login: LogIn): void {
    this.#refusal.set(undefined);
    this.#isNew.set(true);
    this.#credentials.keep(login);
    this.#client.resume().subscribe();
  }

  logOut(): void {
    this.#isNew.set(false);
    this.#credentials.forget();
    this.#client.suspend().subscribe();
  }
}
