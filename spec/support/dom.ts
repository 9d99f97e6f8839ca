import { createRequire } from 'node:module';

interface Dom {
  readonly window: Window & typeof globalThis;
}

/** jsdom has no types of its own. */
const { JSDOM } = createRequire(import.meta.url)('jsdom') as { JSDOM: new (html: string) => Dom };

const NAMES = ['document', 'customElements', 'HTMLElement', 'CSSStyleSheet'] as const;

/** Gives each spec of the enclosing `describe` a page of its own, in jsdom. Timers stay those of Node, or of sinon. */
export function domStage(): void {
  let dom: Dom;

  beforeEach(() => {
    dom = new JSDOM('<!doctype html><title>spec</title>');
    for (const name of NAMES) Object.assign(globalThis, { [name]: dom.window[name] });
  });

  afterEach(() => {
    for (const name of NAMES) Reflect.deleteProperty(globalThis, name);
    dom.window.close();
  });
}
