import {
  EMPTY,
  type Observable,
  Subscription,
  catchError,
  concat,
  defer,
  ignoreElements,
  takeUntil,
  throwError,
} from 'rxjs';
import {
  type ClientOptions,
  type ClientState,
  type MqttClient,
  type MqttError,
  type RetryNotifier,
  backoff,
  createClient,
  isFatal,
  logTo,
} from '../index.js';
import type { Invocation } from './Command.js';
import { TimedOutError } from './TimedOutError.js';
import { explain } from './explain.js';
import { duration } from './figures.js';

/** Milliseconds that a client has to say goodbye. */
const GOODBYE = 1_000;

/**
 * Does something with a client, which is then ended with DISCONNECT: after completion and error, and when the program is
 * stopped. What happens to the connection meanwhile is told on standard error.
 *
 * @param more options beside those of the command line
 */
export function withClient(
  invocation: Invocation,
  work: (client: MqttClient) => Observable<unknown>,
  more: ClientOptions = {},
): Observable<never> {
  return defer(() => {
    const { args, server, options, context } = invocation;
    let wasUp = false;
    const retryWhen = firstOrAll(() => wasUp || args.has('retry'), options.protocolVersion === 'auto');
    const client = createClient(server, { ...options, retryWhen, ...more });
    const watching = watch(client, invocation, () => (wasUp = true));
    let failure: { readonly error: unknown } | undefined;
    const work$ = work(client).pipe(
      takeUntil(context.stop$),
      catchError((error: unknown) => {
        failure = { error: withCause(error, client) };
        return EMPTY;
      }),
    );
    const goodbye$ = client.end({ timeout: GOODBYE }).pipe(catchError(() => EMPTY));
    return concat(
      work$,
      goodbye$,
      defer(() => {
        watching.unsubscribe();
        return failure ? throwError(() => failure!.error) : EMPTY;
      }),
    ).pipe(ignoreElements());
  });
}

/**
 * Until there was a connection the first failure is the end, unless all are to be retried: a script must not hang where the
 * URL is wrong. A broker that does not know MQTT 5 may close the connection: that alone is tried once more.
 */
function firstOrAll(isPatient: () => boolean, isAuto: boolean): RetryNotifier {
  let closes = 0;
  const isClose = (error: MqttError) => isAuto && error.code === 'CONNECTION_LOST' && closes++ === 0;
  return backoff({ isRetryable: (error) => !isFatal(error) && (isPatient() || isClose(error)) });
}

/** Tells what happens to the connection. */
function watch(client: MqttClient, { args, context }: Invocation, up: () => void): Subscription {
  const { err } = context;
  const all = new Subscription();
  let lostAt: number | undefined;
  if (args.has('debug')) {
    all.add(client.events$.subscribe(logTo({ log: (line: string) => err.note(line, 'gray') }, { packets: true })));
  }
  all.add(
    client.events$.subscribe((event) => {
      if (event.type === 'connected') {
        up();
        if (lostAt !== undefined) err.note(`connected again after ${duration(performance.now() - lostAt)}`, 'green');
        lostAt = undefined;
      }
      if (event.type === 'unverified') {
        const risk = 'whoever sits in between can pose as the broker';
        err.note(`the certificate of ${event.server} is not in order (${event.reason}): ${risk}`, 'yellow');
      }
      if (event.type === 'takeover-suspected') {
        const what = 'another client seems to use this client identifier; give one of its own with --client-id';
        err.note(`${what}: ${event.clientId}`, 'yellow');
      }
    }),
  );
  all.add(
    client.state$.subscribe((state) => {
      if (state.status !== 'waiting') return;
      lostAt ??= performance.now();
      err.note(waiting(state), 'yellow');
    }),
  );
  return all;
}

function waiting({ cause, delay }: Extract<ClientState, { status: 'waiting' }>): string {
  const next = delay === undefined ? '' : `; next attempt in ${duration(delay)}`;
  return `${explain(cause)}${next}`;
}

/** What is late because there is no connection says so. */
function withCause(error: unknown, client: MqttClient): unknown {
  if (!(error instanceof TimedOutError)) return error;
  let state: ClientState | undefined;
  client.state$.subscribe((now) => (state = now)).unsubscribe();
  if (state?.status === 'waiting') return new TimedOutError(`${error.message}; ${explain(state.cause)}`);
  return state?.status === 'connecting' ? new TimedOutError(`${error.message}; the broker does not answer`) : error;
}
