// `npm run bundles`: what MQTT costs an Angular application. Builds one small application four times for production, with
// the Angular of examples/angular (which must be installed there): without MQTT, with this package, with ngx-mqtt, with
// MQTT.js. Weighs the JavaScript that the browser loads, packed by gzip, and writes docs/angular-bundles.json and .md.
// With `-- --check` only the first two, and nothing is written: exits with 1 when ours weighs more than it ever may again.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const app = join(root, 'examples/angular');
const isCheck = process.argv.includes('--check');

/** What was reached, in packed bytes beside the application without MQTT: to be lowered with each gain. */
const AT_MOST = 56_600;

/** How one component comes to the text that it shows, and what the application provides for it. */
const VARIANTS = {
  'without MQTT': {
    imports: `import { signal } from '@angular/core';`,
    providers: '',
    text: `signal('21.5')`,
  },
  'tortoise-rx': {
    imports: `import { provideMqtt, topicSignal } from 'tortoise-rx/angular';`,
    providers: `provideMqtt('wss://broker.example/mqtt', { protocolVersion: 'auto' })`,
    text: `topicSignal('house/attic/temp')`,
  },
  'ngx-mqtt': {
    imports: `
      import { importProvidersFrom, inject } from '@angular/core';
      import { toSignal } from '@angular/core/rxjs-interop';
      import { MqttModule, MqttService } from 'ngx-mqtt';
      import { map } from 'rxjs';`,
    providers: `importProvidersFrom(MqttModule.forRoot({ hostname: 'broker.example', port: 443, protocol: 'wss', path: '/mqtt' }))`,
    text: `toSignal(inject(MqttService).observe('house/attic/temp').pipe(map(({ payload }) => payload.toString())))`,
  },
  'MQTT.js': {
    imports: `
      import { signal } from '@angular/core';
      import mqtt from 'mqtt';
      function latest(topic: string) {
        const text = signal<string | undefined>(undefined);
        const client = mqtt.connect('wss://broker.example/mqtt', { protocolVersion: 5 });
        client.on('message', (_, payload) => text.set(payload.toString()));
        client.subscribe(topic);
        return text;
      }`,
    providers: '',
    text: `latest('house/attic/temp')`,
  },
};

const project = mkdtempSync(join(tmpdir(), 'tortoise-rx-bundles-'));
const write = (file, text) => writeFileSync(join(project, file), text);

/** Makes the packages of the application resolve here, and those of this repository where the application has none. */
function linkPackages() {
  const links = new Map();
  for (const modules of [join(root, 'node_modules'), join(app, 'node_modules')]) {
    for (const name of readdirSync(modules)) {
      const names = name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name];
      for (const one of names) if (!one.startsWith('.')) links.set(one, join(modules, one));
    }
  }
  for (const [name, target] of links) {
    if (name.startsWith('@')) mkdirSync(join(project, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(target, join(project, 'node_modules', name));
  }
}

/** Packed bytes of all scripts of a production build. */
function weigh({ imports, providers, text }) {
  write(
    'src/main.ts',
    `import { Component } from '@angular/core';
    import { bootstrapApplication } from '@angular/platform-browser';
    ${imports}
    @Component({ selector: 'app-root', template: '<h1>House</h1><p>{{ text() }}</p>' })
    export class App {
      protected readonly text = ${text};
    }
    bootstrapApplication(App, { providers: [${providers}] });`,
  );
  execFileSync(join(app, 'node_modules/.bin/node'), [join(app, 'node_modules/@angular/cli/bin/ng.js'), 'build'], {
    cwd: project,
    env: {
      ...process.env,
      PATH: `${join(app, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
      NG_CLI_ANALYTICS: 'false',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const scripts = readdirSync(join(project, 'dist/browser')).filter((name) => name.endsWith('.js'));
  return scripts.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(project, 'dist/browser', name)), { level: 9 }).length,
    0,
  );
}

mkdirSync(join(project, 'src'));
mkdirSync(join(project, 'node_modules'));
linkPackages();
write('package.json', JSON.stringify({ name: 'bundles', private: true }));
write('src/index.html', '<!doctype html><html lang="en"><title>House</title><app-root></app-root></html>');
write(
  'tsconfig.json',
  JSON.stringify({
    compilerOptions: {
      strict: true,
      skipLibCheck: true,
      experimentalDecorators: true,
      importHelpers: true,
      target: 'ES2022',
      module: 'preserve',
      preserveSymlinks: true,
      esModuleInterop: true,
      types: [],
    },
    files: ['src/main.ts'],
  }),
);
write(
  'angular.json',
  JSON.stringify({
    version: 1,
    cli: { analytics: false, cache: { enabled: false } },
    projects: {
      house: {
        projectType: 'application',
        root: '',
        architect: {
          build: {
            builder: '@angular/build:application',
            options: {
              browser: 'src/main.ts',
              index: 'src/index.html',
              tsConfig: 'tsconfig.json',
              outputPath: 'dist',
              preserveSymlinks: true,
              allowedCommonJsDependencies: ['*'],
            },
          },
        },
      },
    },
  }),
);

try {
  const wanted = Object.entries(VARIANTS).slice(0, isCheck ? 2 : undefined);
  const rows = wanted.map(([name, variant]) => ({ name, packed: weigh(variant) }));
  const more = ({ packed }) => packed - rows[0].packed;
  const kB = (bytes) => (bytes / 1_000).toFixed(1);
  for (const row of rows) console.log(`${row.name.padEnd(14)}${kB(row.packed).padStart(8)} kB  +${kB(more(row))}`);
  if (more(rows[1]) > AT_MOST) {
    console.error(`tortoise-rx has grown: at most ${AT_MOST.toLocaleString('en-US')} bytes were reached before`);
    process.exitCode = 1;
  }
  if (!isCheck) report(rows, more, kB);
} finally {
  rmSync(project, { recursive: true, force: true });
}

function report(rows, more, kB) {
  const version = (folder, name) =>
    JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  const versions = {
    'tortoise-rx': JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    'ngx-mqtt': version(root, 'ngx-mqtt'),
    'MQTT.js': version(root, 'mqtt'),
  };
  const named = ({ name }) => (versions[name] ? `${name} ${versions[name]}` : name);
  const angular = version(app, '@angular/core');
  const data = {
    angular,
    rows: rows.map((row) => ({ name: row.name, version: versions[row.name], packed: row.packed })),
  };
  writeFileSync(join(root, 'docs/angular-bundles.json'), `${JSON.stringify(data, null, 2)}\n`);
  const table = rows.map(
    (row) => `| ${named(row)} | ${kB(row.packed)} kB | ${more(row) === 0 ? '' : `+${kB(more(row))} kB`} |`,
  );
  writeFileSync(
    join(root, 'docs/angular-bundles.md'),
    `# What MQTT costs an Angular application

The same small application, built four times for production with Angular ${angular}: one component that shows the last message of a topic. What counts is all JavaScript that the browser loads, packed by gzip. Measured by \`npm run bundles\`, which reads [scripts/bundles.mjs](../scripts/bundles.mjs).

| The application | JavaScript | MQTT alone |
| --- | --- | --- |
${table.join('\n')}

tortoise-rx and MQTT.js are asked for MQTT 5; ngx-mqtt speaks MQTT 3.1.1 only, by MQTT.js 4. RxJS, which an Angular application has anyway, counts where it is used first.
`,
  );
  execFileSync('npx', ['prettier', '--write', 'docs/angular-bundles.md', 'docs/angular-bundles.json'], { cwd: root });
}
