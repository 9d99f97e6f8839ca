import { expect } from 'chai';
import { MessageChannel } from 'node:worker_threads';
import { message, texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('a message, which listeners share', (on) => {
  for (const filter of ['a/+', 'a/+name']) {
    it(`should be read-only: ${filter}`, async () => {
      const { client, server } = await on.online();
      const [one, two] = [watch(client.topic$(filter)), watch(client.topic$(filter))];
      await on.settle();
      server.send(message('a/b', 'x', { qos: 1, packetId: 7, dup: true }));
      await on.settle();
      const came = one.values[0]! as unknown as Record<string, unknown>;
      const before = JSON.stringify([came, came['levels'], came['params']]);
      for (const field of ['topic', 'payload', 'qos', 'retain', 'dup', 'levels', 'params', 'own']) {
        expect(() => (came[field] = 'mine'), field).to.throw(TypeError);
        expect(() => delete came['topic'], field).to.throw(TypeError);
      }
      const { levels, params } = came as { levels: string[]; params: Record<string, string> };
      expect(() => levels.push('c')).to.throw(TypeError);
      expect(() => (levels[0] = 'c')).to.throw(TypeError);
      expect(() => (params['name'] = 'c')).to.throw(TypeError);
      expect(() => Object.defineProperty(came, 'topic', { value: 'mine' })).to.throw(TypeError);
      expect(JSON.stringify([came, came['levels'], came['params']])).to.equal(before);
      expect(two.values.map(({ topic, qos, dup }) => [topic, qos, dup])).to.deep.equal([['a/b', 1, true]]);
    });
  }
});

kitSpecs('a message', (on) => {
  it('should be read-only in messages$ as well, and show its fields to a log', async () => {
    const { client } = await on.online();
    const all = watch(client.messages$());
    watch(client.subscribe('a'));
    await on.settle();
    on.broker.publish('a', 'x');
    await on.settle();
    expect(Object.isFrozen(all.values[0])).to.equal(true);
    expect(all.values[0]).to.include({ topic: 'a', qos: 0, retain: false, dup: false });
  });

  it('should give a copy of its bytes that may be changed, and transferred to a worker', async () => {
    const { client } = await on.online();
    const [one, two] = [watch(client.topic$('a')), watch(client.topic$('a'))];
    await on.settle();
    on.broker.publish('a', 'first');
    on.broker.publish('a', 'second');
    await on.settle();
    const bytes = one.values[0]!.bytes();
    expect([bytes.byteOffset, bytes.buffer.byteLength]).to.deep.equal([0, 5]);
    bytes.fill(0);
    const again = one.values[0]!.bytes();
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(again, [again.buffer]);
    port1.close();
    port2.close();
    expect(again.byteLength).to.equal(0); // it is gone, and nothing else
    for (const { values } of [one, two]) {
      expect(texts(values)).to.deep.equal(['first', 'second']);
      expect(values.map((each) => each.text())).to.deep.equal(['first', 'second']);
    }
  });

  it('should give an own copy of an empty payload too', async () => {
    const { client } = await on.online();
    const heard = watch(client.topic$('a'));
    await on.settle();
    on.broker.publish('a');
    await on.settle();
    const [one, two] = [heard.values[0]!.bytes(), heard.values[0]!.bytes()];
    expect([one.length, one.buffer === two.buffer]).to.deep.equal([0, false]);
  });
});
