// Packs the package and looks at the tarball as its users will: publint and attw, then a project of its own, where it is
// imported, required, type-checked under each resolution, and bundled by esbuild, Vite and webpack. Each program runs. So does
// a service of NestJS, of the oldest version and of the newest.
// Expects `dist` to be built. With --release, as `npm publish` runs it, the address of the repository must be filled in.
import { Aedes } from 'aedes';
import { build as esbuild } from 'esbuild';
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { definitionsIn } from './definitions.mjs';
import { complaintAbout } from './repository.mjs';

const root = join(import.meta.dirname, '..');
const project = mkdtempSync(join(tmpdir(), 'tortoise-rx-package-'));
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const tool = (name, ...args) => run(join(root, 'node_modules/.bin', name), args);
/** The oldest version that package.json promises to work with; the specs run with the one that is installed. */
const oldest = (name) => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { ...dependencies, ...peerDependencies }[name].replace(/^\D+/, '');
};
const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
const write = (file, text) => writeFileSync(join(project, file), text);
const check = (holds, complaint) => {
  if (!holds) throw new Error(complaint);
};

/** Uses the package: a test broker, and what else each entry has. */
const PROGRAM = `
const broker = testBroker();
const bytes: Uint8Array = encode({ type: 'pingreq' });
if (bytes.length !== 2 || typeof decodePackets !== 'function' || typeof memory !== 'function') throw new Error('no codec');
const store = memoryStore();
const client = instrument(createClient(broker, { clientId: 'user', cleanSession: false, store }));
if (typeof traced !== 'function') throw new Error('no traces');
if (typeof levelStore !== 'function' || storeConformance({ create: () => store }).length === 0) throw new Error('no stores');
const deadline = setTimeout(() => { throw new Error('nothing came'); }, 5000);
client.topic$('room/+room/temp', { qos: 1 }).subscribe((message) => {
  const room: string = message.params.room;
  if (room !== 'bath' || message.text() !== '21.5') throw new Error('something else came');
  clearTimeout(deadline);
  client.end().subscribe({ complete: () => console.log('ok') });
});
client.publish('room/bath/temp', '21.5', { qos: 1 }).subscribe();
`;
const NAMES = [
  ['createClient', 'tortoise-rx'],
  ['decodePackets, encode', 'tortoise-rx/codec'],
  ['memoryStore', 'tortoise-rx/store'],
  ['levelStore', 'tortoise-rx/store/level'],
  ['memory, storeConformance, testBroker', 'tortoise-rx/testing'],
  ['instrument, traced', 'tortoise-rx/otel'],
];
/** What needs a page, and the types of the DOM. */
const BROWSER_IMPORTS = "import { devtools } from 'tortoise-rx/devtools';";
const imports = NAMES.map(([names, from]) => `import { ${names} } from '${from}';`).join('\n');
const requires = NAMES.map(([names, from]) => `const { ${names} } = require('${from}');`).join('\n');
const plain = (program) => program.replace(/: (string|Uint8Array|number(\[\])?)/g, '');
const withoutTypes = plain(PROGRAM);
/** Only the build for browsers refuses this. */
const IN_BROWSER = `
let isForBrowsers = false;
try { createClient('mqtt://localhost'); } catch { isForBrowsers = true; }
if (!isForBrowsers) throw new Error('the browser condition was not chosen');
if (typeof devtools !== 'function') throw new Error('no devtools');
`;
/** What an application for browsers may write about types. */
const BROWSER_TYPES = `
import type { WebSocketOptions } from 'tortoise-rx';
export const options: WebSocketOptions = { WebSocketCtor: WebSocket, protocols: ['mqtt'] };
const shown = createClient('wss://localhost/mqtt', { webSocket: options });
export const panel: () => HTMLElement = () => devtools(shown, { position: 'top-left' });
`;
/** Needs a `lib` of TypeScript that the others do without. */
const USING_TYPES = `
export async function ended(): Promise<void> {
  await using client = createClient('mqtt://localhost');
  client.connection$.subscribe();
}
`;
/** Nest, as a module of either kind gets it: its version 12 is ES modules, 11 is CommonJS. */
const NEST = `
class Root {}
const broker = testBroker();
const strategy = new MqttServer({ server: broker, clientId: 'service' });
strategy.addHandler('sum', (numbers: number[]) => Promise.resolve(numbers[0] + numbers[1]), false, { qos: 1 });
const house = { name: 'HOUSE', customClass: MqttClientProxy, options: { server: broker } };
const started = NestFactory.createMicroservice(ClientsModule.register([house]), { strategy, logger: false });
started.then(async (app) => {
  await app.listen();
  const sum: number = await firstValueFrom(app.get(house.name).send('sum', [1, 2]));
  await app.close();
  if (sum === 3) console.log('ok');
});
`;
const NEST_NAMES = [
  ['NestFactory', '@nestjs/core'],
  ['ClientsModule', '@nestjs/microservices'],
  ['firstValueFrom', 'rxjs'],
  ['MqttClientProxy, MqttServer', 'tortoise-rx/nestjs'],
  ['testBroker', 'tortoise-rx/testing'],
];
/** What `tortoise-rx/angular` is checked with: it needs Angular, and is ESM only, as Angular is. */
const ANGULAR = `
import { MqttClient } from 'tortoise-rx';
import { type TopicSignal, mqttToken, provideMqtt, topicSignal } from 'tortoise-rx/angular';
export const temperature = (): TopicSignal<string | undefined> => topicSignal('house/attic/temp');
if (String(mqttToken('a')) !== 'InjectionToken a' || !MqttClient || !provideMqtt('wss://a')) throw new Error('no Angular');
console.log('ok');
`;
/** Once in each copy of rxjs, minified or not. */
const RXJS_MARK = 'errors occurred during unsubscription:';

