// What `npm run demo` runs. See USAGE in house/arguments.ts.
import { USAGE, readArguments } from './house/arguments.js';
import { playInText } from './house/demo.js';

try {
  const demo = readArguments(process.argv.slice(2));
  if (demo === 'help') process.stdout.write(USAGE);
  else if (demo.isText) playInText(demo);
  else await (await import('./live/server/demo.js')).playLive(demo);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
