import { type Observable, concat, ignoreElements, timeout } from 'rxjs';
import { forgetSession } from '../../house/forgetSession.js';
import { Network } from '../Network.js';
import type { Programme } from '../Stage.js';
import { NAMES } from '../names.js';

/** A page that plays: its network, and the sessions that it leaves at the broker. */
export class Guest {
  readonly network = new Network();
  /** How many look on: streams of conditions that are open. */
  watchers = 0;

  constructor(readonly page: string) {}

  /** Has the broker forget its sessions. */
  sweep(broker: string, protocolVersion: Programme['protocolVersion']): Observable<never> {
    const sweeps = NAMES.map((name) => forgetSession(broker, { clientId: `${name}-${this.page}`, protocolVersion }));
    return concat(...sweeps).pipe(timeout({ each: 2_000 }), ignoreElements());
  }
}
