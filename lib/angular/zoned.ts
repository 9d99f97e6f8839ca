import { NgZone } from '@angular/core';
import { Observable } from 'rxjs';

/**
 * The same stream, which runs outside Angular's zone: the sockets and timers behind it neither check for changes nor keep the
 * application from being stable. It emits in the zone where it is subscribed: inside, each emission is followed by change
 * detection; outside (`zone.runOutsideAngular`), none is.
 */
export function zoned<T>(zone: NgZone, source$: Observable<T>): Observable<T> {
  return new Observable((observer) => {
    const enter = NgZone.isInAngularZone() ? (tell: () => void) => zone.run(tell) : (tell: () => void) => tell();
    const subscription = zone.runOutsideAngular(() =>
      source$.subscribe({
        next: (value) => enter(() => observer.next(value)),
        error: (error: unknown) => enter(() => observer.error(error)),
        complete: () => enter(() => observer.complete()),
      }),
    );
    // Unsubscribing starts timers too: a connection that is not needed lingers.
    return () => zone.runOutsideAngular(() => subscription.unsubscribe());
  });
}
