// Packs the package, installs the tarball in a project of its own, and uses it as its users do: imported, required, and
// type-checked under `node16` resolution from both kinds of module. Expects `dist` to be built.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const project = mkdtempSync(join(tmpdir(), 'tortoise-rx-package-'));
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;

/** Uses the package: a broker in memory that sends back what is published. */
const PROGRAM = `
const broker = memory((peer) => {
  peer.bytes$.pipe(decodePackets()).subscribe((packet) => {
    switch (packet.type) {
      case 'connect':
        return peer.write(encode({ type: 'connack', reasonCode: 0, sessionPresent: false }));
      case 'subscribe':
        return peer.write(encode({ type: 'suback', packetId: packet.packetId, reasonCodes: [1] }));
      case 'publish':
        peer.write(encode({ type: 'puback', packetId: packet.packetId }));
        return peer.write(encode(packet));
      default:
        return undefined;
    }
  });
});
const client = createClient(broker);
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
  ['createClient, memory', 'tortoise-rx'],
  ['decodePackets, encode', 'tortoise-rx/codec'],
];
const imports = NAMES.map(([names, from]) => `import { ${names} } from '${from}';`).join('\n');
const requires = NAMES.map(([names, from]) => `const { ${names} } = require('${from}');`).join('\n');
const withoutTypes = PROGRAM.replace(': string', '');

try {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root),
  );
  const strays = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/|(package\.json|LICENSE|README\.md|CHANGELOG\.md)$)/.test(path));
  if (strays.length > 0) throw new Error(`the package contains ${strays.join(', ')}`);

  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${filename}`, `rxjs@${version('rxjs')}`, `@types/node@${version('@types/node')}`]); // prettier-ignore

  writeFileSync(join(project, 'esm.mjs'), imports + withoutTypes);
  writeFileSync(join(project, 'common.cjs'), requires + withoutTypes);
  writeFileSync(join(project, 'esm-types.mts'), imports + PROGRAM);
  writeFileSync(join(project, 'common-types.cts'), imports + PROGRAM);
  for (const file of ['esm.mjs', 'common.cjs']) {
    const said = run(process.execPath, [file]).trim();
    if (said !== 'ok') throw new Error(`${file} said ${said}`);
    console.log(`${file}: a message went round`);
  }
  for (const skipLibCheck of ['false', 'true']) {
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--module', 'node16', '--target', 'es2022', '--lib', 'es2022', '--types', 'node', '--skipLibCheck', skipLibCheck, 'esm-types.mts', 'common-types.cts']); // prettier-ignore
  }
  console.log('esm-types.mts, common-types.cts: the types are there');

  // A browser's project does not have the types of Node.
  const compilerOptions = { noEmit: true, strict: true, module: 'node16', target: 'es2022', types: [], skipLibCheck: false }; // prettier-ignore
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['esm-types.mts'] }));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')]);
  console.log('esm-types.mts: the types need none of Node');
} catch (error) {
  console.error(error.stdout ?? '', error.message);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
