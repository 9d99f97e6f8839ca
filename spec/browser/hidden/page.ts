// Runs in a page that nobody looks at: clients that hold their connections, and tell run.ts what becomes of them.
import { type ClientOptions, createClient } from '../../../lib/index.browser.js';
import type { Plan, Report } from './report.js';

const start = performance.now();
let reports = Promise.resolve();

/** Tells run.ts, one after the other. */
function report(what: Report): void {
  const body = JSON.stringify({ ...what, at: performance.now() - start, visibility: document.visibilityState });
  reports = reports.then(() => fetch('/report', { method: 'POST', body })).then(() => undefined);
}

/** One client, which does what its name says. */
function runClient(url: string, name: string, options: ClientOptions): void {
  const client = createClient(url, { ...options, clientId: name });
  client.events$.subscribe((event) => {
    if (event.type === 'connected') report({ type: 'connected', client: name });
    if (event.type === 'disconnected') report({ type: 'disconnected', client: name, why: event.cause?.message ?? '' });
  });
  const error = (reason: Error) => report({ type: 'failed', client: name, why: reason.message });
  client.connection$.subscribe({ error });
  const [deed, phase] = name.split('-');
  if (deed === 'publishing') setInterval(() => client.publish('ticks', 'tick', { qos: 0 }).subscribe({ error }), 1_000);
  if (deed === 'hearing') client.topic$(`chatter/${phase}`, { qos: 0 }).subscribe({ error });
  if (deed === 'acknowledging') client.topic$(`chatter/${phase}`, { qos: 1 }).subscribe({ error });
}

const { url, names, options } = JSON.parse(decodeURIComponent(location.search.slice(1))) as Plan;
for (const name of names) runClient(url, name, options);
setInterval(() => report({ type: 'tick' }), 1_000);
