import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { Observable } from 'rxjs';
import { duration } from '../figures.js';
import type { Check } from './Check.js';

/** Looks a host's name up. Cold; emits what it found, and completes; of an IP address there is nothing to say. */
export function addresses(host: string): Observable<Check> {
  return new Observable((observer) => {
    if (isIP(host.replace(/^\[|\]$/g, ''))) return observer.complete();
    const started = performance.now();
    lookup(host, { all: true }, (error, found) => {
      const name = 'address';
      if (error) {
        const advice = 'is the name spelt right, and is there a network? Try the IP address';
        observer.next({ name, verdict: 'fail', text: `${host} is not known (${error.code ?? error.message})`, advice });
      } else {
        const text = `${host} is ${found.map(({ address }) => address).join(', ')}`;
        observer.next({ name, verdict: 'ok', text: `${text}, looked up in ${duration(performance.now() - started)}` });
      }
      observer.complete();
    });
    return undefined;
  });
}
