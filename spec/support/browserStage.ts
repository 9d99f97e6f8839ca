import type { Page } from 'playwright-core';
import { type Chromium, chromium } from './chromium.js';

/** What a program for a browser exports: functions whose arguments and results can be copied from process to process. */
type Exports<P> = { readonly [K in keyof P]: (...args: never[]) => unknown };

/**
 * A program that runs in Chromium. `P` is the type of its module: `typeof aProgram`, after
 * `import type * as aProgram from './aProgram.js'`.
 */
export interface RunningProgram<P extends Exports<P>> {
  /** Calls a function that the program exports; resolves with what it returns or resolves with. */
  call<K extends keyof P & string>(name: K, ...args: Parameters<P[K]>): Promise<Awaited<ReturnType<P[K]>>>;
  /** The page that it runs in, or that its Web Worker belongs to, as `worker`. */
  readonly page: Page;
  /** Ends the program as a tab does that is loaded again, and starts it afresh; what the origin has stored is kept. */
  reload(): Promise<void>;
}

/** Where a program can run. */
export const PLACES = ['a page', 'a Web Worker'] as const;

/** Runs programs in Chromium. */
export interface BrowserStage {
  /**
   * Bundles a TypeScript file for browsers and runs it in a tab of its own. All tabs share one origin, whose storage is
   * empty when a spec begins. Exceptions and rejections that nobody catches there fail the spec.
   * @param entry the path of the file
   */
  run<P extends Exports<P>>(entry: string, place?: (typeof PLACES)[number]): Promise<RunningProgram<P>>;
}

/** Where code can be run. */
interface Scope {
  evaluate(text: string): Promise<unknown>;
}

/** Makes a stage for the specs of the enclosing `describe`. All stages share one Chromium. After each spec, programs end. */
export function browserStage(): BrowserStage {
  let shared: Chromium;

  before(async function () {
    this.timeout(30_000);
    shared = await chromium();
  });

  afterEach(async () => {
    const [error] = await shared.reset();
    if (error) throw new Error(`uncaught in the browser: ${error.stack ?? error.message}`, { cause: error });
  });

  return {
    async run(entry, place = 'a page') {
      const page = await shared.tab();
      const load = async (): Promise<Scope> => {
        await page.goto(shared.serve(entry, place === 'a page' ? 'page' : 'empty page'));
        if (place === 'a page') return page;
        const worker = page.waitForEvent('worker');
        await page.evaluate(`void (globalThis.worker = new Worker('${shared.serve(entry, 'script')}'))`);
        return worker;
      };
      let scope = await load();
      return {
        page,
        call(name, ...args) {
          // As text: a compiler may have put calls into a function that only this process knows.
          const result = scope.evaluate(`program.${name}(...${JSON.stringify(args)})`) as Promise<never>;
          result.catch(() => undefined); // a spec that has failed meanwhile does not await it
          return result;
        },
        async reload() {
          scope = await load();
        },
      };
    },
  };
}
