// The components of docs/frameworks.md, each in the DOM: before a message, with one, and gone.
import { deepEqual, equal } from 'node:assert/strict';
import { act, createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync, mount, unmount } from 'svelte';
import { createApp, nextTick } from 'vue';
import Svelte from '../../../examples/frameworks/Temperature.svelte';
import { Temperature } from '../../../examples/frameworks/react.ts';
import { temperature } from '../../../examples/frameworks/vue.ts';
import { createClient } from '../../../lib/index.ts';
import { testBroker } from '../../../lib/testing.ts';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

const FRAMEWORKS = {
  async react(client, element) {
    const root = createRoot(element);
    await act(() => root.render(createElement(Temperature, { client, room: 'attic' })));
    return [() => act(() => root.unmount()), (change) => act(change)];
  },
  vue(client, element) {
    const app = createApp(temperature(client, 'attic'));
    app.mount(element);
    return [() => app.unmount(), async (change) => (change(), await nextTick())];
  },
  svelte(client, element) {
    const app = mount(Svelte, { target: element, props: { client, room: 'attic' } });
    flushSync();
    return [() => unmount(app), (change) => flushSync(change)];
  },
};

for (const [name, show] of Object.entries(FRAMEWORKS)) {
  const broker = testBroker();
  const client = createClient(broker);
  const element = globalThis.document.body.appendChild(globalThis.document.createElement('main'));
  const [leave, seeing] = await show(client, element);
  await broker.settled();
  equal(element.textContent.trim(), 'nothing yet');
  await seeing(() => void broker.publish('house/attic/temp', '21'));
  equal(element.textContent.trim(), '21');
  await leave();
  await broker.settled();
  deepEqual(broker.subscriptions, []);
  client.end({ force: true }).subscribe();
  broker.verify();
  console.log(name);
}
process.exit(0); // React keeps a port open
