import { expect } from 'chai';
import { take } from 'rxjs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MqttClient } from '../../lib/index.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { turn } from '../support/turn.js';
import { watch } from '../support/watch.js';

const kept = (topic: string, text = 'kept') => message(topic, text, { retain: true });
const topics = (messages: readonly { readonly topic: string }[]) => messages.map(({ topic }) => topic);

setFlagsFromString('--expose-gc'); // in the middle of a process: a context that is made afterwards has it
const collectGarbage = runInNewContext('gc') as () => void;

/** Listens, and keeps nothing but weak references to the payloads that came. */
function payloadsOf(client: MqttClient, filter: string): WeakRef<Uint8Array>[] {
  const seen: WeakRef<Uint8Array>[] = [];
  client.topic$(filter).subscribe(({ payload }) => void seen.push(new WeakRef(payload)));
  return seen;
}

/** Bytes of the heap that are in use. */
async function heap(): Promise<number> {
  await collected();
  return process.memoryUsage().heapUsed;
}

async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await turn();
    collectGarbage();
  }
}

/** How many of the payloads are still in memory. */
async function pinned(payloads: readonly WeakRef<Uint8Array>[]): Promise<number> {
  await collected();
  return payloads.filter((one) => one.deref() !== undefined).length;
}

clientSpecs('retained messages', (on) => {
  /** Sends so many messages, of topics that are all different. */
  async function send(count: number, topic: string, retain: boolean, text = 'x'.repeat(5_000)): Promise<void> {
    for (let i = 0; i < count; i++) on.broker.current.send(message(`${topic}/${i}`, text, { retain }));
    await on.settle();
  }

  // ─── what stays in memory ───

  for (const filter of ['$share/g/a/#', '$queue/a/#']) {
    it(`should pin no payload for the second listener of ${filter}, who has the broker send none`, async () => {
      const { client } = await on.online();
      watch(client.topic$(filter).pipe(take(1)));
      const first = payloadsOf(client, filter);
      await on.tick(10_000);
      const second = payloadsOf(client, filter);
      await on.settle();
      await send(100, 'a', false);
      expect([first.length, second.length]).to.deep.equal([100, 100]);
      expect(await pinned([...first, ...second])).to.be.at.most(4);
    }).timeout(30_000);
  }

  it('should pin no payload while retained messages come', async () => {
    const { client } = await on.online();
    const heard = payloadsOf(client, 'a/#');
    await on.settle();
    await send(100, 'a', true);
    expect(heard.length).to.equal(100);
    expect(await pinned(heard)).to.be.at.most(4);
  }).timeout(30_000);

  it('should pin no payload after the last of them, although no other message comes', async () => {
    const { client } = await on.online();
    const heard = payloadsOf(client, 'a/#');
    await on.settle();
    await send(100, 'a', true);
    await on.tick(60_000);
    expect(await pinned(heard)).to.be.at.most(4);
  }).timeout(30_000);

  it('should leave no timer when all that was asked for has come, or the listener has left', async () => {
    const { client, held } = await on.online({ keepAlive: 0, linger: 100 });
    const heard = watch(client.topic$('a'));
    await on.tick(5_000);
    expect(on.clock.countTimers()).to.equal(0);
    const again = watch(client.topic$('a'));
    await on.settle();
    for (const listener of [heard, again]) listener.unsubscribe();
    await on.settle();
    expect(on.clock.countTimers()).to.equal(0);
    watch(client.subscribe('b'));
    await on.settle();
    held.unsubscribe();
    await on.tick(100);
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should take little memory for their topics, however many and long they are, and give it back', async () => {
    const { client } = await on.online();
    let heard = 0;
    client.topic$('#').subscribe(() => heard++);
    await on.settle();
    const before = await heap();
    for (let i = 0; i < 20; i++) await send(20, `${'x'.repeat(60_000)}${i}`, true, '');
    const during = await heap();
    await on.tick(5_000);
    const after = await heap();
    expect(heard).to.equal(400); // 24 MB of topics
    expect(during - before).to.be.lessThan(12_000_000);
    expect(after - before).to.be.lessThan(4_000_000);
  }).timeout(30_000);

  // ─── who gets them ───

  it('should reach only the new listener, two seconds after SUBACK as well', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a/+'));
    await on.tick(10_000);
    const second = watch(client.topic$('a/+'));
    for (let i = 0; i < 4; i++) {
      await on.tick(2_000);
      server.send(kept(`a/${i}`));
    }
    await on.settle();
    expect([topics(first.values), topics(second.values)]).to.deep.equal([[], ['a/0', 'a/1', 'a/2', 'a/3']]);
  });

  it('should reach only the new listener while SUBACK is late', async () => {
    const { client, server } = await on.online({ subscribeTimeout: 60_000 });
    const first = watch(client.topic$('a'));
    await on.tick(10_000);
    on.broker.silentOn.add('subscribe');
    const second = watch(client.topic$('a'));
    await on.tick(30_000);
    server.send(kept('a'));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([0, 1]);
  });

  it('should reach each of two listeners who join in turn, once', async () => {
    const { client, server } = await on.online();
    const heard = [];
    for (let i = 0; i < 3; i++) {
      heard.push(watch(client.topic$('a/+')));
      await on.settle();
      server.send(kept('a/1'), kept('a/2'));
      await on.tick(1_500);
    }
    expect(heard.map(({ values }) => topics(values))).to.deep.equal([
      ['a/1', 'a/2'],
      ['a/1', 'a/2'],
      ['a/1', 'a/2'],
    ]);
  });

  it('should reach the listener of a filter that overlaps another, and not that one again', async () => {
    const { client, server } = await on.online();
    const wide = watch(client.topic$('a/#'));
    const queue = watch(client.topic$('$share/g/a/#'));
    await on.tick(10_000);
    const narrow = watch(client.topic$('a/1'));
    await on.tick(2_000);
    server.send(kept('a/1'));
    await on.tick(10_000);
    const all = watch(client.topic$('#'));
    await on.tick(2_000);
    server.send(kept('a/1'), kept('a/2'));
    await on.settle();
    expect([wide, queue, narrow, all].map(({ values }) => topics(values))).to.deep.equal([
      [],
      [],
      ['a/1'],
      ['a/1', 'a/2'],
    ]);
  });

  it('should reach two listeners of overlapping filters once each, although the broker sends two', async () => {
    const { client, server } = await on.online();
    const heard = ['a/#', 'a/1'].map((filter) => watch(client.topic$(filter)));
    await on.tick(2_000);
    server.send(kept('a/1'), kept('a/1'));
    await on.settle();
    expect(heard.map(({ values }) => values.length)).to.deep.equal([1, 1]);
  });

  it('should not reach a wider filter when a narrower one is subscribed durably, or its listener has left', async () => {
    const { client, server } = await on.online();
    const wide = watch(client.topic$('a/#'));
    await on.tick(10_000);
    watch(client.subscribe(['a/1', 'a/#']));
    await on.tick(2_000);
    server.send(kept('a/1'), kept('a/2'));
    await on.tick(10_000);
    on.broker.silentOn.add('unsubscribe');
    const narrow = watch(client.topic$('a/+').pipe(take(1)));
    await on.tick(1_000);
    server.send(kept('a/1'), kept('a/2'));
    await on.settle();
    expect([topics(wide.values), topics(narrow.values)]).to.deep.equal([[], ['a/1']]);
  });

  it('should not reach a wider filter when the narrower one left before it was granted', async () => {
    const { client, server } = await on.online();
    const wide = watch(client.topic$('a/#'));
    await on.tick(10_000);
    on.broker.silentOn.add('subscribe').add('unsubscribe');
    const narrow = watch(client.topic$('a/1'));
    await on.settle();
    narrow.unsubscribe();
    await on.settle();
    server.send(kept('a/1'));
    await on.settle();
    const [asked, ...others] = server.take('unsubscribe');
    expect([wide.values.length, others.length]).to.deep.equal([0, 0]);
    // From here on no SUBSCRIBE can be the reason.
    server.send({ type: 'unsuback', packetId: asked!.packetId }, kept('a/1', 'live'));
    await on.settle();
    expect(texts(wide.values)).to.deep.equal(['live']);
  });

  it('should reach nobody again when a durable subscription asks for them, and later listeners still', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a'));
    await on.tick(10_000);
    watch(client.subscribe('a', { qos: 1 }));
    await on.tick(2_000);
    server.send(kept('a'));
    await on.tick(1_000);
    const second = watch(client.topic$('a'));
    await on.tick(2_000);
    server.send(kept('a'));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([0, 1]);
  });

  it('should reach nobody again when a subscription is lowered along with another', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a'));
    const high = watch(client.topic$('a', { qos: 2 }));
    await on.tick(10_000);
    high.unsubscribe();
    watch(client.topic$('b'));
    await on.tick(2_000);
    server.send(kept('a'));
    await on.settle();
    expect(first.values.length).to.equal(0);
  });

  it('should end with the first live message of the filter', async () => {
    const { client, server } = await on.online();
    const first = watch(client.topic$('a'));
    await on.tick(10_000);
    const second = watch(client.topic$('a'));
    await on.settle();
    server.send(kept('a'), message('a', 'live'));
    // Against the standard, a live message that is marked.
    server.send(kept('a', 'marked'));
    await on.settle();
    expect([texts(first.values), texts(second.values)]).to.deep.equal([
      ['live', 'marked'],
      ['kept', 'live', 'marked'],
    ]);
  });

  // ─── reconnecting ───

  it('should reach all listeners again after a reconnect without a session, once each', async () => {
    const { client } = await on.online();
    const heard = ['a', '+'].map((filter) => watch(client.topic$(filter)));
    for (let i = 0; i < 2; i++) {
      await on.tick(2_000);
      on.broker.current.send(kept('a', `${i}`), kept('a', `${i}`));
      await on.settle();
      on.broker.current.fail();
    }
    expect(heard.map(({ values }) => texts(values))).to.deep.equal([
      ['0', '1'],
      ['0', '1'],
    ]);
  });

  it('should reach nobody again after a reconnect with the session, but for one who joined meanwhile', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client } = await on.online({ cleanSession: false });
    const first = watch(client.topic$('a'));
    await on.tick(10_000);
    on.broker.current.fail();
    await on.settle();
    const second = watch(client.topic$('a'));
    await on.tick(2_000);
    on.broker.current.send(kept('a'));
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([0, 1]);
  });

  it('should reach established listeners live, after a durable SUBSCRIBE was lost with its connection', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client } = await on.online({ cleanSession: false });
    const wide = watch(client.topic$('a/#'));
    await on.tick(10_000);
    on.broker.silentOn.add('subscribe').add('unsubscribe');
    watch(client.subscribe('a/1'));
    await on.settle();
    watch(client.unsubscribe('a/1'));
    on.broker.current.fail();
    on.broker.silentOn.clear();
    await on.tick(10_000);
    on.broker.current.send(kept('a/1', 'live, and marked'));
    await on.settle();
    expect(wide.values.length).to.equal(1);
  });
});
