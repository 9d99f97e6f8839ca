import { expect } from 'chai';
import type { MqttClient } from '../../lib/index.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('a subscription that was raised', (on) => {
  const asked = () => on.broker.current.take('subscribe').map(({ subscriptions }) => subscriptions);

  /** Raises `a` to QoS 2, and leaves it to a listener at QoS 0. */
  async function raised(client: MqttClient): Promise<void> {
    const low = watch(client.topic$('a'));
    const high = watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    expect(asked()).to.deep.equal([[{ filter: 'a', qos: 2 }]]);
    high.unsubscribe();
    await on.settle();
    expect([low.ends, asked()]).to.deep.equal([0, []]); // a SUBSCRIBE of its own would ask for all retained messages
  }

  it('should be lowered with the next SUBSCRIBE', async () => {
    const { client } = await on.online();
    await raised(client);
    watch(client.topic$('b', { qos: 1 }));
    await on.settle();
    expect(asked()).to.deep.equal([
      [
        { filter: 'b', qos: 1 },
        { filter: 'a', qos: 0 },
      ],
    ]);
    watch(client.topic$('c'));
    await on.settle();
    expect(asked()).to.deep.equal([[{ filter: 'c', qos: 0 }]]);
    expect(watch(client.subscriptions$).values[0]!.get('a')).to.include({ requested: 0, granted: 0 });
  });

  it('should be lowered with the next UNSUBSCRIBE', async () => {
    const { client } = await on.online();
    const other = watch(client.topic$('b'));
    await on.settle();
    on.broker.current.take();
    await raised(client);
    other.unsubscribe();
    await on.settle();
    expect(asked()).to.deep.equal([[{ filter: 'a', qos: 0 }]]);
    expect(on.broker.current.take('unsubscribe').map(({ filters }) => filters)).to.deep.equal([['b']]);
  });

  it('should be lowered with the first change after a reconnect that kept the session, and at once after another', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client } = await on.online({ cleanSession: false });
    await raised(client);
    on.broker.current.fail();
    await on.tick(1_000);
    expect(asked()).to.deep.equal([]);
    watch(client.topic$('b'));
    await on.settle();
    expect(asked()).to.deep.equal([
      [
        { filter: 'b', qos: 0 },
        { filter: 'a', qos: 0 },
      ],
    ]);
    on.broker.connack = {};
    on.broker.current.fail();
    await on.tick(10_000);
    expect(asked().flat()).to.have.deep.members([
      { filter: 'a', qos: 0 },
      { filter: 'b', qos: 0 },
    ]);
  });

  it('should stay as high as a durable subscription, and be lowered when that is given up', async () => {
    const { client } = await on.online();
    watch(client.topic$('a'));
    watch(client.subscribe('a', { qos: 2 }));
    await on.settle();
    asked();
    watch(client.topic$('b'));
    await on.settle();
    expect(asked()).to.deep.equal([[{ filter: 'b', qos: 0 }]]);
    watch(client.unsubscribe('a'));
    await on.settle();
    watch(client.topic$('c'));
    await on.settle();
    expect(asked()).to.deep.equal([
      [
        { filter: 'c', qos: 0 },
        { filter: 'a', qos: 0 },
      ],
    ]);
  });
});
