import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { repository } from '../../scripts/docs/entries.mjs';
import { linksOutside } from './linksOutside.mjs';
import { slugOf } from './slugOf.mjs';

const docs = join(import.meta.dirname, '..');
const read = (path) => JSON.parse(readFileSync(join(docs, path), 'utf8'));

/** Guides that exist, in the order in which they are read; then the reference, which TypeDoc writes. */
const guides = read('.vitepress/guides.json')
  .map(({ text, items }) => ({
    text,
    items: items
      .filter(({ page }) => existsSync(join(docs, `${page}.md`)))
      .map(({ text, page }) => ({ text, link: `/${page}` })),
  }))
  .filter(({ items }) => items.length > 0);
const reference = existsSync(join(docs, 'reference/typedoc-sidebar.json'))
  ? read('reference/typedoc-sidebar.json')
  : [];
const hasDemo = process.env.DOCS_DEMO === '1';

export default defineConfig({
  title: 'tortoise-rx',
  description: 'An MQTT client for TypeScript whose every verb is an RxJS Observable',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  cleanUrls: false,
  lastUpdated: false,
  vite: { build: { chunkSizeWarningLimit: 2_000 } }, // the search index is one file
  head: [['link', { rel: 'icon', href: `${process.env.DOCS_BASE ?? '/'}logo.svg`, type: 'image/svg+xml' }]],
  markdown: {
    anchor: { slugify: slugOf },
    toc: { slugify: slugOf },
    headers: { slugify: slugOf },
    config: (md) => md.use(linksOutside, `${repository}/blob/HEAD/`),
  },
  themeConfig: {
    logo: '/logo.svg',
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: '/first-steps', activeMatch: '^/(?!reference)' },
      { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
      ...(hasDemo ? [{ text: 'Demo', link: '/demo/index.html', target: '_self' }] : []),
    ],
    sidebar: {
      '/reference/': [{ text: 'Reference', link: '/reference/', items: reference }],
      '/': [...guides, { text: 'Reference', link: '/reference/' }],
    },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'Apache-2.0' },
  },
});
