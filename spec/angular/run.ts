import { buildSync } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const MOCHA = join(HERE, '../../node_modules/mocha/bin/mocha.js');

/** What mocha's reporter `json` says. */
export interface Outcome {
  readonly passed: readonly string[];
  /** Titles, each with its error. */
  readonly failed: readonly string[];
  /** What a run that came to nothing printed. */
  readonly said: string;
}

/**
 * Runs the specs of spec/angular/cases in a process of their own: zone.js changes what is global, and so does a DOM. They are
 * bundled into one module, because a loader would load Angular twice, once for `import` and once for `require`.
 *
 * @param setup the file of spec/angular/setup that is loaded first
 */
export async function runCases(setup: string): Promise<Outcome> {
  const folder = mkdtempSync(join(HERE, '.cases-'));
  try {
    const file = join(folder, 'all.mjs');
    const cases = readdirSync(join(HERE, 'cases')).filter((name) => name.endsWith('.ts'));
    const imports = [`./setup/${setup}.mjs`, ...cases.map((name) => `./cases/${name}`)];
    buildSync({
      stdin: { contents: imports.map((from) => `import '${from}';`).join('\n'), resolveDir: HERE, loader: 'ts' },
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      sourcemap: 'inline',
      ignoreAnnotations: true, // the package.json of the repository says of its files that they have no side effects
    });
    const said = await new Promise<string>((resolve) =>
      execFile(
        process.execPath,
        ['--enable-source-maps', MOCHA, '--no-config', '--reporter', 'json', file],
        { env: { ...process.env, NODE_OPTIONS: '' } },
        (_, stdout, stderr) => resolve(stdout + stderr),
      ),
    );
    return parsed(said);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test of mocha's reporter `json`. */
interface Test {
  readonly fullTitle: string;
  readonly err: { readonly stack?: string; readonly message?: string };
}

function parsed(said: string): Outcome {
  const json = /^\{\n {2}"stats".*^\}/ms.exec(said)?.[0];
  if (json === undefined) return { passed: [], failed: [], said };
  const { passes, failures } = JSON.parse(json) as { passes: Test[]; failures: Test[] };
  const failed = failures.map(({ fullTitle, err }) => `${fullTitle}\n${err.stack ?? err.message ?? ''}`);
  return { passed: passes.map(({ fullTitle }) => fullTitle), failed, said: said.replace(json, '') };
}
