// The demo in text: a house whose rooms publish temperatures, a dashboard that listens, and a network that breaks every
// few seconds. The library is imported from its sources, because on a bare machine `npm ci && npm run demo` has not built
// the package; a program of yours imports from 'tortoise-rx'.
import { randomBytes } from 'node:crypto';
import {
  EMPTY,
  NEVER,
  type Observable,
  Subject,
  combineLatest,
  concat,
  defer,
  delay,
  filter,
  finalize,
  first,
  forkJoin,
  fromEvent,
  ignoreElements,
  interval,
  map,
  merge,
  of,
  share,
  skip,
  switchMap,
  take,
  takeUntil,
  tap,
  throttleTime,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { type MqttClient, backoff, createClient, publishEach } from '../../lib/index.js';
import type { DemoArguments } from './arguments.js';
import { embeddedBroker$ } from './broker.js';
import { alarms, means, readings$ } from './dashboard.js';
import { forgetSession } from './forgetSession.js';
import { thermometers, toMessage } from './house.js';
import { Ledger, exitCode } from './ledger.js';
import { type Proxy, proxy } from './proxy.js';
import { reach } from './reach.js';
import { type Line, alarmLine, connectionLines, ledgerLine, meansLine, printer, summary } from './report.js';

const FIRST_CUT = 1_500;
const CUT_EVERY = 3_000;
const TOO_WARM = 26;
/** Milliseconds: somebody who listens at all answers sooner. */
const LONGEST_DIAL = 5_000;
/** Milliseconds for what may come twice to come twice. */
const STRAGGLERS = 500;

const house = randomBytes(3).toString('hex');
const print = printer(process.stdout);
// npm and tsx pass Ctrl-C on, although it reaches the whole group: one key press may come more than once.
export const interrupt$ = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(
  throttleTime(500),
  share(),
);

/** A client whose session outlives its connections: that is what keeps QoS 1 and 2 messages while it is away. */
function connectThrough(server: string, name: string, protocolVersion: DemoArguments['protocol']): MqttClient {
  return createClient(server, {
    clientId: `${name}-${house}`,
    protocolVersion,
    cleanSession: false,
    keepAlive: 10,
    maxInflight: 20, // Mosquitto takes no more at QoS 2, unless its max_inflight_messages says so, and hangs up
    retryWhen: backoff({ min: 200, max: 2_000 }),
  });
}

/** Ends a client and has the broker forget its session. */
function leaveNothing(
  client: MqttClient,
  server: string,
  name: string,
  protocolVersion: DemoArguments['protocol'],
): Observable<never> {
  return concat(client.end(), forgetSession(server, { clientId: `${name}-${house}`, protocolVersion })).pipe(
    timeout({ each: 5_000, with: () => EMPTY }),
    ignoreElements(),
  );
}

/** Emits once the broker has granted what the client subscribed: what was published before would not arrive. */
function subscribed(client: MqttClient, patience: number): Observable<unknown> {
  return client.subscriptions$.pipe(
    first((filters) => [...filters.values()].some(({ state }) => state === 'granted')),
    timeout({
      first: patience * 1_000,
      with: () => throwError(() => new Error(`the broker could not be reached within ${patience} s`)),
    }),
  );
}

/** The whole play. Prints; emits the exit code when it is over. */
function play(toHouse: Proxy, toDashboard: Proxy, { seconds, patience, protocol }: DemoArguments): Observable<number> {
  const publisher = connectThrough(toHouse.url, 'house', protocol);
  const dashboard = connectThrough(toDashboard.url, 'dashboard', protocol);
  const clients = [publisher, dashboard];
  const ledger = new Ledger();
  const curtain$ = new Subject<void>();
  let cuts = 0;
  let reconnects = -clients.length;

  const received$ = readings$(dashboard, house).pipe(
    tap((reading) => ledger.received(reading)),
    share(),
  );
  const online$ = combineLatest(clients.map(({ state$ }) => state$)).pipe(
    first((states) => states.every(({ status }) => status === 'online')),
  );
  const stop$ = merge(seconds === undefined ? NEVER : timer(seconds * 1_000), interrupt$).pipe(take(1), share());

  const published$ = thermometers(house).pipe(
    takeUntil(stop$),
    tap((reading) => ledger.sent(reading)),
    publishEach(publisher, toMessage), // completes when the last one is acknowledged
    filter(({ error }) => error !== undefined),
    map(({ error }): Line => ({ who: 'house', text: `publish failed: ${error!.message}` })),
  );
  const drained$ = interval(20).pipe(
    first(() => ledger.complete),
    delay(STRAGGLERS),
    ignoreElements(),
  );
  const cuts$ = timer(FIRST_CUT, CUT_EVERY).pipe(
    takeUntil(stop$),
    map(() => victims(cuts++, toHouse, toDashboard)),
    tap(({ proxies }) => proxies.forEach(({ cut }) => cut())),
    switchMap(({ who }) =>
      concat(
        of<Line>({ who: 'CUT', text: `── no. ${cuts}: the connection of ${who} ──` }),
        online$.pipe(
          delay(1_000),
          map(() => ledgerLine(ledger)),
        ),
      ),
    ),
  );
  const stopping$ = stop$.pipe(
    map((): Line => ({ who: 'demo', text: 'stopped publishing; what is on its way arrives' })),
  );
  const hurry$ = merge(stop$.pipe(delay(patience * 1_000)), interrupt$.pipe(skip(1)));

  const action$ = forkJoin(clients.map((client) => subscribed(client, patience))).pipe(
    takeUntil(interrupt$),
    switchMap(() => merge(stopping$, cuts$, concat(published$, drained$)).pipe(takeUntil(hurry$))),
    finalize(() => curtain$.next()),
  );
  const screen$ = merge(
    ...clients.map(({ connection$ }) => connection$.pipe(tap(() => reconnects++), ignoreElements())), // prettier-ignore
    connectionLines('house', publisher),
    connectionLines('dashboard', dashboard),
    received$.pipe(means(1_000), map(meansLine)),
    received$.pipe(alarms(TOO_WARM), map(alarmLine)),
    // The house takes orders, too. It is subscribed because aedes keeps no session without a subscription.
    publisher.subscribe('house/+/target', { qos: 1 }).pipe(ignoreElements()),
  );
  return concat(
    merge(screen$, action$).pipe(takeUntil(curtain$), tap(print), ignoreElements()),
    merge(
      leaveNothing(publisher, toHouse.url, 'house', protocol),
      leaveNothing(dashboard, toDashboard.url, 'dashboard', protocol),
    ),
    defer(() => {
      process.stdout.write(summary(ledger, cuts, Math.max(0, reconnects)));
      return of(exitCode(ledger));
    }),
  );
}

/** Whose connections the cut with this number breaks: both, one, the other. */
function victims(number: number, toHouse: Proxy, toDashboard: Proxy): { who: string; proxies: Proxy[] } {
  return [
    { who: 'both', proxies: [toHouse, toDashboard] },
    { who: 'the dashboard', proxies: [toDashboard] },
    { who: 'the house', proxies: [toHouse] },
  ][number % 3]!;
}

/** Plays in text. Sets the exit code when it is over. */
export function playInText(demo: DemoArguments): void {
  brokerFor(demo.url, Math.min(demo.patience * 1_000, LONGEST_DIAL))
    .pipe(
      tap(({ host }) => print({ who: 'demo', text: `${demo.url ? 'broker' : 'embedded broker'} at ${host}` })),
      switchMap((broker) => combineLatest([proxy(broker), proxy(broker)])),
      switchMap(([toHouse, toDashboard]) => play(toHouse, toDashboard, demo)),
      take(1), // and with it the proxies and the broker's process
    )
    .subscribe({
      next: (code) => (process.exitCode = code),
      error: (error: unknown) => {
        print({ who: 'demo', text: `gave up: ${error instanceof Error ? error.message : String(error)}` });
        process.exitCode = 1;
      },
    });
}

/**
 * The broker's URL: subscribing starts the embedded one, or tries whether somebody listens at another one's address.
 *
 * @param patience milliseconds that this may take
 */
export function brokerFor(url: URL | undefined, patience = LONGEST_DIAL): Observable<URL> {
  return url ? concat(reach(url, patience), NEVER) : embeddedBroker$;
}