const NODE = { lib: ['es2022'], types: ['node'] };
/** A browser's project does not have the types of Node. */
const BROWSER = { lib: ['es2022', 'dom'], types: [] };
const TYPES = [
  ['node16', { ...NODE, module: 'node16' }, ['esm-types.mts', 'common-types.cts']],
  ['nodenext', { ...NODE, module: 'nodenext' }, ['esm-types.mts', 'common-types.cts']],
  ['bundler', { ...BROWSER, module: 'esnext', moduleResolution: 'bundler' }, ['browser-types.ts']],
  [
    'bundler, browser condition',
    { ...BROWSER, module: 'esnext', moduleResolution: 'bundler', customConditions: ['browser'] },
    ['browser-types.ts'],
  ],
  [
    'await using',
    { ...BROWSER, lib: [...BROWSER.lib, 'esnext.disposable'], module: 'nodenext' },
    ['esm-types.mts', 'using-types.mts'],
  ],
];

const BUNDLERS = {
  esbuild: (entry, file) => esbuild({ entryPoints: [entry], outfile: file, bundle: true, format: 'esm', platform: 'browser' }), // prettier-ignore
  Vite: (entry, file) =>
    vite({
      root: project,
      configFile: false,
      logLevel: 'error',
      build: {
        outDir: project,
        emptyOutDir: false,
        modulePreload: false,
        rollupOptions: { input: entry, output: { entryFileNames: file.slice(project.length + 1) } },
      },
    }),
  webpack: (entry, file) =>
    new Promise((resolve, reject) =>
      webpack(
        { mode: 'production', target: 'web', context: project, entry, output: { path: project, filename: file.slice(project.length + 1) } }, // prettier-ignore
        (error, stats) =>
          error || stats.hasErrors() || stats.hasWarnings() ? reject(error ?? new Error(stats.toString())) : resolve(),
      ),
    ),
};

const kilobytes = (bytes) => Math.round(bytes / 1_000);

function pack() {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root);
  const [{ filename, files, size, unpackedSize }] = JSON.parse(packed);
  console.log(`${filename}: ${files.length} files, ${kilobytes(size)} kB, unpacked ${kilobytes(unpackedSize)} kB`);
  const strays = files
    .map(({ path }) => path)
    .filter(
      (path) => !/^(dist\/|lib\/.*\.ts$|(package\.json|LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md)$)/.test(path),
    );
  check(strays.length === 0, `the package contains ${strays.join(', ')}`);
  return filename;
}

/** Where it lives is said once, and where provenance will look. */
function checkAddress() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const complaint = complaintAbout(manifest, { isRelease: process.argv.includes('--release') });
  check(!complaint, complaint);
  console.log(`address: ${manifest.repository.url}; homepage and bugs agree`);
}

/**
 * npm's page turns a relative link of the README into `<repository>/blob/HEAD/<link>`, and an image into the file of the
 * same path at raw.githubusercontent.com. So the link must lead somewhere in the repository, from its top.
 */
