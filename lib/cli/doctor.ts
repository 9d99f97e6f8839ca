import { randomBytes } from 'node:crypto';
import { EMPTY, type Observable, concat, defer, mergeMap, takeUntil, takeWhile, tap, throwError } from 'rxjs';
import type { TlsOptions } from '../index.js';
import { CheckFailedError } from './CheckFailedError.js';
import type { Command } from './Command.js';
import { CONNECTION, HELP, JSON_LINES, timeout } from './commonOptions.js';
import type { Check, Verdict } from './doctor/Check.js';
import { addresses } from './doctor/addresses.js';
import { certificateChecks, seenTls } from './doctor/certificate.js';
import { examine } from './doctor/examine.js';
import type { Format, Output } from './Output.js';
import { EXIT_CODES } from './exitCode.js';
import { printable, printableJson } from './printable.js';
import { labelOf } from './serverOf.js';
import { timeoutOf } from './values.js';

/** Seconds for each step. */
const PATIENCE = 5;
const OVER_TLS = ['mqtts:', 'ssl:', 'tls:', 'wss:'];

/** `tortoise-rx doctor`. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'look at a broker: what it can, how fast it answers, and what is wrong',
  usage: '[URL]',
  description:
    'Looks the host up, opens TLS, connects by MQTT 5 and by MQTT 3.1.1, sends pings, and sends itself a message at each QoS and a retained one. Says what it found, and what to do about what is wrong. It leaves nothing at the broker.',
  options: [
    {
      title: 'Options',
      options: [
        {
          name: 'topic',
          value: 'TOPIC',
          help: 'where it publishes, and with /kept behind it a retained message. Default: tortoise-rx/doctor/ and some letters',
        },
        { name: 'connect-only', help: 'publish nothing' },
        timeout(`how long each step may take. Default: ${PATIENCE}`),
        JSON_LINES,
        HELP,
      ],
    },
    {
      ...CONNECTION,
      options: CONNECTION.options.filter(({ name }) => !/^(retry|debug|protocol|will-.*)$/.test(name)),
    },
  ],
  examples: [
    ['a broker on this machine', 'doctor mqtt://localhost'],
    ['one with TLS, and an authority of your own', 'doctor mqtts://broker.example --ca ca.pem'],
    ['for a monitoring system', 'doctor wss://broker.example/mqtt --json --connect-only'],
  ],
  takesUrlAlone: true,
  isEndless: () => false,
  run: ({ args, server, options: given, context }) => {
    args.refuseTogether('topic', 'connect-only');
    const { out } = context;
    const isJson = args.has('json');
    const patience = (timeoutOf(args) ?? PATIENCE) * 1_000;
    const options = { ...given, connectTimeout: patience, connackTimeout: patience };
    const topic = args.text('topic') ?? `tortoise-rx/doctor/${randomBytes(4).toString('hex')}`;
    const examination = { server, options, patience, topic: args.has('connect-only') ? undefined : topic };
    const seen: Check[] = [];
    const verdict$ = defer(() => {
      const error = faultIn(seen);
      return error ? throwError(() => error) : EMPTY;
    });
    const checks$ = defer(() => {
      const examined$ = examine(examination); // first: it refuses what is no URL
      if (!isJson) out.write(`${out.style('bold', printable(labelOf(server)))}\n\n`);
      return concat(reached(new URL(server), given.tls, patience), examined$);
    });
    const shown$ = checks$.pipe(
      tap((check) => {
        seen.push(check);
        out.write(isJson ? `${printableJson(check)}\n` : checkText(check, out));
      }),
      takeWhile(({ name, verdict }) => name !== 'address' || verdict !== 'fail', true),
      takeUntil(context.stop$),
    );
    return concat(shown$, verdict$);
  },
};

/** What can be seen before MQTT is spoken. */
function reached(url: URL, tls: TlsOptions | undefined, patience: number): Observable<Check> {
  const address$ = url.hostname === '' ? EMPTY : addresses(url.hostname);
  if (!OVER_TLS.includes(url.protocol)) return address$;
  const tls$ = seenTls(url, tls, patience).pipe(mergeMap((seen) => certificateChecks(seen, Date.now())));
  return concat(address$, tls$);
}

/** Why the program ends with another code than 0, if it does. */
function faultIn(checks: readonly Check[]): CheckFailedError | undefined {
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name);
  if (failed.length === 0) return undefined;
  const isConnected = checks.some(({ name, verdict }) => name.startsWith('MQTT') && verdict === 'ok');
  const what = `not in order: ${failed.join(', ')}`;
  return new CheckFailedError(what, isConnected ? EXIT_CODES.refused : EXIT_CODES.connection);
}

const MARKS: Readonly<Record<Verdict, readonly [mark: string, format: Format]>> = {
  ok: ['✓', 'green'],
  note: ['!', 'yellow'],
  fail: ['✗', 'red'],
};
const LEFT = 18;

function checkText({ name, verdict, text, advice, details = [] }: Check, out: Output): string {
  const [mark, format] = MARKS[verdict];
  const indent = ' '.repeat(LEFT + 2);
  const widest = Math.max(0, ...details.map(([what]) => what.length));
  const lines = [
    `${out.style(format, mark)} ${name.padEnd(LEFT)}${printable(text)}`,
    ...(advice === undefined ? [] : [`${indent}${out.style(format, `→ ${printable(advice)}`)}`]),
    ...details.map(
      ([what, said]) => `${indent}${out.style('gray', `${printable(what).padEnd(widest)}  ${printable(said)}`)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
