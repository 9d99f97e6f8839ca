import { JSDOM } from 'jsdom';

// What Angular expects of a browser to be global.
const { window } = new JSDOM('<!doctype html><body></body>', { url: 'http://localhost/' });
for (const name of [
  'window',
  'document',
  'navigator',
  'Node',
  'Element',
  'HTMLElement',
  'SVGElement',
  'MathMLElement',
  'Text',
  'Comment',
  'HTMLIFrameElement',
].filter((one) => one in window)) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
}
