#!/usr/bin/env node
// The program `tortoise-rx`. What it can do is in cli/commands.ts.
import { readFileSync } from 'node:fs';
import { EXIT_CODES } from './cli/exitCode.js';
import { explain } from './cli/explain.js';
import { PROGRAM } from './cli/help.js';
import { main } from './cli/main.js';
import { processContext } from './cli/processContext.js';

/** The package's version: from its manifest, which is a folder up from the sources, and two from what is built. */
function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<string, string>;
      if (manifest['name'] === 'tortoise-rx') return manifest['version']!;
    } catch {
      // it is not there
    }
  }
  return 'unknown';
}

const args = process.argv.slice(2);
process.title = PROGRAM; // a password among the arguments is not to be seen
const context = processContext();
process.on('uncaughtException', (error) => {
  context.out.leaveScreen();
  context.err.note(explain(error), 'red');
  process.exit(EXIT_CODES.fault);
});
main(args, context, version()).subscribe((code) => (process.exitCode = code));
