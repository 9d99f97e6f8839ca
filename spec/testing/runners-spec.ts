import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/*
 * Each block of docs/testing.md with `<!-- file: runner/name -->` before it is a test file. They run in a project of their
 * own, where the package is what its users get: files of each format, found by the `exports` of package.json.
 */

const ROOT = join(import.meta.dirname, '../..');
const TOOLS = join(ROOT, 'node_modules');
const GUIDE = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8');
const FILES = [...GUIDE.matchAll(/^<!-- file: (\S+) -->\n\n```ts\n(.*?)^```$/gms)].map(([, path = '', code = '']) => ({
  path,
  code,
}));

/** How each runner is started in its folder. Jest is started twice: CommonJS, which is its default, and ES modules. */
const RUNNERS: Readonly<Record<string, { readonly args: readonly string[]; readonly flags?: string }>> = {
  'mocha, as ES modules': { args: ['mocha/bin/mocha.js', '--no-config', 'mocha/*.mjs'] },
  'mocha, as CommonJS': { args: ['mocha/bin/mocha.js', '--no-config', 'mocha/*.cjs'] },
  'vitest': { args: ['vitest/vitest.mjs', 'run', '--dir', 'vitest'] },
  'vitest, with TestBed': { args: ['vitest/vitest.mjs', 'run', '--dir', 'angular', '--environment', 'jsdom'] },
  'fakeAsync of Angular': { args: ['../fakeAsync.mjs'] },
  'jest, as ES modules': { args: ['jest/bin/jest.js', 'jest/.*mjs'], flags: '--experimental-vm-modules' },
  'jest, as CommonJS': { args: ['jest/bin/jest.js', 'jest/.*cjs'] },
}; // prettier-ignore

describe('docs/testing.md', () => {
  let project: string;

  before(() => {
    project = mkdtempSync(join(import.meta.dirname, '.runners-'));
    installPackage(join(project, 'node_modules/tortoise-rx'));
    for (const name of readdirSync(TOOLS)) {
      if (!name.startsWith('.')) symlinkSync(join(TOOLS, name), join(project, 'node_modules', name));
    }
    const jest = { testMatch: ['**/*.test.mjs', '**/*.test.cjs'], transform: {}, watchman: false };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, jest }));
    cpSync(join(import.meta.dirname, 'fakeAsync.mjs'), join(project, 'fakeAsync.mjs'));
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(CONFIG));
    for (const { path, code } of FILES) {
      const write = (extension: string, text: string) => {
        const file = join(project, path.replace(/\.ts$/, extension));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      };
      write('.ts', code);
      if (/^(vitest|angular)/.test(path)) continue; // Vitest compiles by itself
      write('.mjs', transformSync(code, { loader: 'ts', format: 'esm' }).code);
      write('.cjs', transformSync(code, { loader: 'ts', format: 'cjs' }).code);
    }
  });

  after(() => rmSync(project, { recursive: true, force: true }));

  it('should have tests in it for each runner', () => {
    expect(FILES.length).to.be.at.least(5);
    const runners = new Set(FILES.map(({ path }) => dirname(path)));
    expect([...runners].sort()).to.deep.equal(['angular', 'jest', 'mocha', 'vitest']);
  });

  it('should have tests that pass the type checker', async function () {
    this.timeout(60_000);
    const { code, said } = await run(project, ['typescript/bin/tsc', '-p', project]);
    expect(code, said).to.equal(0);
  });

  for (const [name, { args, flags = '' }] of Object.entries(RUNNERS)) {
    it(`should have tests that pass in ${name}`, async function () {
      this.timeout(60_000);
      const { code, said } = await run(project, args, flags);
      expect(code, said).to.equal(0);
      expect(said)
        .to.match(/\b[1-9]\d* (passing|passed)/)
        .and.not.match(/\d+ (failing|failed|pending|skipped)/);
    });
  }
});

/** Where the package is for the type checker: its sources. */
const CONFIG = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    sourceMap: false,
    declaration: false,
    skipLibCheck: true,
    verbatimModuleSyntax: false,
    types: ['mocha', 'node'],
    lib: ['es2023', 'dom'],
    experimentalDecorators: true,
    useDefineForClassFields: false,
    paths: {
      'tortoise-rx': ['../../../lib/index.ts'],
      'tortoise-rx/testing': ['../../../lib/testing.ts'],
    },
  },
  include: ['**/*.ts'],
};

/** What `npm run build` and `npm install` would do, in a second: only what Node loads. */
function installPackage(folder: string): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts/chunks.mjs'), join(folder, 'dist')]);
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
}

function run(
  cwd: string,
  [tool = '', ...args]: readonly string[],
  flags = '',
): Promise<{ code: number; said: string }> {
  const command = [...flags.split(' ').filter(Boolean), join(cwd, 'node_modules', tool), ...args];
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0', CI: '1' };
  return new Promise((resolve) =>
    execFile(process.execPath, command, { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, said: stdout + stderr }),
    ),
  );
}
