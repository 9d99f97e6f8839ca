import { type Observable, defer, finalize, ignoreElements, switchMap, tap } from 'rxjs';
import type { MqttClient, PublishOptions, PublishReceipt } from '../index.js';
import type { Arguments } from './Arguments.js';
import type { Command, Invocation } from './Command.js';
import type { Context } from './Context.js';
import { ProgressBar } from './ProgressBar.js';
import { UsageError } from './UsageError.js';
import { CONNECTION, HELP, JSON_LINES, PROPERTIES, qos, timeout } from './commonOptions.js';
import { counted, duration, number } from './figures.js';
import { eachLine } from './inputBytes.js';
import { PAYLOAD_SOURCES, payloadOf, topicAndPayload } from './payloadSource.js';
import { printableJson } from './printable.js';
import { propertiesOf, qosOf, timeoutOf } from './values.js';
import { withClient } from './withClient.js';
import { within } from './within.js';

/** Seconds for one message. */
const PATIENCE = 30;
/** How many lines are published and not acknowledged at a time, unless `--window` says otherwise. */
const WINDOW = 100;
/** An MQTT 5 broker says: acknowledged, and nobody was subscribed. */
const NOBODY = 0x10;

/** `tortoise-rx pub`. */
export const pub: Command = {
  name: 'pub',
  summary: 'publish a message, or a message for each line of standard input',
  usage: '[URL] TOPIC [PAYLOAD]',
  description:
    'Publishes a message, and ends when the broker has it: at QoS 0 when it is written, at QoS 1 and 2 when it is acknowledged. With --lines each line of standard input is a message; a terminal shows how far it is.',
  options: [
    {
      title: 'Options',
      options: [
        qos('0: at most once, 1: at least once, 2: exactly once. Default: 0'),
        { name: 'retain', short: 'r', help: 'the broker keeps the message for later; an empty one clears it' },
        ...PAYLOAD_SOURCES,
        { name: 'lines', short: 'l', help: 'each line of standard input is the payload of a message' },
        { name: 'window', value: 'N', help: `with --lines: publishes under way at a time. Default: ${WINDOW}` },
        ...PROPERTIES,
        timeout(`how long it may take; with --lines all of it together. Default: ${PATIENCE}, with --lines any time`),
        JSON_LINES,
        HELP,
      ],
    },
    CONNECTION,
  ],
  examples: [
    ['turn the lamp on, and have the broker keep it', 'pub house/lamp on -q 1 -r'],
    ['a file as one message', 'pub house/plan --file plan.pdf -q 1'],
    ['each line of a log', 'pub logs/web --lines -q 1 < access.log'],
    ['clear a retained message', "pub house/lamp '' -r"],
  ],
  isEndless: () => false,
  run: (invocation) => {
    const { args, context } = invocation;
    const [topic, payload] = topicAndPayload(args);
    const options = { qos: qosOf(args) ?? 0, retain: args.has('retain'), properties: propertiesOf(args) } as const;
    if (args.has('lines')) return publishLines(topic, payload, options, invocation);
    if (args.has('window')) throw new UsageError('--window needs --lines');
    const payload$ = payloadOf(payload, args, context, '--stdin, --file or --lines');
    return withClient(invocation, (client) =>
      payload$.pipe(
        switchMap((bytes) => client.publish(topic, bytes, options)),
        within(timeoutOf(args) ?? PATIENCE, 'the message was not acknowledged'),
        tap((receipt) => printReceipt(receipt, args, context)),
      ),
    );
  },
};

function printReceipt(receipt: PublishReceipt, args: Arguments, { out, err }: Context): void {
  if (args.has('json')) out.write(`${printableJson(receipt)}\n`);
  else if (receipt.reasonCode === NOBODY && err.isTerminal) err.note('the broker has it; nobody is subscribed to it');
}

function publishLines(
  topic: string,
  payload: string | undefined,
  options: PublishOptions,
  invocation: Invocation,
): Observable<unknown> {
  const { args, context } = invocation;
  if (payload !== undefined) throw new UsageError('there is a payload as an argument and --lines: give one of them');
  args.refuseTogether('lines', 'stdin');
  args.refuseTogether('lines', 'file');
  const window = args.number('window', { min: 1, max: 65_535 }) ?? WINDOW;
  const publish = (client: MqttClient) =>
    defer(() => {
      const { input, out, err } = context;
      const bar = new ProgressBar(err.bar, topic);
      const size = input.size();
      const started = performance.now();
      let messages = 0;
      let end = 0;
      return eachLine(
        input.stream(),
        (line) =>
          client.publish(topic, line.bytes, options).pipe(
            tap(() => {
              messages++;
              end = Math.max(end, line.end);
              const share = size === undefined ? undefined : size === 0 ? 1 : end / size;
              bar.update({ share, count: [messages, 'messages'] });
            }),
            ignoreElements(),
          ),
        window,
      ).pipe(
        within(timeoutOf(args), 'not all lines were acknowledged'),
        finalize(() => {
          bar.clear();
          const seconds = (performance.now() - started) / 1_000;
          if (args.has('json')) out.write(`${JSON.stringify({ topic, messages, bytes: end, seconds })}\n`);
          else if (err.isTerminal) err.note(said(messages, seconds));
        }),
      );
    });
  return withClient(invocation, publish);
}

function said(messages: number, seconds: number): string {
  return `${counted(messages, 'message')} published in ${duration(seconds * 1_000)}, ${number(Math.round(messages / seconds))}/s`;
}
