// npm run bench:report: writes docs/performance.md and its plots from the JSON of a full run, and, behind the figures, the
// reasons for them (bench/reasons.md).
import { readFileSync, writeFileSync } from 'node:fs';
import { View, parse } from 'vega';
import { type TopLevelSpec, compile } from 'vega-lite';
import type { Measurement } from './workloads.js';
import { CLIENTS, type Results, type Row, demand, essence, number, ratio, share, shortfall } from './Results.js';

const source = process.argv[2] ?? 'docs/performance.json';
const reasons = readFileSync('bench/reasons.md', 'utf8').trim();
const { rows, broker, growth, codec, mosquitto, machine, date, runs } = JSON.parse(
  readFileSync(source, 'utf8'),
) as Results;
const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';

async function draw(file: string, spec: TopLevelSpec): Promise<void> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  writeFileSync(file, `${await view.toSVG()}\n`);
}

const values = rows.flatMap((row) => {
  const { title, target } = row;
  const measured = ratio(row, 'mqttjs');
  return measured === undefined ? [] : [{ title, times: 1 / measured, target: target && 1 / target }];
});

await draw('docs/performance-ratios.svg', {
  $schema,
  title: {
    text: 'MQTT.js ÷ tortoise-rx, CPU per message (or memory)',
    subtitle: `${machine}, ${date.slice(0, 10)}; the tick is what must be reached`,
  },
  width: 420,
  data: { values },
  encoding: { y: { field: 'title', type: 'nominal', sort: null, title: null, axis: { labelLimit: 600 } } },
  layer: [
    {
      mark: 'bar',
      encoding: {
        x: {
          field: 'times',
          type: 'quantitative',
          scale: { type: 'log', domainMin: 0.5, nice: false },
          title: 'times less',
          stack: null,
        },
        x2: { datum: 1 }, // on a logarithmic scale there is no zero to begin at
      },
    },
    { mark: { type: 'tick', color: 'black' }, encoding: { x: { field: 'target', type: 'quantitative' } } },
  ],
});

const points = growth.flatMap(({ title, results }) => {
  const [axis = '', n = ''] = title.split(': ');
  const measured = results['tortoise-rx'];
  const [name, figure] = Object.entries(measured?.figures ?? {})[0] ?? ['µs of CPU a message', measured?.cpu];
  return figure === undefined ? [] : [{ panel: `${name} over ${axis}`, n: Number(n.replaceAll(',', '')), figure }];
});

await draw('docs/performance-growth.svg', {
  $schema,
  title: {
    text: 'tortoise-rx: what one message (or client) costs as something grows',
    subtitle: `${machine}, ${date.slice(0, 10)}`,
  },
  data: { values: points },
  facet: { field: 'panel', type: 'nominal', title: null, sort: null },
  columns: 2,
  spec: {
    width: 300,
    height: 120,
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'n', type: 'quantitative', scale: { type: 'log' }, title: null },
      y: { field: 'figure', type: 'quantitative', title: null, scale: { zero: true } },
    },
  },
  resolve: { scale: { x: 'independent', y: 'independent' } },
});

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], body: readonly (readonly string[])[]) =>
  [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
const figures = ({ results }: Row, name: string) =>
  CLIENTS.map((client) => number(results[client]?.figures?.[name])).join(' / ');

function compared(list: readonly Row[]): string {
  return table(
    [
      'workload',
      'tortoise-rx',
      'MQTT.js',
      'floor',
      '÷ MQTT.js',
      'must be ≤',
      '÷ floor',
      'messages a second',
      'peak MB',
    ],
    list.map((row) => {
      const { results } = row;
      const all = CLIENTS.map((client) => results[client]);
      const [name] = Object.keys(results['tortoise-rx']?.figures ?? {});
      const each = (pick: (one: Measurement) => number | undefined) =>
        all.map((one) => number(one && pick(one))).join(' / ');
      return [
        results['tortoise-rx']?.cpu === undefined && name && !row.title.includes(':')
          ? `${row.title}: ${name}`
          : row.title,
        ...all.map((one) => number(essence(one))),
        share(ratio(row, 'mqttjs')),
        demand(row),
        share(ratio(row, 'floor')),
        each(({ rate }) => rate),
        each(({ peak }) => peak && peak / 1e6),
      ];
    }),
  );
}

const trips = [...rows, ...broker].filter(({ workload }) => workload === 'round-trip');
const missed = rows.filter((row) => (shortfall(row) ?? 0) > 1);

writeFileSync(
  'docs/performance.md',
  `# Performance

Measured by \`npm run bench\` on ${date.slice(0, 10)}: ${machine}. Median of ${runs} run${runs === 1 ? '' : 's'}, client by client in turn, each in a
process of its own. [bench/README.md](../bench/README.md) says how. Machines differ and this one is shared: the ratios
within a run say more than the figures. Written by \`npm run bench:report\`.

Where no other unit is named, figures are µs of CPU (user and system of the client's process) a message. The floor is a
hand-written program on a bare socket that writes packets encoded beforehand and only counts what comes.

## Against a peer that costs less than any client

![MQTT.js ÷ tortoise-rx](performance-ratios.svg)

${compared(rows)}

${missed.length === 0 ? 'Every target is met.' : `Not met yet: ${missed.map(({ title }) => title).join('; ')}.`}

Round trip of one message at a time, µs (tortoise-rx / MQTT.js / floor): ${trips.map((row, i) => `${i === 0 ? 'the peer' : 'Mosquitto'} p50 ${figures(row, 'p50 µs')}, p99 ${figures(row, 'p99 µs')}`).join('; ')}.

## Through Mosquitto

${compared(broker)}

Mosquitto's own client, in C, for reference: ${mosquitto.map(({ title, cpu, rate }) => `${title} ${number(cpu)} µs, ${number(rate)} a second`).join('; ')}.

## The codec alone

${table(
  ['', 'ns a packet', 'mqtt-packet', 'times faster'],
  codec.map(({ title, ours, theirs }) => [title, number(ours), number(theirs), (theirs / ours).toFixed(1)]),
)}

## Growth

![What one message costs as something grows](performance-growth.svg)

${table(
  ['', 'cost', 'of'],
  growth.map((row) => {
    const one = row.results['tortoise-rx'];
    const name = one?.cpu === undefined ? Object.keys(one?.figures ?? {})[0] : undefined;
    return [row.title, number(essence(one)), name ?? 'µs of CPU a message'];
  }),
)}

${reasons}
`,
);