function checkLinks() {
  for (const file of ['README.md', 'CHANGELOG.md', 'SECURITY.md']) {
    const text = readFileSync(join(root, file), 'utf8').replace(/^```.*?^```$/gms, '');
    const inHtml = [...text.matchAll(/<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g)];
    const links = [...text.matchAll(/\]\(<?([^)>\s]+)/g), ...text.matchAll(/^\[[^\]]+\]: *(\S+)/gm), ...inHtml].map(
      ([, to]) => to,
    );
    const relative = links
      .filter((link) => !/^(#|\w+:|\/\/)/.test(link))
      .map((link) => decodeURI(link.replace(/[#?].*/, '')));
    const dead = relative.filter((path) => /^\/|(^|\/)\.\.(\/|$)/.test(path) || !existsSync(join(root, path)));
    check(dead.length === 0, `${file} links to ${dead.join(', ')}, which the repository does not have`);
    if (file === 'README.md') console.log(`links: ${relative.length} of the README lead to files of the repository`);
  }
}

/** What installing it runs, brings along, and how it is published: nothing, `ws` alone, with provenance. */
function checkSupplyChain() {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { scripts, dependencies, optionalDependencies, bundleDependencies, publishConfig } = read('package.json');
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
  const found = hooks.filter((hook) => hook in scripts);
  check(found.length === 0, `it has install scripts: ${found.join(', ')}`);
  check(!existsSync(join(root, 'binding.gyp')), 'it has a binding.gyp, for which npm runs node-gyp');
  check(Object.keys(dependencies).join() === 'ws', `it depends on ${Object.keys(dependencies).join(', ')}`);
  check(!optionalDependencies && !bundleDependencies, 'it brings dependencies of another kind');
  check(publishConfig?.provenance === true, 'it is published without provenance');
  for (const [path, locked] of Object.entries(read('package-lock.json').packages)) {
    if (path === '' || locked.dev || locked.devOptional || locked.peer) continue;
    check(path === 'node_modules/ws', `package-lock.json lets ${path} ship`);
    check(locked.integrity?.startsWith('sha512-'), `package-lock.json has no checksum for ${path}`);
    check(!locked.hasInstallScript, `${path} has an install script`);
    check(!locked.dependencies, `${path} has dependencies`);
  }
  console.log('supply chain: ws alone, checksums, no install scripts, provenance');
}

function install(filename) {
  write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${filename}`, `rxjs@${oldest('rxjs')}`, `ws@${oldest('ws')}`, `@opentelemetry/api@${oldest('@opentelemetry/api')}`, `@types/node@${version('@types/node')}`]); // prettier-ignore
  const installed = join(project, 'node_modules/tortoise-rx');
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  check(Object.keys(dependencies).join() === 'ws', `it depends on ${Object.keys(dependencies).join(', ')}`);
  check(!existsSync(join(installed, 'node_modules')), 'it brings modules of its own');
}

/** Every map leads to a TypeScript file of the package, and holds no copy of it; "go to definition" arrives there. */
async function checkMaps() {
  const installed = join(project, 'node_modules/tortoise-rx');
  const paths = readdirSync(join(installed, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|d\.ts)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
    check(sourcesContent === undefined, `${path}.map has the sources in it, which are shipped already`);
    const missing = sources.filter((source) => !existsSync(join(dirname(path), source)));
    check(missing.length === 0, `${path}.map leads to ${missing.join(', ')}, which is not shipped`);
  }
  const names = NAMES.flatMap(([list]) => list.split(', '));
  write('tsconfig.json', JSON.stringify({ compilerOptions: { ...NODE, module: 'nodenext', strict: true } }));
  for (const file of ['esm-types.mts', 'common-types.cts']) {
    for (const found of await definitionsIn(join(project, file), names)) {
      const arrives =
        found.file?.startsWith(join(installed, 'lib/')) && new RegExp(`\\b${found.name}\\b`).test(found.text);
      check(arrives, `${file}: the definition of ${found.name} is said to be in ${found.file}: ${found.text}`);
    }
  }
  console.log(`maps: ${paths.length} lead to sources; definitions of ${names.join(', ')} are found in lib/`);
}

function use(file, program) {
  if (program !== undefined) write(file, program);
  const said = run(process.execPath, [file]).trim();
  check(said === 'ok', `${file} said ${said}`);
  console.log(`${file}: a message went round`);
}

/**
 * A program of Node loads a file for each entry and a few chunks: each module more would cost it time and memory. All come
 * from one folder, or it would have two copies of a class.
 */
function checkLoaded(file, folder) {
  const coverage = mkdtempSync(join(project, 'coverage-'));
  execFileSync(process.execPath, [file], { cwd: project, env: { ...process.env, NODE_V8_COVERAGE: coverage } });
  const reports = readdirSync(coverage).map((name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')));
  const urls = reports.flatMap(({ result }) => result.map(({ url }) => url));
  const loaded = urls.filter((url) => url.includes('/node_modules/tortoise-rx/dist/'));
  const strays = loaded.filter((url) => !url.includes(`/dist/${folder}/`));
  check(strays.length === 0, `${file} loads ${strays.join(', ')}`);
  check(loaded.length > 0 && loaded.length <= 2 * NAMES.length + 4, `${file} loads ${loaded.length} modules of dist/${folder}`); // prettier-ignore
  console.log(`${file}: loads ${loaded.length} modules`);
}

/** The program, as `npx tortoise-rx` starts it: with a broker of the package's own, between two processes. */
async function useProgram() {
  const tortoise = (...args) => run('npx', ['--no-install', 'tortoise-rx', ...args]);
  check(tortoise('--help').includes('Usage: tortoise-rx'), 'npx tortoise-rx --help does not help');
  check(tortoise('--version').trim() === JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version, 'npx tortoise-rx --version says another version'); // prettier-ignore
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `mqtt://127.0.0.1:${server.address().port}`;
  const later = (...args) => promisify(execFile)('npx', ['--no-install', 'tortoise-rx', ...args], { cwd: project });
  try {
    await later('pub', url, 'house/lamp', 'on', '-q', '1', '-r');
    const { stdout } = await later('sub', url, 'house/+', '-c', '1', '--json', '--timeout', '10');
    const { topic, payload } = JSON.parse(stdout);
    check(topic === 'house/lamp' && payload === 'on', `npx tortoise-rx sub said ${stdout}`);
  } finally {
    await new Promise((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  }
  console.log('npx tortoise-rx: --help, --version, pub and sub work');
}

function typeCheck() {
  write('esm-types.mts', imports + PROGRAM);
  write('common-types.cts', imports + PROGRAM);
  write('using-types.mts', imports + USING_TYPES);
  write('browser-types.ts', imports + BROWSER_IMPORTS + BROWSER_TYPES + PROGRAM);
  for (const [name, compilerOptions, files] of TYPES) {
    for (const skipLibCheck of [false, true]) {
      const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2022', skipLibCheck };
      write('tsconfig.json', JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, files }));
      run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
    }
    console.log(`types, ${name}: they are there`);
  }
}

/** With the oldest Nest that package.json promises to work with, and with the one that is installed. */
function nest() {
  const esm = NEST_NAMES.map(([names, from]) => `import { ${names} } from '${from}';`).join('\n') + NEST;
  const common = NEST_NAMES.map(([names, from]) => `const { ${names} } = require('${from}');`).join('\n') + NEST;
  for (const wanted of [oldest('@nestjs/common').replace(/\..*/, ''), version('@nestjs/common')]) {
    const packages = ['common', 'core', 'microservices'].map(
      (name) => `@nestjs/${name}@${wanted.includes('.') ? version(`@nestjs/${name}`) : wanted}`,
    );
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...packages, 'reflect-metadata@0.2']); // prettier-ignore
    use('nest.mjs', plain(esm));
    use('nest.cjs', plain(common));
    write('nest-types.mts', esm);
    const compilerOptions = { ...NODE, module: 'nodenext', strict: true, noEmit: true, target: 'es2022', skipLibCheck: true }; // prettier-ignore
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['nest-types.mts'] }));
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
    console.log(`Nest ${wanted}: a request went round, its types are there`);
  }
}

