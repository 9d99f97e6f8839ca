// `npm run test:angular`: installs and builds examples/angular, without zone.js and with it, runs its unit tests, and uses
// the two builds in Chromium, as somebody would who lives in the house. Expects `dist` to be built, because the application
// uses the package. `-- --quick` neither installs nor builds nor runs the unit tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { runningHouse } from './runningHouse.js';
import { STORY } from './story.js';

const APP = join(import.meta.dirname, '../../../examples/angular');
const VARIANTS = ['zoneless', 'zone'] as const;

async function npm(...args: readonly string[]): Promise<void> {
  const started = Date.now();
  console.log(`\n── npm ${args.join(' ')}`);
  const [code] = (await once(spawn('npm', args, { cwd: APP, stdio: 'inherit' }), 'close')) as [number | null];
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed in examples/angular`);
  console.log(`   ${((Date.now() - started) / 1_000).toFixed(1)} s`);
}

if (!process.argv.includes('--quick')) {
  await npm('ci', '--no-audit', '--no-fund');
  await npm('run', 'types');
  await npm('run', 'build');
  await npm('run', 'build:zone');
  await npm('test');
}

for (const variant of VARIANTS) {
  console.log(`\n── in Chromium: ${variant}`);
  const house = await runningHouse(join(APP, 'dist', variant), join(APP, 'node_modules/.bin/node'));
  try {
    for (const [title, chapter] of Object.entries(STORY)) {
      const started = Date.now();
      try {
        await chapter(house);
      } catch (cause) {
        const picture = join('/tmp', `house-${variant}.png`);
        await house.page.screenshot({ path: picture, fullPage: true });
        throw new Error(`${variant}: it should ${title}; see ${picture}`, { cause });
      }
      console.log(`   ✔ ${title} (${Date.now() - started} ms)`);
    }
  } finally {
    await house.stop();
  }
}
