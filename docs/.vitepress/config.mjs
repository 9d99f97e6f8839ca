import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { repository } from '../../scripts/docs/entries.mjs';
import { referenceSidebar } from '../../scripts/docs/sidebar.mjs';
import { linksOutside } from './linksOutside.mjs';
import { slugOf } from './slugOf.ts';

const docs = join(import.meta.dirname, '..');

/** The guides in the order in which they are read; then the reference, which TypeDoc writes. */
const guides = JSON.parse(readFileSync(join(import.meta.dirname, 'guides.json'), 'utf8')).map(({ text, items }) => ({
  text,
  items: items.map(({ text, page }) => ({ text, link: `/${page}` })),
}));
const base = process.env.DOCS_BASE ?? '/';
/** What scripts/docs.mjs puts beside the pages: it is no page of VitePress's. docs/index.md leads there as well. */
const demo = { text: 'Demo', link: '/demo/index.html', target: '_self' };

/** Whether a page has tables that need its whole width: there is no list of its headings beside them. */
const isWide = (page) =>
  readFileSync(join(docs, page), 'utf8')
    .split('\n')
    .some((line) => line.startsWith('| -') && line.length > 240);

export default defineConfig({
  title: 'tortoise-rx',
  description: 'An MQTT client for TypeScript whose every verb is an RxJS Observable',
  lang: 'en',
  base,
  cleanUrls: false,
  lastUpdated: false,
  vite: { build: { chunkSizeWarningLimit: 2_000 } }, // the search index is one file
  head: [['link', { rel: 'icon', href: `${base}logo.svg`, type: 'image/svg+xml' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: slugOf },
    toc: { slugify: slugOf },
    headers: { slugify: slugOf },
    config: (md) => md.use(linksOutside, `${repository}/blob/HEAD/`),
  },
  transformPageData({ relativePath, frontmatter }) {
    if (isWide(relativePath)) Object.assign(frontmatter, { aside: false, pageClass: 'wide' });
  },
  themeConfig: {
    logo: '/logo.svg',
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: '/first-steps', activeMatch: '^/(?!reference)' },
      { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
      demo,
    ],
    sidebar: {
      '/reference/': [{ text: 'Reference', link: '/reference/', items: referenceSidebar() }],
      '/': [...guides, { text: 'Reference', link: '/reference/' }],
    },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'Apache-2.0' },
  },
});
