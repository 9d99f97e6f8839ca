import type { Program } from './describeWith.js';
import { findProgram } from './findProgram.js';

/** The browser that some specs need. */
export const CHROMIUM: Program = {
  name: 'chromium',
  path: findProgram('chromium', 'chromium-browser', 'google-chrome'),
  install: 'apt-get install chromium',
};

/** Nothing that would speak with somebody out there. */
export const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