/** With Angular beside it, which an application brings along. */
function checkAngular() {
  mkdirSync(join(project, 'node_modules/@angular'));
  symlinkSync(join(root, 'node_modules/@angular/core'), join(project, 'node_modules/@angular/core'));
  write('angular-types.mts', ANGULAR);
  for (const options of [
    { ...NODE, module: 'nodenext' },
    { ...BROWSER, module: 'esnext', moduleResolution: 'bundler' },
  ]) {
    const compilerOptions = { strict: true, noEmit: true, target: 'es2022', skipLibCheck: true, ...options };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['angular-types.mts'] }));
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  }
  use('angular.mjs', ANGULAR.replace('type TopicSignal, ', '').replace(/\(\): TopicSignal<[^>]+>/, '()'));
}

async function bundle() {
  write('browser.mjs', imports + BROWSER_IMPORTS + IN_BROWSER + withoutTypes);
  for (const [name, make] of Object.entries(BUNDLERS)) {
    const file = `${name.toLowerCase()}.bundle.${name === 'webpack' ? 'cjs' : 'mjs'}`;
    await make(join(project, 'browser.mjs'), join(project, file));
    const copies = readFileSync(join(project, file), 'utf8').split(RXJS_MARK).length - 1;
    check(copies === 1, `${file} has rxjs ${copies} times`);
    use(file);
  }
}

try {
  checkAddress();
  checkLinks();
  checkSupplyChain();
  const filename = pack();
  tool('publint', filename, '--strict');
  tool('attw', filename, '--exclude-entrypoints', 'angular');
  tool('attw', filename, '--entrypoints', 'angular', '--profile', 'esm-only');
  console.log('publint, attw: no complaint');
  install(filename);
  use('esm.mjs', imports + withoutTypes);
  use('common.cjs', requires + withoutTypes);
  checkLoaded('esm.mjs', 'node');
  checkLoaded('common.cjs', 'cjs');
  await useProgram();
  typeCheck();
  await checkMaps();
  checkAngular();
  checkLoaded('angular.mjs', 'node');
  await bundle();
  nest();
  checkLoaded('nest.mjs', 'node');
  checkLoaded('nest.cjs', 'cjs');
} catch (error) {
  console.error(error.stdout ?? '', error.message);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
