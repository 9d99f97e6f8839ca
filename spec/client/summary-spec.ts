import { expect } from 'chai';
import { inspect } from 'node:util';
import { createClient } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

const URL_WITH_SECRETS = 'wss://user:pa55word@broker.example/mqtt?token=t0ken';
const SECRETS = ['user', 'pa55word', 't0ken', 'h1dden'];

kitSpecs('a client that is shown', (on) => {
  it('should show server, client identifier, state and counts', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    watch(client.topic$('a'));
    watch(client.topic$('a'));
    watch(client.topic$('b/#'));
    watch(client.publish('p', '1', { qos: 1 }));
    await on.settle();
    const counts = { streams: 3, queued: 0, inFlight: 1 };
    const summary = { server: 'custom transport', clientId: 'spec', state: 'online', ...counts };
    expect(client.toJSON()).to.deep.equal(summary);
    expect(JSON.parse(JSON.stringify({ client }))).to.deep.equal({ client: summary });
    expect(String(client)).to.equal('MqttClient spec at custom transport, online');
    on.broker.hang();
    on.broker.hangUp();
    await on.settle();
    watch(client.publish('p', '2'));
    expect(client.toJSON()).to.include({ state: 'waiting', queued: 1, inFlight: 1 });
  });

  it('should show them in the console of Node', async () => {
    const { client } = await on.online();
    const counts = 'streams: 0, queued: 0, inFlight: 0';
    const inside = `clientId: 'spec', state: 'online', ${counts}`;
    const line = `MqttClient { server: 'custom transport', ${inside} }`;
    expect(inspect(client, { breakLength: Infinity })).to.equal(line);
    expect(inspect({ a: { b: { client } } }, { depth: 2 })).to.contain('[MqttClient spec at custom transport, online]');
    watch(client.end());
    await on.settle();
    expect(inspect(client)).to.contain("state: 'closed'");
  });

  it('should connect nobody by being shown, nor ask a function', async () => {
    let asked = 0;
    const client = on.client({ server: () => (asked++, on.broker) });
    expect(client.toJSON()).to.deep.equal({ clientId: 'spec', state: 'idle', streams: 0, queued: 0, inFlight: 0 });
    expect(String(client)).to.equal('MqttClient spec, idle');
    await on.settle();
    expect([asked, on.dials]).to.deep.equal([0, 0]);
    watch(client.connection$);
    await on.settle();
    expect(client.toJSON().server).to.equal('custom transport');
  });
});

describe('a client that is shown', () => {
  it('should show no secret, in whatever way it is shown', () => {
    const will = { topic: 'w', payload: 'h1dden' };
    const client = createClient(URL_WITH_SECRETS, {
      clientId: 'kitchen',
      will,
      webSocket: { headers: { a: 'h1dden' } },
    });
    const shown = [
      inspect(client, { showHidden: true, depth: Infinity, getters: true }),
      inspect({ client }, { depth: 0 }),
      JSON.stringify(client),
      String(client),
    ];
    for (const text of shown) {
      expect(text).to.contain('kitchen');
      for (const secret of SECRETS) expect(text).not.to.contain(secret);
    }
    expect(client.toJSON().server).to.equal('wss://broker.example/mqtt');
  });
});
