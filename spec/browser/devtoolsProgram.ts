// Runs in a browser: a page in development, with a client and its panel. The broker is in the page as well.
import { lastValueFrom } from 'rxjs';
import { devtools } from '../../lib/devtools.js';
import { backoff, createClient } from '../../lib/index.browser.js';
import { testBroker } from '../../lib/testing.js';

const broker = testBroker({ receiveMaximum: 20 });
const client = createClient(broker, {
  clientId: 'kitchen',
  protocolVersion: 5,
  receiveMaximum: 5,
  retryWhen: backoff({ min: 3_000, max: 3_000, jitter: 0 }),
});

// docs: mount
const panel = devtools(client, { position: 'bottom-left', open: true });
// docs: end
panel.id = 'panel';

/** The client listens. */
export async function listen(): Promise<void> {
  broker.refuse('secret/#');
  client.topic$('house/+room/temp', { qos: 1 }).subscribe();
  client.topic$('work/#', { qos: 1, acknowledge: 'manual' }).subscribe();
  client.topic$('secret/plans').subscribe({ error: () => undefined });
  await broker.settled();
}

/** Messages go both ways. */
export async function exchange(): Promise<void> {
  for (const [i, room] of ['attic', 'bath', 'hall'].entries()) {
    await lastValueFrom(client.publish(`house/${room}/temp`, `{"celsius":${20 + i}}`, { qos: i as 0 | 1 | 2 }));
  }
  broker.publish('work/1', '<img src=x onerror="throw new Error(`it ran`)">', { qos: 1 });
  broker.publish('work/2', new Uint8Array([0xff, 0, 1]), { qos: 1 });
  await broker.settled();
}

/** The broker goes away. */
export function cut(): void {
  broker.unreachable();
}

/** How many clients the broker has. */
export function connected(): number {
  return broker.clients.length;
}
