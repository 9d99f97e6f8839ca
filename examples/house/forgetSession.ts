import { type Observable, concat, take } from 'rxjs';
import { type ClientOptions, createClient } from '../../lib/index.js';

/**
 * Has a broker forget a session: a clean start discards what was kept [MQTT-3.1.2-6]. Cold; completes when it has been
 * forgotten, and emits what shows that it goes on.
 */
export function forgetSession(
  server: string,
  options: Pick<ClientOptions, 'clientId' | 'protocolVersion'>,
): Observable<unknown> {
  const broom = createClient(server, { ...options, cleanSession: true });
  return concat(broom.connection$.pipe(take(1)), broom.end());
}
