import { expect } from 'chai';
import { filter } from 'rxjs';
import { backoff } from '../../lib/index.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** Soon, and always alike. */
const OPTIONS = { retryWhen: backoff({ min: 10, max: 10, jitter: 0, stableAfter: 1_000 }), cleanSession: false };

clientSpecs('requests that may make the broker hang up', (on) => {
  /** Loses so many connections soon after they began. */
  async function lose(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      await on.settle();
      on.broker.current.fail();
      await on.tick(10);
    }
  }

  /** What was sent on the last connection, in short. */
  const sent = () =>
    on.broker.current.received.flatMap((packet) => {
      if (packet.type === 'publish') return [packet.topic];
      return packet.type === 'subscribe' ? packet.subscriptions.map((one) => one.filter) : [];
    });

  it('should not wait for one that nobody wants any more', async () => {
    const { client } = await on.online(OPTIONS);
    const suspected = watch(client.events$.pipe(filter(({ type }) => type === 'suspected')));
    on.broker.silentOn.add('subscribe');
    const left = watch(client.topic$('left'));
    watch(client.topic$('wanted'));
    await lose(2);
    await on.settle();
    left.unsubscribe();
    await lose(1);
    expect(suspected.values.length).to.equal(1);
    await on.tick(200);
    expect(sent()).to.deep.equal(['wanted']);
  });

  for (const maxInflight of [1, 2]) {
    it(`should stay within a window of ${maxInflight}`, async () => {
      const { client } = await on.online({ ...OPTIONS, maxInflight });
      on.broker.silentOn.add('publish');
      for (const topic of ['1', '2', '3', '4']) watch(client.publish(topic, 'x', { qos: 1 }));
      await lose(3);
      await on.tick(5_000);
      expect(sent().length).to.be.within(1, maxInflight);
      const answered: string[] = [];
      for (let i = 0; i < 4; i++) {
        for (const { topic, packetId } of on.broker.current.take('publish')) {
          answered.push(topic);
          on.broker.current.send({ type: 'puback', packetId });
          await on.settle();
        }
        await on.tick(2_000);
      }
      expect([...answered].sort()).to.deep.equal(['1', '2', '3', '4']);
    });
  }
});
