import { randomUUID } from 'node:crypto';
import {
  EMPTY,
  type MonoTypeOperatorFunction,
  type Observable,
  catchError,
  concat,
  concatMap,
  defer,
  first,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  range,
  switchMap,
  take,
  takeWhile,
  tap,
  timeout,
  toArray,
} from 'rxjs';
import {
  type ClientOptions,
  type Connection,
  type MqttClient,
  type MqttError,
  type QoS,
  type RetryNotifier,
  createClient,
} from '../../index.js';
import { explain } from '../explain.js';
import { duration } from '../figures.js';
import { quantile } from '../quantile.js';
import type { Check } from './Check.js';
import { adviceFor } from './advice.js';
import { limitsOf } from './limits.js';

/** What is examined, and how. */
export interface Examination {
  readonly server: string;
  readonly options: ClientOptions;
  /** Milliseconds for each step. */
  readonly patience: number;
  /** The topic that is published to; none: nothing is published. */
  readonly topic: string | undefined;
}

type Version = 4 | 5;
const NAMES: Readonly<Record<Version, string>> = { 5: 'MQTT 5', 4: 'MQTT 3.1.1' };
const PINGS = 5;
const QOS = [0, 1, 2] as const;

/**
 * Connects by MQTT 5 and by 3.1.1, and over the first that works sends pings and messages. Cold; emits what it finds as it
 * finds it, and completes.
 *
 * @throws {InvalidOptionsError}
 */
export function examine(examination: Examination): Observable<Check> {
  clientFor(examination, 5); // which refuses what is wrong in the options
  const working: Version[] = [];
  const connecting$ = from([5, 4] as const).pipe(
    concatMap((version) => connect(examination, version, () => working.push(version))),
    takeWhile(({ name }) => name !== UNREACHED, true), // the other version will not get there either
    toArray(),
    mergeMap((checks) =>
      checks.map((check): Check => {
        // That one version is not there is no fault where the other is.
        const isMissed = working.length > 0 && check.verdict === 'fail';
        return isMissed ? { ...check, verdict: 'note' } : check;
      }),
    ),
  );
  const using$ = defer(() => (working[0] === undefined ? EMPTY : use(examination, working[0])));
  return concat(connecting$, using$);
}

/** The name of what fails before MQTT is spoken. */
const UNREACHED = 'connection';
const BEFORE_MQTT: readonly MqttError['code'][] = ['CONNECTION_FAILED', 'CERTIFICATE'];

const NEVER_AGAIN: RetryNotifier = (failures) =>
  failures.pipe(
    map(({ error }) => {
      throw error;
    }),
  );
/** Milliseconds for the next step to begin on the same connection. */
const LINGER = 1_000;

/** A client that tries once. */
function clientFor({ server, options }: Examination, protocolVersion: Version): MqttClient {
  return createClient(server, { ...options, protocolVersion, retryWhen: NEVER_AGAIN, linger: LINGER });
}

function ended(client: MqttClient): Observable<never> {
  return client.end({ force: true }).pipe(
    catchError(() => EMPTY),
    ignoreElements(),
  );
}

function connect(examination: Examination, version: Version, works: () => void): Observable<Check> {
  return defer(() => {
    const client = clientFor(examination, version);
    const started = performance.now();
    const name = NAMES[version];
    const check$ = client.connection$.pipe(
      take(1),
      tap(works),
      map((connection) => connected(name, performance.now() - started, connection)),
      catchError((error: MqttError) => of(failed(BEFORE_MQTT.includes(error.code) ? UNREACHED : name, error))),
    );
    return concat(check$, ended(client));
  });
}

function connected(name: string, took: number, { properties }: Connection): Check {
  const text = `connected in ${duration(took)}`;
  return { name, verdict: 'ok', text, details: properties && limitsOf(properties) };
}

