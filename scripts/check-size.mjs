// Prints what the package weighs in a browser's bundle (minified, gzip level 9, rxjs not counted) beside MQTT.js and
// ngx-mqtt. Bundles the sources: `dist` need not be built. Exits with 1 when something of ours weighs more than it ever
// may again: what was reached is a ratchet, to be lowered with each gain, until it is the budget. So it does when the README
// or a guide says another size.
import { buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');

const CLIENT = "export { createClient } from './lib/index.browser.js'";
const LISTENER =
  "import { createClient } from './lib/index.browser.js'; createClient('wss://a').topic$('b').subscribe();";
/** The names of programs whose sizes pages tell. */
const LISTENING = 'tortoise-rx: a client in a browser that listens';
const CONSUMING = 'tortoise-rx: consume, beside a client that listens';
const ALL = 'tortoise-rx: all of it in a browser';
const CODEC = 'tortoise-rx/codec';
const MQTT_JS = 'MQTT.js: its build for browsers';
const NGX_MQTT = 'ngx-mqtt: without Angular, with its MQTT.js 4';

/** A program; packed bytes: what was reached, and the budget; a program beside which it counts, if it is not counted alone. */
const PROGRAMS = [
  [LISTENING, LISTENER, 50_500, 30_000],
  [ALL, "export * from './lib/index.browser.js'", 57_800, 50_000],
  [CODEC, "export * from './lib/codec.js'", 9_750, 9_000],
  [
    CONSUMING,
    "import { consume, createClient } from './lib/index.browser.js'; consume(createClient('wss://a'), 'b', () => []).subscribe();",
    850,
    1_000,
    LISTENER,
  ],
  [
    'tortoise-rx/testing: testBroker, beside a client',
    `${CLIENT}; export { testBroker } from './lib/testing.js'`,
    8_400,
    9_000,
    CLIENT,
  ],
  [
    'tortoise-rx/devtools: beside a client',
    `${CLIENT}; export { devtools } from './lib/devtools.js'`,
    8_000,
    8_000,
    CLIENT,
  ],
  [
    'tortoise-rx/otel: beside a client, without @opentelemetry/api',
    `${CLIENT}; export { instrument, traced } from './lib/otel.js'`,
    3_700,
    4_000,
    CLIENT,
  ],
  [
    'tortoise-rx/angular: a topic, the connection, a publish, beside a client',
    "import { connectionSignal, provideMqtt, publishAction, topicSignal } from './lib/angular.js'; export const a = () => [provideMqtt('wss://a'), topicSignal('b'), connectionSignal(), publishAction('c')];",
    1_950,
    2_000,
    "import { createClient, text } from './lib/index.browser.js'; export const a = () => [createClient('wss://a'), text()];",
  ],
  ['tortoise-rx: matches alone', "export { matches } from './lib/index.browser.js'", 250, 1_000],
  [MQTT_JS, "export * from 'mqtt'; export { default } from 'mqtt'"],
  [NGX_MQTT, "export * from 'ngx-mqtt'"],
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
    external: ['rxjs', 'rxjs/*', '@angular/*', '@opentelemetry/*'],
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

/** What pages say: the row of a table, and the programs whose bytes it adds up. */
const SAID = [
  ['README.md', "a browser's bundle", [[LISTENING], [MQTT_JS]]],
  ['docs/platforms.md', '`tortoise-rx` for browsers', [[LISTENING]]],
  ['docs/platforms.md', '… and `consume`', [[LISTENING, CONSUMING]]],
  ['docs/platforms.md', '… all that there is', [[ALL]]],
  ['docs/platforms.md', '`tortoise-rx/codec`', [[CODEC]]],
  ['docs/platforms.md', 'MQTT.js', [[MQTT_JS]]],
  ['docs/platforms.md', 'ngx-mqtt', [[NGX_MQTT]]],
];
/** Figures are rounded there, and may be out by as much. */
const TOLERANCE = 0.01;

/** '50,200' and '50.2 kB' → 50200 */
const bytesIn = (cell) => parseFloat(cell.replaceAll(',', '')) * (cell.includes('kB') ? 1_000 : 1);
const packedOf = (names) => names.reduce((sum, name) => sum + rows.find((row) => row.name === name).packed, 0);

for (const [file, start, sums] of SAID) {
  const line = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${start}`));
  const said = (line ?? '').split('|').slice(2, -1).map(bytesIn);
  const measured = sums.map(packedOf);
  if (measured.every((bytes, i) => Math.abs(said[i] - bytes) <= bytes * TOLERANCE)) continue;
  console.log(
    `${file} says ${said.join(' and ') || 'nothing'} in the row '${start} …': write ${measured.join(' and ')}`,
  );
  process.exitCode = 1;
}
