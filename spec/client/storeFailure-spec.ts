import { expect } from 'chai';
import { filter } from 'rxjs';
import { ClientEndedError, StoreError } from '../../lib/index.js';
import { GatedStore } from '../support/GatedStore.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

kitSpecs('a client whose store fails or hangs', (on) => {
  it('should settle a ping that was asked for when the store failed', async () => {
    const disk = new GatedStore();
    const { client } = await on.online({ store: disk.store });
    disk.failure = new Error('disk full');
    const pings: { ends: number }[] = [];
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    sent.subscription.add(() => pings.push(watch(client.ping())));
    await on.settle();
    expect(sent.error).to.be.instanceOf(StoreError);
    disk.failure = undefined;
    for (let i = 0; i < 4; i++) await on.tick(500);
    watch(client.publish('a', 'y', { qos: 1 }));
    await on.settle();
    expect(pings.map(({ ends }) => ends)).to.deep.equal([1]);
  });

  it('should settle at end() what waits for the store at QoS 0', async () => {
    const disk = new GatedStore();
    const { client } = await on.online({ store: disk.store });
    disk.isGated = true;
    watch(client.publish('a', 'x', { qos: 1 }));
    const sent = watch(client.publish('a', 'y'));
    await on.settle();
    watch(client.end({ force: true }));
    disk.ungate();
    await on.settle();
    expect(sent.error).to.be.instanceOf(ClientEndedError);
  });

  it('should write no empty batch for packets that waited for the one before', async () => {
    const disk = new GatedStore();
    const { client } = await on.online({ store: disk.store });
    disk.isGated = true;
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    const ping = watch(client.ping());
    const sent = watch(client.publish('a', 'y'));
    await on.settle();
    disk.ungate();
    await on.settle();
    expect([sent.completed, ping.completed]).to.deep.equal([true, true]);
    expect(disk.batches.filter((batch) => batch.length === 0)).to.deep.equal([]);
  });
});

kitSpecs('a publish with an expiry', (on) => {
  it('should leave no timer when the connection is given up, nor be dropped once more', async () => {
    const client = on.client({ retryWhen: () => [] });
    on.broker.unreachable();
    const events = watch(client.events$);
    const sent = watch(client.publish('a', 'x', { expiry: 200 }));
    await on.settle();
    expect(sent.error).to.have.property('code', 'CONNECTION_FAILED');
    await on.tick(300);
    expect(events.values.filter(({ type }) => type === 'message-dropped')).to.deep.equal([]);
  });
});

kitSpecs('a SUBSCRIBE without an answer', (on) => {
  it('should end the connection after subscribeTimeout', async () => {
    const { client, held } = await on.online({ subscribeTimeout: 300 });
    const lost = watch(client.events$.pipe(filter(({ type }) => type === 'disconnected')));
    on.broker.hold('suback');
    watch(client.topic$('a'));
    await on.settle();
    await on.tick(299);
    expect([lost.values.length, held.ends]).to.deep.equal([0, 0]);
    await on.tick(1);
    expect([lost.values.length, held.ends]).to.deep.equal([1, 0]);
  });
});
