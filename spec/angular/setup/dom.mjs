import { JSDOM } from 'jsdom';

// What Angular expects of a browser to be global.
const { window } = new JSDOM('<!doctype html><body></body>', { url: 'http://localhost/' });
for (const name of ['window', 'document', 'Node', 'Element', 'HTMLElement']) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
}
