// Prints what the package weighs in a browser's bundle (minified, gzip level 9, rxjs not counted) beside MQTT.js and
// ngx-mqtt, and exits with 1 when something of ours is over its budget. Bundles the sources: `dist` need not be built.
import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');

/** A program, the most bytes that it may have when packed, and what is not counted. */
const PROGRAMS = [
  ['tortoise-rx: the client with WebSocket, all of it', "export * from './lib/index.browser.js'", 12_000],
  ['tortoise-rx/codec', "export * from './lib/codec.js'", 3_500],
  ['tortoise-rx: matches alone', "export { matches } from './lib/index.browser.js'", 1_000],
  ['MQTT.js: its build for browsers', "export * from 'mqtt'; export { default } from 'mqtt'"],
  ['ngx-mqtt: without Angular, with its MQTT.js 4', "export * from 'ngx-mqtt'"],
];

const rows = PROGRAMS.map(([name, contents, budget]) => {
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
  return { name, minified: bytes.length, packed: gzipSync(bytes, { level: 9 }).length, budget };
});

const number = (value) => (value === undefined ? '' : value.toLocaleString('en-US')).padStart(10);
const width = Math.max(...rows.map(({ name }) => name.length));
console.log(`${'bytes'.padEnd(width)}${['minified', 'gzip', 'budget'].map((title) => title.padStart(10)).join('')}`);
for (const { name, minified, packed, budget } of rows) {
  const over = packed > budget ? `  ${number(packed - budget).trim()} over` : '';
  console.log(`${name.padEnd(width)}${number(minified)}${number(packed)}${number(budget)}${over}`);
}
if (rows.some(({ packed, budget }) => packed > budget)) process.exitCode = 1;
