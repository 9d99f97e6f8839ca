import { buildSync } from 'esbuild';

/** In front of each program: a rejection that nobody handles in a Web Worker shall be heard in its page. */
const BANNER = "addEventListener('unhandledrejection', ({ reason }) => setTimeout(() => { throw reason; }));";

/** As an application is bundled: an import of Node's is an error. What the program exports is there as `program`. */
export function bundleForBrowsers(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'program',
    platform: 'browser',
    target: 'es2022',
    banner: { js: BANNER },
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
