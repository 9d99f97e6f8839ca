import { type Observable, distinctUntilChanged, map } from 'rxjs';
import type { ClientState } from '../index.js';

/**
 * Where a server or a proxy stands, in the words of Nest's own MQTT transport. `'disconnected'`: there is no connection, and
 * none was tried before, or it is being closed. `'reconnecting'`: an attempt or a connection failed, and it is tried again.
 * `'closed'`: ended, or given up after a fatal error.
 */
export type MqttStatus = 'connected' | 'reconnecting' | 'disconnected' | 'closed';

const PLAIN: Readonly<Record<Exclude<ClientState['status'], 'connecting'>, MqttStatus>> = {
  idle: 'disconnected',
  online: 'connected',
  waiting: 'reconnecting',
  closing: 'disconnected',
  suspended: 'disconnected',
  closed: 'closed',
};

/** The states of a client as statuses, each once. */
export function statusOf(state$: Observable<ClientState>): Observable<MqttStatus> {
  let hasFailed = false;
  return state$.pipe(
    map(({ status }) => {
      if (status === 'connecting') return hasFailed ? 'reconnecting' : 'disconnected';
      hasFailed = status === 'waiting';
      return PLAIN[status];
    }),
    distinctUntilChanged(),
  );
}
