import { expect } from 'chai';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

kitSpecs('metrics$', (on) => {
  it('should not keep the process alive before there is a connection, and after', async () => {
    const client = on.client({ keepAlive: 0 });
    const metrics = watch(client.metrics$(1_000));
    await on.settle();
    expect([on.clock.countTimers(), metrics.values.length]).to.deep.equal([0, 0]);
    const held = watch(client.connection$);
    await on.tick(2_500);
    expect(metrics.values.length).to.equal(2);
    watch(client.publish('a', 'x', { qos: 1 }));
    held.unsubscribe();
    await on.tick(1_000);
    expect(on.clock.countTimers()).to.equal(0);
    await on.tick(60_000);
    const sent = metrics.values.map(({ period }) => period.messagesOut[1]);
    expect(sent).to.deep.equal([0, 0, 1, 0]); // two periods, one more, and the look when it closed
    expect(metrics.values.at(-1)!.period.packetsOut).to.equal(1); // DISCONNECT
  });

  it('should go on with the next connection, and while one is tried', async () => {
    const { client, held } = await on.online();
    const metrics = watch(client.metrics$(1_000));
    held.unsubscribe();
    await on.tick(10_000);
    const before = metrics.values.length;
    on.broker.unreachable();
    watch(client.connection$);
    await on.tick(5_500);
    expect(metrics.values.length - before).to.equal(5);
  });

  it('should rest after a fatal error, with the last figures', async () => {
    on.broker.refuseConnect(0x87);
    const client = on.client();
    const metrics = watch(client.metrics$(1_000));
    watch(client.connection$);
    await on.settle();
    expect([on.clock.countTimers(), metrics.values.length, metrics.values[0]?.period.packetsOut]).to.deep.equal([
      0, 1, 1,
    ]);
    watch(client.end());
    await on.settle();
    expect([metrics.values.length, metrics.completed]).to.deep.equal([2, true]);
  });

  it('should tell how much waits, is in flight and in hand, and how much may be', async () => {
    on.start({ receiveMaximum: 2 });
    const held = on.broker.hold('puback');
    const { client } = await on.online({ maxInflight: 3, receiveMaximum: 9 });
    const metrics = watch(client.metrics$(1_000));
    const work = watch(client.topic$('work', { qos: 1, acknowledge: 'manual' }));
    await on.settle();
    for (let n = 0; n < 5; n++) watch(client.publish('a', 'x', { qos: 1 }));
    for (const task of ['one', 'two']) on.broker.publish('work', task, { qos: 1 });
    await on.tick(1_000);
    const most = on.version === 5 ? 2 : 3;
    const levels = { queued: 5 - most, inFlight: most, maxInFlight: most, inHand: 2, receiveMaximum: 9 };
    expect(metrics.values.at(-1)).to.include(levels);
    work.values[0]!.acknowledge();
    await on.tick(1_000);
    expect(metrics.values.at(-1)).to.include({ ...levels, inHand: 1 });
    held.unsubscribe();
    work.values[1]!.acknowledge();
    await on.settle();
  });
});
