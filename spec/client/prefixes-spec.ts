import { expect } from 'chai';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('filters with a prefix, which the broker strips', (on) => {
  for (const prefix of ['$share/g/', '$queue/', '$exclusive/']) {
    it(`should bring messages to topic$: ${prefix}t`, async () => {
      const { client, server } = await on.online();
      const heard = watch(client.topic$(`${prefix}room/+room/temp`));
      const unclaimed = watch(client.messages$('unclaimed'));
      await on.settle();
      expect(server.take('subscribe')[0]!.subscriptions).to.deep.equal([{ filter: `${prefix}room/+/temp`, qos: 0 }]);
      server.send(message('room/bath/temp', '21'), message('room/bath', 'no'));
      await on.settle();
      expect(heard.values.map(({ params, levels }) => [params.room, levels])).to.deep.equal([
        ['bath', ['room', 'bath', 'temp']],
      ]);
      expect(texts(unclaimed.values)).to.deep.equal(['no']);
      heard.unsubscribe();
      await on.settle();
      expect(server.take('unsubscribe').map(({ filters }) => filters)).to.deep.equal([[`${prefix}room/+/temp`]]);
    });
  }

  it('should not ask again for a listener who joins a shared one, and ask for the retained messages of others', async () => {
    const { client, server } = await on.online();
    for (const [filter, asked] of [
      ['$share/g/a', 1],
      ['$queue/a', 1],
      ['$exclusive/a', 2],
      ['a', 2],
    ] as const) {
      for (let i = 0; i < 2; i++) {
        watch(client.topic$(filter));
        await on.settle();
      }
      expect([filter, server.take('subscribe').length]).to.deep.equal([filter, asked]);
    }
  });

  it('should bring the retained messages of an exclusive one to its new listener', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('$exclusive/a'));
    await on.tick(10_000);
    const second = watch(client.topic$('$exclusive/a'));
    await on.tick(1_000);
    server.send(message('a', 'kept', { retain: true }));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([0, 1]);
  });

  it('should bring a message of one group to the listeners of both, as nothing in it tells the groups apart', async () => {
    const { client, server } = await on.online();
    const heard = ['$share/one/a', '$share/two/a', '$queue/a'].map((filter) => watch(client.topic$(filter)));
    await on.settle();
    server.send(message('a', 'for one group'));
    await on.settle();
    expect(heard.map(({ values }) => values.length)).to.deep.equal([1, 1, 1]);
  });
});
