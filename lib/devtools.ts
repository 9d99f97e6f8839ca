// tortoise-rx/devtools: a panel that shows a client, for pages in development.
export { type DevtoolsOptions, devtools } from './devtools/devtools.js';
