import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of the page, by name. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/**
 * Bundles the page for browsers.
 * @param entry its program, in examples/live/
 * @param isSmall whether it is minified
 */
export async function bundle(entry: 'live.ts' | 'static.ts', isSmall = false): Promise<Files> {
  const folder = join(import.meta.dirname, '..');
  const { outputFiles } = await build({
    entryPoints: { page: join(folder, entry), style: join(folder, 'page.css') },
    outdir: '/',
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: isSmall,
    sourcemap: isSmall ? false : 'inline',
    logLevel: 'silent',
  });
  const page = await readFile(join(folder, 'page.html'));
  return new Map([
    ['index.html', page],
    ...outputFiles.map(({ path, contents }) => [path.replace(/^.*[\\/]/, ''), contents] as const),
  ]);
}
