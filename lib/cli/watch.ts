import {
  type Observable,
  finalize,
  ignoreElements,
  interval,
  merge,
  startWith,
  takeUntil,
  tap,
  throttleTime,
} from 'rxjs';
import type { ClientState, MqttClient } from '../index.js';
import type { Command } from './Command.js';
import type { Context } from './Context.js';
import { type TopicOrder, TopicTable } from './TopicTable.js';
import { CONNECTION, HELP, JSON_LINES, qos, timeout } from './commonOptions.js';
import type { Output } from './Output.js';
import { printable, printableJson } from './printable.js';
import { labelOf } from './serverOf.js';
import { filtersOf, qosOf, timeoutOf } from './values.js';
import { type Watched, watchScreen } from './watchScreen.js';
import { withClient } from './withClient.js';
import { after } from './within.js';

const SECOND = 1_000;
/** Milliseconds between two redraws. */
const PACE = 250;

const HOME = '\x1b[H';
const END_OF_LINE = '\x1b[K';
const REST = '\x1b[J';

/** `tortoise-rx watch`. */
export const watch: Command = {
  name: 'watch',
  summary: 'show a live table of topics, with rates and sparklines',
  usage: '[URL] FILTER...',
  description:
    'Shows a table of the topics that match: the last message, how many came, how many a second, and the last half minute as a line of bars. On a pipe it prints, each second, a line for each topic that got something: topic, count, rate and last message, with tabs between.',
  options: [
    {
      title: 'Options',
      options: [
        qos('the highest QoS at which messages are wanted. Default: 0'),
        { name: 'sort', value: 'ORDER', help: 'by topic, rate or count. Default: topic' },
        timeout('end after that time. Default: Ctrl-C ends it'),
        JSON_LINES,
        HELP,
      ],
    },
    CONNECTION,
  ],
  examples: [
    ['the whole house', "watch 'house/#'"],
    ['what is loudest at the broker', "watch '#' --sort rate"],
    ['rates for another program', "watch 'house/#' --json | jq .rate"],
  ],
  isEndless: () => true,
  run: (invocation) => {
    const { args, context, server } = invocation;
    const filters = filtersOf(args);
    const order = args.oneOf('sort', ['topic', 'rate', 'count']) ?? 'topic';
    const { out } = context;
    return withClient(invocation, (client) => {
      const table = new TopicTable();
      const received$ = merge(...filters.map((one) => client.topic$(one, { qos: qosOf(args) ?? 0 }))).pipe(
        tap((message) => table.receive(message)),
        ignoreElements(),
      );
      const isLive = out.canRedraw && !args.has('json');
      const about = { filters, order, server: labelOf(server) };
      const shown$ = isLive ? screen(table, client, about, context) : lines(table, order, args.has('json'), out);
      return merge(received$, shown$).pipe(takeUntil(after(timeoutOf(args))));
    });
  },
};

/** Prints what came in each second. */
function lines(table: TopicTable, order: TopicOrder, isJson: boolean, out: Output): Observable<never> {
  return interval(SECOND).pipe(
    tap(() => {
      const fresh = table.rows(order).filter(({ isFresh }) => isFresh);
      table.tick();
      for (const { topic, count, rate, value, isRetained } of fresh) {
        if (isJson) out.write(`${printableJson({ topic, count, rate, value, retain: isRetained })}\n`);
        else out.write(`${[printable(topic), count, rate.toFixed(1), value].join('\t')}\n`);
      }
    }),
    ignoreElements(),
  );
}

/** Draws the table again and again, and leaves the screen as it was. */
function screen(
  table: TopicTable,
  client: MqttClient,
  about: Omit<Watched, 'state'>,
  { out, resumed$ }: Context,
): Observable<never> {
  let state: ClientState = { status: 'idle' };
  const states$ = client.state$.pipe(tap((now) => (state = now)));
  const seconds$ = interval(SECOND).pipe(tap(() => table.tick()));
  const draw = () => {
    const drawn = watchScreen(table, { ...about, state }, out);
    const last = out.style('gray', 'Ctrl-C ends it');
    out.write(
      HOME +
        [...drawn, last]
          .slice(0, out.rows)
          .map((line) => line + END_OF_LINE)
          .join('\r\n') +
        REST,
    );
  };
  const anew$ = resumed$.pipe(tap(() => out.enterScreen()));
  return merge(states$, seconds$, interval(PACE), out.resized$, anew$).pipe(
    throttleTime(PACE / 2, undefined, { leading: true, trailing: true }),
    startWith(undefined),
    tap({ subscribe: () => out.enterScreen(), next: draw }),
    finalize(() => {
      out.leaveScreen();
      out.write(`${watchScreen(table, { ...about, state }, out).join('\n')}\n`); // what it came to stays
    }),
    ignoreElements(),
  );
}
