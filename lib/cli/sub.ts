import { Observable, filter, ignoreElements, merge, mergeMap, take, takeUntil, tap } from 'rxjs';
import type { Message } from '../index.js';
import type { Arguments } from './Arguments.js';
import type { Command } from './Command.js';
import { CONNECTION, HELP, JSON_LINES, qos, timeout } from './commonOptions.js';
import { UsageError } from './UsageError.js';
import { counted } from './figures.js';
import { type MessageStyle, printed } from './messageText.js';
import { filtersOf, qosOf, timeoutOf } from './values.js';
import { withClient } from './withClient.js';
import { after, within } from './within.js';

/** Whether a message is wanted, by `--retained`. */
const RETAINED = {
  with: () => true,
  without: ({ retain }: Message) => !retain,
  only: ({ retain }: Message) => retain,
} as const;

const COUNT = { min: 1 } as const;

/** `tortoise-rx sub`. */
export const sub: Command = {
  name: 'sub',
  summary: 'print the messages of topic filters',
  usage: '[URL] FILTER...',
  description:
    'Prints the messages of topic filters, one a line, until Ctrl-C. It connects again when the connection is lost. A message is acknowledged when it is printed. On a terminal control characters are shown as escapes; a pipe gets the bytes as they came.',
  options: [
    {
      title: 'Options',
      options: [
        qos('the highest QoS at which messages are wanted: 0, 1 or 2. Default: 0'),
        { name: 'count', short: 'c', value: 'N', help: 'end after so many messages' },
        timeout('end after that time; with --count, with exit code 3 if fewer have come'),
        { name: 'topics', short: 'v', help: 'print the topic name in front of each message' },
        JSON_LINES,
        { name: 'raw', help: 'print payloads alone, without a line feed behind each' },
        {
          name: 'retained',
          value: 'WHICH',
          help: 'messages that the broker has kept: with, without or only. Default: with',
        },
        {
          name: 'keep-session',
          help: 'the broker keeps what comes at QoS 1 and 2 until this client is here again; needs --client-id',
        },
        HELP,
      ],
    },
    CONNECTION,
  ],
  examples: [
    ['all that happens in the house', "sub 'house/#' -v"],
    ['the next ten messages, as JSON', "sub 'house/+/temp' --json -c 10"],
    ['whether the lamp is on', 'sub house/lamp --retained only -c 1 --timeout 2'],
    ['never miss an order', "sub 'orders/#' -q 1 --client-id till-3 --keep-session"],
  ],
  isEndless: (args) => !args.has('count'),
  run: (invocation) => {
    const { args, context } = invocation;
    const filters = filtersOf(args);
    args.refuseTogether('json', 'raw');
    args.refuseTogether('topics', 'json');
    const count = args.number('count', COUNT);
    const isWanted = RETAINED[args.oneOf('retained', ['with', 'without', 'only']) ?? 'with'];
    const style = styleOf(args);
    const keepsSession = args.has('keep-session');
    if (keepsSession && !args.has('client-id')) throw new UsageError('--keep-session needs --client-id');

    return withClient(
      invocation,
      (client) => {
        const options = { qos: qosOf(args) ?? 0 } as const;
        const messages$ = lasting(
          merge(...filters.map((one) => client.topic$(one, { ...options, acknowledge: 'manual' }))),
        );
        const durable$ = client.subscribe(filters, options).pipe(ignoreElements());
        return (keepsSession ? merge(durable$, messages$) : messages$).pipe(
          tap((message) => {
            if (!isWanted(message)) message.acknowledge();
          }),
          filter(isWanted),
          take(count ?? Infinity),
          mergeMap((message) => printed(message, style, context.out)),
          tap((message) => message.acknowledge()), // what has not been printed comes again
          count === undefined ? takeUntil(after(timeoutOf(args))) : within(timeoutOf(args), missing(count)),
        );
      },
      keepsSession ? { cleanSession: false } : {},
    );
  },
};

const missing = (count: number) =>
  `${count === 1 ? 'no message has' : `fewer than ${counted(count, 'message')} have`} come`;

/**
 * Passes on what comes, and goes on listening until the client ends, whoever leaves before: a message that nobody listens to
 * would be acknowledged, and be lost to a session that is to be kept.
 */
function lasting<T>(source$: Observable<T>): Observable<T> {
  return new Observable((observer) => {
    source$.subscribe({
      next: (value) => observer.next(value),
      error: (error: unknown) => observer.error(error),
      complete: () => observer.complete(),
    });
  });
}

function styleOf(args: Arguments): MessageStyle {
  const form = args.has('json') ? 'json' : args.has('raw') ? 'raw' : 'text';
  return { form, hasTopic: args.has('topics') };
}
