import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { firstValueFrom } from 'rxjs';
import { brokerStage } from '../support/brokerStage.js';
import { PLACES, browserStage } from '../support/browserStage.js';
import { CHROMIUM } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import { granted } from '../support/granted.js';
import { NATS } from '../support/natsServer.js';
import { record } from '../support/record.js';
import type * as clientProgram from './clientProgram.js';

type Client = typeof clientProgram;
const PROGRAM = fileURLToPath(new URL('clientProgram.ts', import.meta.url));

const FORWARD_ONLINE = "addEventListener('online', () => worker.postMessage('online'))";

/** nats-server keeps sessions over a restart, aedes forgets them; nats-server knows no QoS 2. */
const CASES = [
  { place: 'a page', kind: 'aedes', keeps: false },
  { place: 'a page', kind: 'nats-server', keeps: true },
  { place: 'a Web Worker', kind: 'aedes', keeps: false },
] as const;

for (const { place, kind, keeps } of CASES) {
  describeWith([CHROMIUM, NATS], `a client in ${place} of Chromium, at ${kind}`, function () {
    this.timeout(60_000);
    const on = brokerStage();
    const chromium = browserStage();

    const broker = () => (kind === 'aedes' ? on.broker('aedes', { webSocket: true }) : on.nats());
    const tab = () => chromium.run<Client>(PROGRAM, place);
    const willsAt = async (url: string) => {
      const watcher = on.client(url);
      const wills = record(watcher.topic$('will'));
      await granted(watcher, 'will');
      return wills;
    };
    const persistent = { clientId: 'tab', cleanSession: false } as const;
    /** A broker behind a bad network, and a client that has a listener of its own. */
    const listening = async (options: Parameters<Client['open']>[1] = persistent) => {
      const server = await broker();
      const proxy = await on.proxy(server);
      const client = await tab();
      await client.call('open', server.url.replace(/:\d+/, `:${new URL(proxy.url).port}`), options);
      await client.call('listen', 'n', 1);
      return { client, proxy };
    };

    it('should publish and receive at every QoS that the broker has [MQTT-3.8.4-6]', async () => {
      const { url } = await broker();
      const client = await tab();
      const { clientId, sessionPresent } = await client.call('open', url);
      expect(clientId).to.match(/^tortoise-/);
      expect(sessionPresent).to.equal(false);
      const highest = kind === 'aedes' ? 2 : 1;
      expect(await client.call('listen', 'n/+', 2)).to.equal(highest);
      const all = ([0, 1, 2] as const).filter((qos) => qos <= highest);
      for (const qos of all) expect(await client.call('publish', `n/${qos}`, `ü${qos}`, qos)).to.deep.equal({ qos });
      const expected = all.map((qos) => ({ topic: `n/${qos}`, text: `ü${qos}`, qos }));
      expect(await client.call('received', all.length)).to.deep.equal(expected);
    });

    if (kind === 'nats-server') {
      it('should learn by the close code that QoS 2 is too much, and go on', async () => {
        const { url } = await broker();
        const client = await tab();
        await client.call('open', url);
        await client.call('listen', 'n', 2);
        expect(await client.call('publish', 'n', 'once', 2)).to.deep.equal({ error: 'SessionLostError' });
        expect(await client.call('closeCode', 1)).to.equal(1002);
        expect(await client.call('publish', 'n', 'at least once', 1)).to.deep.equal({ qos: 1 });
        expect(await client.call('received', 1)).to.deep.equal([{ topic: 'n', text: 'at least once', qos: 1 }]);
      });
    }

    it('should come back when the broker was down, with what was published meanwhile', async () => {
      const server = await broker();
      const client = await tab();
      await client.call('open', server.url, persistent);
      await client.call('listen', 'n', 1);
      await server.kill();
      await client.call('waiting');
      const receipt = client.call('publish', 'n', 'meanwhile', 1);
      await server.restart();
      expect(await receipt).to.deep.equal({ qos: 1 });
      expect(await client.call('connection', 2)).to.have.property('sessionPresent', keeps);
      expect(await client.call('received', 1)).to.deep.equal([{ topic: 'n', text: 'meanwhile', qos: 1 }]);
      expect(await client.call('closeCode', 1)).to.equal(1006);
    });

    it('should lose none of 1,000 messages over a network that breaks in their midst', async () => {
      const { client, proxy } = await listening();
      const errors = client.call('publishNumbers', 'n', 1_000, 1);
      for (const [cut, count] of [200, 700].entries()) {
        await client.call('received', count);
        proxy.cut();
        expect(await client.call('connection', cut + 2)).to.have.property('sessionPresent', true);
      }
      expect(await errors).to.deep.equal([]);
      const numbers = await client.call('receivedNumbers', 1_000);
      expect(numbers.sort((a, b) => a - b)).to.deep.equal([...Array(1_000).keys()]);
    });

    it('should be back as soon as the tab is online again', async () => {
      const { client, proxy } = await listening({ ...persistent, retry: 'online' });
      // Chromium tells pages of it, and no Web Worker.
      if (place === 'a Web Worker') await client.page.evaluate(FORWARD_ONLINE);
      await client.page.context().setOffline(true);
      proxy.refuse(true); // what is open is held, not cut, by the emulation alone
      proxy.cut();
      await client.call('waiting');
      const receipt = client.call('publish', 'n', 'meanwhile', 1);
      proxy.refuse(false);
      await client.page.context().setOffline(false);
      expect(await client.call('connection', 2)).to.have.property('sessionPresent', true);
      expect(await receipt).to.deep.equal({ qos: 1 });
      expect(await client.call('received', 1)).to.deep.equal([{ topic: 'n', text: 'meanwhile', qos: 1 }]);
    });

    it('should leave no session behind when it was a clean one and the page is closed [MQTT-3.1.2-6]', async () => {
      const { url } = await broker();
      const wills = await willsAt(url);
      const client = await tab();
      await client.call('open', url, { clientId: 'tab', will: { topic: 'will' } });
      await client.call('listen', 'n', 1);
      await client.page.close();
      await wills.first(1); // the broker has seen it
      expect(await firstValueFrom(on.client(url, persistent).connection$)).to.have.property('sessionPresent', false);
    });

    it('should find its session when the page was loaded anew, and what was sent to it [MQTT-3.1.2-5]', async () => {
      const { url } = await broker();
      const wills = await willsAt(url);
      const client = await tab();
      await client.call('open', url, { ...persistent, will: { topic: 'will' } });
      await client.call('listen', 'n', 1);
      await client.reload();
      await wills.first(1); // until then the program of before may still be there, and hear what is published
      await firstValueFrom(on.client(url).publish('n', 'meanwhile', { qos: 1 }));
      expect(await client.call('open', url, { ...persistent, hear: 'n' })).to.have.property('sessionPresent', true);
      expect(await client.call('received', 1)).to.deep.equal([{ topic: 'n', text: 'meanwhile', qos: 1 }]);
    });

    it('should not publish the will when it has ended [MQTT-3.14.4-3]', async () => {
      const { url } = await broker();
      const wills = await willsAt(url);
      const client = await tab();
      await client.call('open', url, { will: { topic: 'will', payload: 'of the tab' } });
      await client.call('end');
      await firstValueFrom(on.client(url).publish('will', 'of nobody', { qos: 1 }));
      expect((await wills.first(1))[0]!.text()).to.equal('of nobody');
    });
  });
}

for (const place of PLACES) {
  describeWith([CHROMIUM], `the build for browsers in ${place} of Chromium`, () => {
    const chromium = browserStage();

    it('should have nothing of Node’s around it', async () => {
      const client = await chromium.run<Client>(PROGRAM, place);
      expect(await client.call('surroundings')).to.deep.equal({
        process: 'undefined',
        Buffer: 'undefined',
        document: place === 'a page' ? 'object' : 'undefined',
        importScripts: place === 'a page' ? 'undefined' : 'function',
      });
    });
  });
}
