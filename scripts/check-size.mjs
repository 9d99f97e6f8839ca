// Prints what the package weighs in a browser's bundle (minified, gzip level 9, rxjs not counted) beside MQTT.js and
// ngx-mqtt. Bundles the sources: `dist` need not be built. Exits with 1 when something of ours weighs more than it ever
// may again: what was reached is a ratchet, to be lowered with each gain, until it is the budget.
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');

/** A program; packed bytes: what was reached, and the budget; a program beside which it counts, if it is not counted alone. */
const PROGRAMS = [
  [
    'tortoise-rx: a client in a browser that listens',
    "import { createClient } from './lib/index.browser.js'; createClient('wss://a').topic$('b').subscribe();",
    50_400,
    30_000,
  ],
  ['tortoise-rx: all of it in a browser', "export * from './lib/index.browser.js'", 57_700, 50_000],
  ['tortoise-rx/codec', "export * from './lib/codec.js'", 9_750, 9_000],
  [
    'tortoise-rx: consume, beside a client that listens',
    "import { consume, createClient } from './lib/index.browser.js'; consume(createClient('wss://a'), 'b', () => []).subscribe();",
    850,
    1_000,
    "import { createClient } from './lib/index.browser.js'; createClient('wss://a').topic$('b').subscribe();",
  ],
  [
    'tortoise-rx/testing: testBroker, beside a client',
    "export { createClient } from './lib/index.browser.js'; export { testBroker } from './lib/testing.js'",
    7_800,
    9_000,
    "export { createClient } from './lib/index.browser.js'",
  ],
  [
    'tortoise-rx/angular: a topic, the connection, a publish, beside a client',
    "import { connectionSignal, provideMqtt, publishAction, topicSignal } from './lib/angular.js'; export const a = () => [provideMqtt('wss://a'), topicSignal('b'), connectionSignal(), publishAction('c')];",
    1_850,
    1_500,
    "import { createClient, text } from './lib/index.browser.js'; export const a = () => [createClient('wss://a'), text()];",
  ],
  ['tortoise-rx: matches alone', "export { matches } from './lib/index.browser.js'", 250, 1_000],
  ['MQTT.js: its build for browsers', "export * from 'mqtt'; export { default } from 'mqtt'"],
  ['ngx-mqtt: without Angular, with its MQTT.js 4', "export * from 'ngx-mqtt'"],
];

/** Minified and packed bytes. */
function sizes(contents) {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['rxjs', 'rxjs/*', '@angular/*'],
    logLevel: 'error',
  });
  const [{ contents: bytes }] = outputFiles;
  return [bytes.length, gzipSync(bytes, { level: 9 }).length];
}

const rows = PROGRAMS.map(([name, contents, reached, budget, beside]) => {
  const [without, packedWithout] = beside === undefined ? [0, 0] : sizes(beside);
  const [minified, packed] = sizes(contents);
  return { name, minified: minified - without, packed: packed - packedWithout, reached, budget };
});

const number = (value) => (value === undefined ? '' : value.toLocaleString('en-US')).padStart(10);
const width = Math.max(...rows.map(({ name }) => name.length));
const titles = ['minified', 'gzip', 'at most', 'budget'].map((title) => title.padStart(10)).join('');
console.log(`${'bytes'.padEnd(width)}${titles}`);
for (const { name, minified, packed, reached, budget } of rows) {
  const verdict = packed > reached ? 'GROWN' : packed > budget ? 'budget not met yet' : '';
  console.log(`${name.padEnd(width)}${[minified, packed, reached, budget].map(number).join('')}  ${verdict}`.trimEnd());
}
if (rows.some(({ packed, reached }) => packed > reached)) process.exitCode = 1;
