import { randomBytes } from 'node:crypto';
import { type Observable, concatMap, defer, finalize, from, map, switchMap, take, takeLast, tap, toArray } from 'rxjs';
import type { MqttClient, QoS } from '../index.js';
import type { Arguments } from './Arguments.js';
import type { Command, Invocation } from './Command.js';
import { ProgressBar } from './ProgressBar.js';
import { UsageError } from './UsageError.js';
import type { Measured, Plan } from './bench/Plan.js';
import { roundTrips } from './bench/roundTrips.js';
import { type Flow, throughput } from './bench/throughput.js';
import { CONNECTION, HELP, JSON_LINES, timeout } from './commonOptions.js';
import { bytes, duration, number } from './figures.js';
import type { Output } from './Output.js';
import { printable, printableJson } from './printable.js';
import { quantile } from './quantile.js';
import { labelOf } from './serverOf.js';
import { qosOf, timeoutOf } from './values.js';
import { withClient } from './withClient.js';
import { within } from './within.js';

const DEFAULTS = { messages: 10_000, size: 64, window: 200, trips: 200 } as const;
const QOS = [0, 1, 2] as const;

/** `tortoise-rx bench`. */
export const bench: Command = {
  name: 'bench',
  summary: 'measure the throughput and the latency of a broker',
  usage: '[URL]',
  description:
    'Publishes messages with one client and gets them with another, at each QoS that the broker has. First as many as --window under way, for the throughput; then one message at a time, for the round trip. Broker, network and this program are measured together. Ask before you do that to a broker of others.',
  options: [
    {
      title: 'Options',
      options: [
        { name: 'qos', short: 'q', value: 'QOS', help: 'this QoS alone: 0, 1 or 2. Default: all' },
        {
          name: 'messages',
          short: 'n',
          value: 'N',
          help: `messages for the throughput. Default: ${DEFAULTS.messages}`,
        },
        { name: 'size', value: 'BYTES', help: `bytes of a payload, from 4. Default: ${DEFAULTS.size}` },
        { name: 'window', value: 'N', help: `messages under way at a time. Default: ${DEFAULTS.window}` },
        { name: 'trips', value: 'N', help: `messages for the round trip. Default: ${DEFAULTS.trips}` },
        { name: 'topic', value: 'TOPIC', help: 'where it publishes. Default: tortoise-rx/bench/ and some letters' },
        timeout('how long all of it may take. Default: any time'),
        JSON_LINES,
        HELP,
      ],
    },
    CONNECTION,
  ],
  examples: [
    ['a broker on this machine', 'bench mqtt://localhost'],
    ['large messages at QoS 1', 'bench mqtt://localhost -q 1 --size 100000 -n 1000'],
    ['for a comparison', 'bench mqtt://localhost --json > before.jsonl'],
  ],
  takesUrlAlone: true,
  isEndless: () => false,
  run: (invocation) => {
    const { args } = invocation;
    const plan = planOf(args);
    const asked = qosOf(args);
    const id = args.text('client-id');
    return withClient(
      invocation,
      (publisher) =>
        withClient(
          invocation,
          (subscriber) =>
            publisher.connection$.pipe(
              take(1),
              map(({ properties }) =>
                QOS.filter((qos) => (asked ?? qos) === qos && qos <= (properties?.maximumQoS ?? 2)),
              ),
              switchMap((list) => measureAll(publisher, subscriber, list, plan, invocation)),
              within(timeoutOf(args), 'it was not done'),
            ),
          id === undefined ? {} : { clientId: `${id}-subscriber` },
        ),
      { linger: 1_000 },
    );
  },
};

