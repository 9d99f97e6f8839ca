import { expect } from 'chai';
import { backoff } from '../../lib/index.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const HOUR = 3_600_000;

for (const [what, jump] of [
  ['back by an hour', -HOUR],
  ['forward by an hour', HOUR],
] as const) {
  clientSpecs(`a clock that is set ${what}`, (on) => {
    beforeEach(() => on.clock.setSystemTime(Date.UTC(2027, 0, 1)));
    const setClock = () => on.clock.setSystemTime(on.clock.now + jump);

    it('should not be seen in the round trip of a receipt', async () => {
      on.broker.silentOn.add('publish');
      const { client, server } = await on.online();
      const sent = watch(client.publish('a', 'x', { qos: 1 }));
      await on.tick(100);
      const [{ packetId } = { packetId: 0 }] = server.take('publish');
      setClock();
      await on.tick(104);
      server.send({ type: 'puback', packetId });
      await on.settle();
      expect(sent.values.map(({ roundTrip }) => roundTrip)).to.deep.equal([204]);
    });

    it('should not be seen in the round trip of a ping, in events$ and in metrics$', async () => {
      on.broker.silentOn.add('pingreq');
      const { client, server } = await on.online();
      const events = watch(client.events$);
      const metrics = watch(client.metrics$(1_000));
      const ping = watch(client.ping());
      await on.tick(100);
      setClock();
      await on.tick(104);
      server.send({ type: 'pingresp' });
      await on.tick(796);
      expect(ping.values).to.deep.equal([204]);
      expect(events.values.filter(({ type }) => type === 'ping')).to.deep.equal([{ type: 'ping', roundTrip: 204 }]);
      expect(metrics.values.map(({ roundTrip }) => roundTrip)).to.deep.equal([204]);
    });

    it('should not make backoff forget that a connection was stable, nor take a short one for stable', async () => {
      for (const [lasted, delays] of [
        [5_000, [1_000, 1_000, 1_000]],
        [1_000, [1_000, 2_000, 4_000]],
      ] as const) {
        const client = on.client({ retryWhen: backoff({ jitter: 0 }) });
        const events = watch(client.events$);
        watch(client.connection$);
        await on.settle();
        for (const delay of delays) {
          await on.tick(lasted / 2);
          setClock();
          await on.tick(lasted / 2);
          on.broker.current.close();
          await on.tick(delay);
        }
        expect(events.values.flatMap((event) => (event.type === 'retry' ? [event.delay] : []))).to.deep.equal(delays);
        watch(client.end());
        await on.settle();
      }
    });

    it('should not change how long the connection lingers', async () => {
      const { client, held, server } = await on.online({ linger: 5_000 });
      held.unsubscribe();
      await on.tick(2_000);
      setClock();
      watch(client.publish('a', 'x')); // begins the wait anew
      await on.tick(4_999);
      expect(server.open).to.equal(true);
      setClock();
      await on.tick(2);
      expect(server.open).to.equal(false);
    });

    it('should not keep the window for retained messages open, nor shut it early', async () => {
      const { client, server } = await on.online();
      const first = watch(client.topic$('a/+'));
      await on.tick(10_000);
      const second = watch(client.topic$('a/+'));
      await on.tick(1_000);
      setClock();
      await on.tick(3_000);
      server.send(message('a/1', 'retained', { retain: true }));
      await on.settle();
      expect([first, second].map(({ values }) => texts(values))).to.deep.equal([[], ['retained']]);
      setClock();
      await on.tick(6_000); // over: a server that marks a message as retained now means everybody
      server.send(message('a/1', 'later', { retain: true }));
      await on.settle();
      expect([first, second].map(({ values }) => texts(values))).to.deep.equal([['later'], ['retained', 'later']]);
    });

    it('should not put off a ping, nor the end of a connection that does not answer', async () => {
      on.broker.silentOn.add('pingreq');
      const { server } = await on.online({ keepAlive: 10, pingTimeout: 4_000 });
      await on.tick(5_000);
      setClock();
      await on.tick(5_000);
      expect(server.take('pingreq').length).to.equal(1);
      setClock();
      await on.tick(3_999);
      expect(server.open).to.equal(true);
      await on.tick(1);
      expect(server.open).to.equal(false);
    });

    it('should not put off the end of a connection that does not answer SUBSCRIBE', async () => {
      on.broker.silentOn.add('subscribe');
      const { client, server } = await on.online({ subscribeTimeout: 4_000 });
      watch(client.topic$('a'));
      await on.tick(1_000);
      server.send(message('b'));
      setClock();
      await on.tick(3_999);
      expect(server.open).to.equal(true);
      await on.tick(1);
      expect(server.open).to.equal(false);
    });

    it('should not be seen in what takes a connection for one that was taken over', async () => {
      const { client } = await on.online();
      const events = watch(client.events$);
      for (let i = 0; i < 4; i++) {
        await on.tick(30_000);
        setClock();
        on.broker.current.close();
        await on.tick(1_000);
      }
      expect(events.values.filter(({ type }) => type === 'takeover-suspected')).to.deep.equal([]);
    });
  });
}
