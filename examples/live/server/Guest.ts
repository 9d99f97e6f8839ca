import { type Observable, concat, ignoreElements, take, timeout } from 'rxjs';
import { createClient } from '../../../lib/index.js';
import { Network } from '../Network.js';
import { NAMES } from '../names.js';

/** A page that plays: its network, and the sessions that it leaves at the broker. */
export class Guest {
  readonly network = new Network();
  /** Whether it is looking on: its stream of conditions is open. */
  watchers = 0;

  constructor(readonly page: string) {}

  /** Has the broker forget its sessions: a clean start discards what was kept [MQTT-3.1.2-6]. */
  sweep(broker: string, protocolVersion: 4 | 5 | 'auto'): Observable<never> {
    const brooms = NAMES.map((name) => {
      const broom = createClient(broker, { clientId: `${name}-${this.page}`, protocolVersion });
      return concat(broom.connection$.pipe(take(1)), broom.end());
    });
    return concat(...brooms).pipe(timeout({ first: 2_000, each: 2_000 }), ignoreElements());
  }
}
