// Runs in a browser: an application and its test broker, as a test there has them.
import { lastValueFrom } from 'rxjs';
import { createClient } from '../../lib/index.browser.js';
import { inVirtualTime, testBroker } from '../../lib/testing.js';

/** What a client of each version gets, and what the broker saw. */
export async function exchange(protocolVersion: 4 | 5): Promise<{ seen: string[]; published: string[] }> {
  const broker = testBroker();
  const client = createClient(broker, { protocolVersion });
  const seen: string[] = [];
  client.topic$('a/+', { qos: 2 }).subscribe((message) => seen.push(`${message.topic} ${message.text()}`));
  await broker.settled();
  broker.publish('a/1', 'ü', { qos: 2 });
  await lastValueFrom(client.publish('a/2', 'ß', { qos: 2 }));
  await broker.settled();
  await lastValueFrom(client.end(), { defaultValue: undefined });
  broker.verify();
  return { seen, published: broker.published().map((message) => message.text()) };
}

/** What is compared in a day of virtual time. */
export function day(): unknown[] {
  const compared: unknown[] = [];
  inVirtualTime((actual) => compared.push(actual), ({ cold, expectTopic }) => {
    const broker = testBroker();
    cold('1440m a').subscribe((text) => broker.publish('t', text));
    expectTopic(createClient(broker).topic$('t')).toBe('1440m a-');
  }); // prettier-ignore
  return compared;
}