function planOf(args: Arguments): Omit<Plan, 'qos'> {
  return {
    topic: args.text('topic') ?? `tortoise-rx/bench/${randomBytes(4).toString('hex')}`,
    messages: args.number('messages', { min: 1, max: 10_000_000 }) ?? DEFAULTS.messages,
    size: args.number('size', { min: 4, max: 100_000_000 }) ?? DEFAULTS.size,
    window: args.number('window', { min: 1, max: 65_535 }) ?? DEFAULTS.window,
    trips: args.number('trips', { min: 1, max: 1_000_000 }) ?? DEFAULTS.trips,
  };
}

function measureAll(
  publisher: MqttClient,
  subscriber: MqttClient,
  list: readonly QoS[],
  plan: Omit<Plan, 'qos'>,
  { args, context, server }: Invocation,
): Observable<unknown> {
  const { out } = context;
  const isJson = args.has('json');
  if (list.length === 0) throw new UsageError('--qos: the broker does not have it');
  if (!isJson) {
    const { messages, size, window } = plan;
    const what = `${number(messages)} messages of ${bytes(size)}, ${number(window)} under way at a time`;
    out.write(`${out.style('bold', printable(labelOf(server)))}  ${what}\n\n${out.style('bold', HEAD)}\n`);
  }
  return from(list).pipe(
    concatMap((qos) => measure(publisher, subscriber, { ...plan, qos }, context.err)),
    tap((measured) => out.write(isJson ? `${printableJson(fields(measured, plan.size))}\n` : row(measured, plan.size))),
  );
}

/** Both measurements at one QoS. Emits once. */
function measure(publisher: MqttClient, subscriber: MqttClient, plan: Plan, err: Output): Observable<Measured> {
  const { qos, messages, trips } = plan;
  const [alone, many] = [`${plan.topic}/${qos}/alone`, `${plan.topic}/${qos}/many`];
  return defer(() => {
    const flowBar = new ProgressBar(err.bar, `QoS ${qos}, throughput`);
    const flow$ = throughput(publisher, subscriber, { ...plan, topic: many }).pipe(
      tap(({ received, lost }) =>
        flowBar.update({ share: (received + lost) / messages, count: [received, 'messages'] }),
      ),
      takeLast(1),
      finalize(() => flowBar.clear()),
    );
    let done = 0;
    const tripsBar = new ProgressBar(err.bar, `QoS ${qos}, round trip`);
    const trips$ = roundTrips(publisher, subscriber, { ...plan, topic: alone }).pipe(
      tap(() => tripsBar.update({ share: ++done / trips })),
      toArray(),
      finalize(() => tripsBar.clear()),
    );
    const measured = ({ received, lost, elapsed }: Flow, times: number[]): Measured => {
      return { qos, messages: received, lost, seconds: elapsed / 1_000, trips: times.sort((a, b) => a - b) };
    };
    // The throughput first: it warms the program up before single messages are timed.
    return subscriber.subscribe([alone, many], { qos }).pipe(
      switchMap(() => flow$),
      switchMap((flow) => trips$.pipe(map((times) => measured(flow, times)))),
    );
  });
}

/** Measured values, in plain units. */
function fields({ qos, messages, lost, seconds, trips }: Measured, size: number) {
  const [median, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(trips, share));
  const perSecond = Math.round(messages / seconds);
  return { qos, messages, lost, size, seconds, perSecond, roundTrip: { median, p95, p99 } };
}

const COLUMNS = [5, 14, 12, 10, 14, 12, 12] as const;
const cells = (texts: readonly string[]) =>
  texts
    .map((text, i) => text.padStart(COLUMNS[i]!))
    .join('')
    .trimEnd();
const HEAD = cells(['QoS', 'messages/s', 'payload/s', 'lost', 'round trip', '95 %', '99 %']);

function row(measured: Measured, size: number): string {
  const { qos, lost, perSecond, roundTrip } = fields(measured, size);
  const { median, p95, p99 } = roundTrip;
  const times = [median, p95, p99].map((time) => duration(time!));
  return `${cells([String(qos), number(perSecond), bytes(perSecond * size), number(lost), ...times])}\n`;
}
