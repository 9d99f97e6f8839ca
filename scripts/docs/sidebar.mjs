import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { entries, root } from './entries.mjs';

const KINDS = {
  functions: 'Functions',
  variables: 'Values',
  classes: 'Classes',
  interfaces: 'Interfaces',
  'type-aliases': 'Types',
};

/** The sidebar of the reference that TypeDoc wrote: entries, kinds, names. */
export function referenceSidebar() {
  return entries
    .map(({ name }) => ({ name, folder: join(root, 'docs/reference', name) }))
    .filter(({ folder }) => existsSync(folder))
    .map(({ name, folder }) => ({
      text: name,
      link: `/reference/${name}/`,
      collapsed: true,
      items: Object.entries(KINDS)
        .filter(([kind]) => existsSync(join(folder, kind)))
        .map(([kind, text]) => ({
          text,
          link: `/reference/${name}/#${kind}`, // without it the theme makes a button within a button
          collapsed: true,
          items: readdirSync(join(folder, kind))
            .sort()
            .map((file) => file.replace(/\.md$/, ''))
            .map((item) => ({ text: item, link: `/reference/${name}/${kind}/${item}` })),
        })),
    }));
}
