// The documentation site: guides (docs/*.md) and reference (docs/reference, from the sources' comments), built into
// docs/.vitepress/dist, and the demo that needs no server below demo/ there. With --dev a server that shows changes of the
// guides as they are saved; the reference is written once. DOCS_BASE is the path below which the site will be served, `/`
// unless told otherwise.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build, createServer } from 'vitepress';
import { root } from './docs/entries.mjs';
import { writeReference } from './docs/reference.mjs';

const docs = join(root, 'docs');

await writeReference();
if (process.argv.includes('--dev')) {
  const server = await createServer(docs);
  await server.listen();
  server.printUrls();
} else {
  await build(docs);
  const demo = ['examples/demo.ts', '--static', join(docs, '.vitepress/dist/demo')];
  execFileSync(join(root, 'node_modules/.bin/tsx'), demo, { cwd: root, stdio: 'inherit' });
}
