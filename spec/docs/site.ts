import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, posix } from 'node:path';
import { ROOT } from './pages.js';

const DIST = join(ROOT, 'docs/.vitepress/dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The pages of the built site, by their paths: `verbs.html`. Those of the demo are its own. */
export function builtPages(): string[] {
  if (!existsSync(DIST)) throw new Error('there is no site: run npm run docs first');
  return readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && file !== '404.html' && !file.startsWith('demo/'))
    .sort();
}

/** A page of the site as its reader gets it without scripts: where its links lead, and what can be linked to. */
export interface BuiltPage {
  /** Paths below the site's folder, with `#` and an anchor where the link has one. */
  readonly links: readonly string[];
  readonly anchors: ReadonlySet<string>;
}

/** Reads a page of the built site. */
export function readPage(page: string): BuiltPage {
  const html = readFileSync(join(DIST, page), 'utf8');
  const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, text = '']) => text.replaceAll('&amp;', '&'));
  return {
    links: all(/<a\b[^>]*?\bhref="([^"]+)"/g)
      .filter((href) => !/^\w+:/.test(href))
      .map((href) => pathOf(href, page)),
    anchors: new Set(all(/\bid="([^"]+)"/g)),
  };
}

/** Where a link of a page leads: `/verbs` and `./verbs.html#end` → `verbs.html`, `verbs.html#end`. */
function pathOf(href: string, page: string): string {
  const [path = '', anchor] = href.split('#');
  const target = path === '' ? page : posix.join('/', path.startsWith('/') ? '' : posix.dirname(page), path).slice(1);
  const file = target === '' || target.endsWith('/') ? `${target}index.html` : target;
  const withExtension = extname(file) === '' ? `${file}.html` : file;
  return anchor === undefined || anchor === '' ? withExtension : `${withExtension}#${decodeURIComponent(anchor)}`;
}

/** Whether the built site has a file. */
export const isBuilt = (path: string): boolean => existsSync(join(DIST, path));

/** Serves the built site. Resolves with its address, which ends with a slash. */
export async function serveSite(): Promise<{ readonly address: string; readonly server: Server }> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://site');
    const path = join(DIST, decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname));
    if (!existsSync(path)) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(readFileSync(path));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
