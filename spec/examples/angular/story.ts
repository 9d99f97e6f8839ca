import axe from 'axe-core';
import { strict as assert } from 'node:assert';
import type { Locator } from 'playwright-core';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import type { RunningHouse } from './runningHouse.js';

/** What the application should do, in this order: what one chapter leaves, the next one finds. */
export const STORY: Readonly<Record<string, (house: RunningHouse) => Promise<void>>> = {
  'be rendered by the build and by the server, without a connection': async ({ url, broker }) => {
    const overview = await (await fetch(url)).text();
    assert.match(overview, /Waiting for the first reading/);
    assert.match(overview, /ng-server-context="ssg"/);
    const room = await (await fetch(`${url}/rooms/living-room`)).text();
    assert.match(room, /<h1[^>]*>Living room</);
    assert.match(room, /ng-server-context="ssr"/);
    assert.equal(broker.output.split('New client connected').length - 1, 1); // the house itself
  },

  'ask who is there, and let nobody in with a wrong password': async (house) => {
    await house.measure('kitchen', 'temperature', 21.5);
    await house.measure('attic', 'humidity', 44);
    await house.page.goto(house.url);
    await logIn(house, 'byron');
    await seen(house.page.getByText('The house does not know this name with this password.'));
    assert.equal(house.connects(), 0);
  },

  'show what the house said before, and what it says now': async (house) => {
    await logIn(house);
    await seen(card(house, 'Kitchen').getByText('21.5'));
    await house.measure('kitchen', 'temperature', 22.75);
    await seen(card(house, 'Kitchen').getByText('22.8'));
    assert.equal(house.connects(), 1);
  },

  'mark a payload that cannot be read, and neither lose the last reading nor freeze': async (house) => {
    const { client } = house;
    await lastValueFrom(client.publish('house/attic/humidity', 'ERR 17: no contact', { qos: 1 }));
    await seen(card(house, 'Attic').getByRole('img', { name: 'cannot be read now' }));
    await seen(card(house, 'Attic').getByText('44 %'));
    await house.measure('kitchen', 'temperature', 20);
    await seen(card(house, 'Kitchen').getByText('20.0'));
    await house.measure('attic', 'humidity', 45);
    await seen(card(house, 'Attic').getByText('45 %'));
    await gone(card(house, 'Attic').getByRole('img', { name: 'cannot be read now' }));
  },

  'keep the connection from page to page': async (house) => {
    const { client, page } = house;
    await lastValueFrom(client.publish('house/kitchen/hub/status', 'all is well', { qos: 1, retain: true }));
    await card(house, 'Kitchen').click();
    await seen(page.getByRole('heading', { name: 'Kitchen' }));
    await seen(page.getByText('Hub: all is well'));
    await clean(house);
    await page.getByRole('link', { name: 'Settings' }).click();
    await seen(page.getByText('MQTT 5'));
    await clean(house);
    await page.getByRole('link', { name: 'Rooms', exact: true }).click();
    await seen(card(house, 'Kitchen').getByText('20.0'));
    await clean(house);
    assert.equal(house.connects(), 1);
  },

  'tell the thermostat, and say what is wrong': async (house) => {
    const { client, page } = house;
    const wish = firstValueFrom(client.topic$('house/kitchen/thermostat/set', { qos: 1 }));
    await firstValueFrom(client.ping()); // behind SUBSCRIBE
    await card(house, 'Kitchen').click();
    await page.getByRole('button', { name: 'Half a degree warmer' }).click();
    await page.getByRole('button', { name: 'Set' }).click();
    await seen(page.getByText('The thermostat has been told.'));
    assert.deepEqual((await wish).json(), { celsius: 21.5, by: 'ada' });

    await page.getByRole('spinbutton').fill('45');
    await page.getByRole('button', { name: 'Set' }).click();
    await seen(page.getByText('a room can be heated to 30 °C at most'));
  },

  'refuse a topic that is none': async ({ page }) => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Topic').fill('house/+/hub/status');
    await page.getByRole('button', { name: 'Send' }).click();
    await seen(page.getByText('Not sent:'));
    await page.getByLabel('Topic').fill('house/kitchen/hub/status');
    await page.getByRole('button', { name: 'Send' }).click();
    await seen(page.getByText('Sent.'));
  },

  'count down to the next attempt when the broker is gone, and send then what was wanted meanwhile': async (house) => {
    const { broker, page } = house;
    await page.getByRole('link', { name: 'Rooms', exact: true }).click();
    await card(house, 'Kitchen').click();
    assert.deepEqual(house.complaints(), []);
    await broker.kill();
    await seen(page.getByText('The house is out of reach.'));
    const counted = new Set<string>();
    const banner = page.locator('app-connection-banner');
    while (counted.size < 2) {
      const seconds = /Next attempt in (\d+) s/.exec((await banner.textContent()) ?? '')?.[1];
      if (seconds !== undefined) counted.add(seconds);
      await page.waitForTimeout(100);
    }
    await clean(house);
    await page.getByRole('spinbutton').fill('19');
    await page.getByRole('button', { name: 'Set' }).click();
    await seen(page.getByText('No connection. It is sent as soon as there is one'));

    await broker.restart();
    await page.getByRole('button', { name: 'Try now' }).click();
    await seen(page.getByText('The thermostat has been told.'));
    await gone(page.getByText('The house is out of reach.'));
    await house.measure('kitchen', 'temperature', 18.5);
    await seen(page.locator('.numbers').getByText('18.5'));
  },

  'have no connection while nobody is logged in, and go on with the next who is': async (house) => {
    const { broker, page } = house;
    const before = house.connects();
    const left = broker.output.length;
    await page.getByRole('button', { name: 'Log out' }).click();
    await seen(page.getByRole('dialog'));
    await clean(house);
    while (!broker.output.slice(left).includes('disconnected')) await page.waitForTimeout(50);
    await house.measure('kitchen', 'temperature', 17.25);
    await logIn(house);
    await seen(page.locator('.numbers').getByText('17.3'));
    assert.equal(house.connects(), before + 1);
  },

  'know who is there when the page is loaded again, also in the dark and on a phone': async (house) => {
    const { page } = house;
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await seen(page.locator('.numbers').getByText('17.3'));
    await clean(house);
    await page.getByRole('link', { name: 'Settings' }).click();
    await seen(page.getByText('MQTT 5'));
    await clean(house);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(isWide, false);
  },

  'have complained of nothing but a broker that was gone': async (house) => {
    // The browser itself says that a WebSocket could not be opened.
    const complaints = house.complaints().filter((text) => !/^WebSocket connection to .* failed/.test(text));
    assert.deepEqual(complaints, []);
    return Promise.resolve();
  },
};

async function logIn({ page }: RunningHouse, password = 'lovelace'): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('ada');
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Log in' }).click();
}

function card({ page }: RunningHouse, room: string): Locator {
  return page.locator('app-room-card', { hasText: room });
}

function seen(what: Locator): Promise<void> {
  return what.waitFor({ state: 'visible' });
}

function gone(what: Locator): Promise<void> {
  return what.waitFor({ state: 'hidden' });
}

/** What axe finds is not there. */
async function clean({ page }: RunningHouse): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const results = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    if (results.passes.length === 0) return ['axe looked at nothing'];
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  assert.deepEqual(violations, []);
}
