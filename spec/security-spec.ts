import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, type Identity, authority } from './support/certificates.js';
import { greeter } from './support/greeter.js';
import { run } from './examples/run.js';

const ROOT = join(import.meta.dirname, '..');
const SECURITY = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const PASSPHRASE = 'opens the key';
const END = `
client.connection$.subscribe({
  next: () => client.end().subscribe({ complete: () => console.log('connected') }),
  error: (error) => console.log(error.code),
});
`;

describe('SECURITY.md', function () {
  this.timeout(60_000);
  let ours: Authority;
  let identity: Identity;
  let folder: string;
  const server = greeter(() => identity);

  before(async () => {
    ours = await authority('ours');
    const own = await ours.sign(['pump-7']);
    folder = mkdtempSync(join(import.meta.dirname, '.programs-'));
    const paths = { 'tortoise-rx': ['../../lib/index.ts'] };
    const files = {
      'tsconfig.json': JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions: { paths } }),
      'ca.pem': ours.cert,
      'pump-7.pem': own.cert,
      'pump-7-key.pem': own.encryptedKey(PASSPHRASE),
      token: 'the-token\n',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => server.close());

  /** Runs the program for TLS, against a server that shows such a certificate. */
  async function runExample(shown: Identity): Promise<string> {
    identity = shown;
    const address = await server.listen('mqtts');
    const [, program = ''] = /^```ts\n(.*?)^```$/ms.exec(SECURITY) ?? [];
    const file = join(folder, 'example.ts');
    writeFileSync(file, program.replace('broker.example:8883', address) + END);
    const env = { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'), PUMP_KEY_PASSPHRASE: PASSPHRASE };
    const { stdout, stderr } = await run(file, { cwd: folder, patience: 30_000, env });
    return (stdout + stderr).trim();
  }

  it('should set TLS up so that it connects, with the token', async () => {
    expect(await runExample(await ours.sign(['127.0.0.1']))).to.equal('connected');
    expect(server.greetings[0]!.includes('the-token')).to.equal(true);
  });

  it('should set TLS up so that nobody else can pose as the broker', async () => {
    const somebody = await authority('ours');
    expect(await runExample(await somebody.sign(['127.0.0.1']))).to.equal('CERTIFICATE');
    await server.close();
    expect(await runExample(await ours.sign(['other.example']))).to.equal('CERTIFICATE');
  });

  it('should name files that exist', () => {
    const links = [...SECURITY.matchAll(/\]\((?!https?:)([^)#]+)\)|`(scripts\/[^`]+)`/g)];
    expect(links).to.have.length.at.least(2);
    for (const [, link, script] of links) expect(() => readFileSync(join(ROOT, link ?? script!))).not.to.throw();
  });
});