/** What the connection is good for: pings, a message at each QoS, a retained one. After the first fault the rest means little. */
function use(examination: Examination, version: Version): Observable<Check> {
  return defer(() => {
    const { topic, patience } = examination;
    const client = clientFor(examination, version);
    const checks$ = client.connection$.pipe(
      take(1),
      switchMap(({ properties }) => {
        const most = properties?.maximumQoS ?? 2;
        const keeps = properties?.retainAvailable !== false;
        const messages = QOS.filter((qos) => qos <= most).map(
          (qos) => (at: string) => roundTrip(client, at, qos, patience),
        );
        const kept = keeps ? [(at: string) => retained(client, `${at}/kept`, most === 0 ? 0 : 1, patience)] : [];
        const checks = topic === undefined ? [] : [...messages, ...kept].map((check) => check(topic));
        return concat(pings(client), ...checks);
      }),
      catchError((error: MqttError) => of(failed(UNREACHED, error))),
      takeWhile(({ verdict }) => verdict !== 'fail', true),
    );
    return concat(checks$, ended(client));
  });
}

function pings(client: MqttClient): Observable<Check> {
  return range(PINGS).pipe(
    concatMap(() => client.ping()),
    toArray(),
    map((times) => {
      const sorted = times.sort((a, b) => a - b);
      const [least, median, most] = [0, 0.5, 1].map((share) => duration(quantile(sorted, share)));
      return { name: 'ping', verdict: 'ok', text: `${median} median of ${PINGS}, from ${least} to ${most}` };
    }),
  );
}

/** Publishes a message to a topic to which this client listens. */
function roundTrip(client: MqttClient, topic: string, qos: QoS, patience: number): Observable<Check> {
  const name = `message, QoS ${qos}`;
  return defer(() => {
    const payload = `tortoise-rx doctor ${randomUUID()}`;
    let started = 0;
    const back$ = client.topic$(topic, { qos }).pipe(first((one) => one.text() === payload));
    const sent$ = client.subscriptions$.pipe(
      first((filters) => filters.get(topic)?.state === 'granted'),
      tap(() => (started = performance.now())),
      switchMap(() => client.publish(topic, payload, { qos })),
      ignoreElements(),
    );
    return merge(back$, sent$).pipe(
      map((back): Check => {
        const text = `came back in ${duration(performance.now() - started)}`;
        if (back.qos === qos) return { name, verdict: 'ok', text };
        const advice = 'the broker grants subscribers no more; what they get may be lost';
        return { name, verdict: 'note', text: `${text}, at QoS ${back.qos}`, advice };
      }),
      toArray(), // it has come back, and is acknowledged
      map(([check]) => check!),
      inTime(name, topic, patience),
    );
  });
}

/** Publishes a retained message, gets it as one who comes later, and clears it. */
function retained(client: MqttClient, topic: string, qos: QoS, patience: number): Observable<Check> {
  const name = 'retained message';
  const clear$ = client.publish(topic, '', { qos, retain: true }).pipe(ignoreElements());
  const clearAnyway$ = clear$.pipe(
    timeout({ first: patience, with: () => EMPTY }),
    catchError(() => EMPTY),
  );
  return client.publish(topic, 'tortoise-rx doctor', { qos, retain: true }).pipe(
    switchMap(() => client.topic$(topic).pipe(first(({ retain }) => retain))),
    switchMap(() =>
      concat(clear$, of<Check>({ name, verdict: 'ok', text: 'kept for one who came later, and cleared' })),
    ),
    inTime(name, topic, patience),
    // Cleared before the fault is told: nothing is done any more after that.
    switchMap((check) => (check.verdict === 'ok' ? of(check) : concat(clearAnyway$, of(check)))),
  );
}

function failed(name: string, error: unknown, advice = adviceFor(error as MqttError)): Check {
  return { name, verdict: 'fail', text: explain(error), advice };
}

const RULES = 'the rules of the broker may not let this user publish or subscribe there: try another --topic, or none with --connect-only'; // prettier-ignore

/** Makes a check of an error, and of no answer in time. */
function inTime(name: string, topic: string, patience: number): MonoTypeOperatorFunction<Check> {
  return (check$) =>
    check$.pipe(
      timeout({
        first: patience,
        with: () =>
          of<Check>({
            name,
            verdict: 'fail',
            text: `not back within ${duration(patience)}, on ${topic}`,
            advice: RULES,
          }),
      }),
      catchError((error: MqttError) => of(failed(name, error, adviceFor(error) ?? RULES))),
    );
}
