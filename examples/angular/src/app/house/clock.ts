import { DestroyRef, Injectable, NgZone, afterNextRender, inject, signal } from '@angular/core';

/** The time, each second. Not on the server, and outside the zone: an application with a timer in its zone is never stable. */
@Injectable({ providedIn: 'root' })
export class Clock {
  readonly #now = signal(Date.now());
  readonly now = this.#now.asReadonly();

  constructor() {
    const zone = inject(NgZone);
    const destroyRef = inject(DestroyRef);
    afterNextRender(() => {
      const timer = zone.runOutsideAngular(() => setInterval(() => this.#now.set(Date.now()), 1_000));
      destroyRef.onDestroy(() => clearInterval(timer));
    });
  }
}
