import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { type BrowserContext, type Page, chromium as playwright } from 'playwright-core';
import { bundleForBrowsers } from './bundleForBrowsers.js';
import { CHROMIUM, QUIET } from './chromiumProgram.js';

export { CHROMIUM } from './chromiumProgram.js';

/** A browser, and the server that its pages come from. */
export interface Chromium {
  /** A tab with nothing in it. */
  tab(): Promise<Page>;
  /**
   * Bundles a program, once. Gives the address of a page that runs it, of its script alone, as Web Workers need it, or of
   * an empty page of the same origin.
   */
  serve(entry: string, kind: 'page' | 'script' | 'empty page'): string;
  /** Empties all tabs and the origin's storage, and goes online; gives the errors that nobody caught since the last time. */
  reset(): Promise<Error[]>;
}

let running: Promise<Chromium & { close(): Promise<void> }> | undefined;

/** Gives the one Chromium of this process, headless and with a profile of its own; it ends behind the last spec. */
export async function chromium(): Promise<Chromium> {
  return (running ??= start());
}

after(async () => (await running)?.close());

async function start(): Promise<Chromium & { close(): Promise<void> }> {
  const browser = await playwright.launch({
    executablePath: CHROMIUM.path!,
    args: QUIET,
    chromiumSandbox: false, // root has none
  });
  const context = await browser.newContext();
  const scripts = new Map<string, string>();
  const server = scriptServer(scripts);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const uncaught: Error[] = [];
  const idle: Page[] = []; // a new tab costs a second of a processor, another page in it a third

  return {
    async tab() {
      const page = idle.pop();
      if (page) return page;
      const fresh = await context.newPage();
      fresh.on('pageerror', (error) => uncaught.push(error));
      return fresh;
    },
    serve(entry, kind) {
      if (kind === 'empty page') return `${origin}/empty.html`;
      const script = `/${basename(entry, '.ts')}.js`;
      if (!scripts.has(script)) scripts.set(script, bundleForBrowsers(entry));
      return `${origin}${script}${kind === 'page' ? '.html' : ''}`;
    },
    async reset() {
      idle.splice(0, Infinity, ...context.pages());
      // Idle, or the timer by which Playwright looks for that would seem to be left behind by the spec.
      await Promise.all(idle.map((page) => page.goto('about:blank', { waitUntil: 'networkidle' })));
      await clear(context, origin);
      return uncaught.splice(0);
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

async function clear(context: BrowserContext, origin: string): Promise<void> {
  await context.setOffline(false);
  const [page] = context.pages();
  if (!page) return;
  const session = await context.newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await session.detach();
}

/** Serves scripts, and for `/a.js` the page `/a.js.html` that runs it; any other page is empty. */
function scriptServer(scripts: ReadonlyMap<string, string>): Server {
  return createServer(({ url = '' }, response) => {
    const page = /^(.*)\.html$/.exec(url)?.[1];
    const script = scripts.get(page ?? url);
    response.writeHead(script !== undefined || page !== undefined ? 200 : 404, {
      'content-type': `text/${page === undefined ? 'javascript' : 'html'}; charset=utf-8`,
      connection: 'close', // one that is kept would look like a leak of the spec that runs
    });
    if (page === undefined) return response.end(script);
    return response.end(`<!doctype html><title>spec</title>${script ? `<script src="${page}"></script>` : ''}`);
  });
}
