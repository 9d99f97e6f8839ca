// npm run bench:plot: draws docs/performance-*.svg from the JSON of a full run.
import { readFileSync, writeFileSync } from 'node:fs';
import { View, parse } from 'vega';
import { type TopLevelSpec, compile } from 'vega-lite';
import type { Results } from './run.js';

const source = process.argv[2] ?? 'docs/performance.json';
const { rows, growth, machine, date } = JSON.parse(readFileSync(source, 'utf8')) as Results;
const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';

async function draw(file: string, spec: TopLevelSpec): Promise<void> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  writeFileSync(file, `${await view.toSVG()}\n`);
}

const values = rows.flatMap(({ title, results, target }) => {
  const ours = results['tortoise-rx']?.cpu ?? Object.values(results['tortoise-rx']?.figures ?? {})[0];
  const theirs = results.mqttjs?.cpu ?? Object.values(results.mqttjs?.figures ?? {})[0];
  return ours === undefined || theirs === undefined
    ? []
    : [{ title, times: theirs / ours, target: target && 1 / target }];
});

await draw('docs/performance-ratios.svg', {
  $schema,
  title: {
    text: 'MQTT.js ÷ tortoise-rx, CPU per message (or memory)',
    subtitle: `${machine}, ${date.slice(0, 10)}; the tick is what must be reached`,
  },
  width: 420,
  data: { values },
  encoding: { y: { field: 'title', type: 'nominal', sort: null, title: null, axis: { labelLimit: 340 } } },
  layer: [
    {
      mark: 'bar',
      encoding: { x: { field: 'times', type: 'quantitative', scale: { type: 'log' }, title: 'times less' } },
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
