import { expect } from 'chai';
import { type Observable, retry, take } from 'rxjs';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

clientSpecs('any client method inside any callback', (on) => {
  it('should publish inside a message handler', async () => {
    const { client, server } = await on.online();
    const replies: Watched<unknown>[] = [];
    client.topic$('ask').subscribe((m) => replies.push(watch(client.publish('reply', m.text(), { qos: 2 }))));
    await on.settle();
    server.send(message('ask', '1'), message('ask', '2'));
    await on.settle();
    expect(texts(server.take('publish'))).to.deep.equal(['1', '2']);
    expect(replies.map(({ completed }) => completed)).to.deep.equal([true, true]);
  });

  it('should acknowledge a message before what its handler publishes', async () => {
    const { client, server } = await on.online();
    client.topic$('a', { qos: 1 }).subscribe(() => watch(client.publish('b', 'x')));
    await on.settle();
    server.take();
    server.send(message('a', '', { qos: 1, packetId: 4 }));
    await on.settle();
    expect(server.take().map(({ type }) => type)).to.deep.equal(['puback', 'publish']);
  });

  it('should unsubscribe inside a message handler, itself and others', async () => {
    const { client, server } = await on.online();
    const other = watch(client.topic$('a'));
    const self = watch(client.topic$('a').pipe(take(1)));
    client.topic$('a').subscribe(() => other.unsubscribe());
    await on.settle();
    server.send(message('a', '1'), message('a', '2'));
    await on.settle();
    expect([other.values.length, self.values.length]).to.deep.equal([1, 1]);
    expect(server.open).to.equal(true);
  });

  it('should subscribe inside a message handler, and not give that message to the new listener', async () => {
    const { client, server } = await on.online();
    const inner: Watched<unknown>[] = [];
    client
      .topic$('a')
      .pipe(take(1))
      .subscribe(() => inner.push(watch(client.topic$('a'))));
    await on.settle();
    server.send(message('a', '1'), message('a', '2'));
    await on.settle();
    expect(inner[0]!.values.length).to.equal(1);
  });

  it('should do everything inside every kind of callback', async () => {
    const { client, server } = await on.online();
    const made: Watched<unknown>[] = [];
    const all = () => {
      if (made.length > 60) return;
      made.push(
        watch(client.publish('x', 'y', { qos: 1 })),
        watch(client.topic$('t')),
        watch(client.subscribe('s')),
        watch(client.unsubscribe('u')),
        watch(client.ping()),
        watch(client.connection$),
      );
    };
    const seen: string[] = [];
    const once = (name: string) => () => {
      if (seen.includes(name)) return;
      seen.push(name);
      all();
    };
    client.publish('a', 'b', { qos: 2 }).subscribe({ next: once('receipt'), complete: once('completion') });
    client.topic$('a').subscribe(once('message'));
    client.messages$().subscribe(once('messages$'));
    client.subscriptions$.subscribe(once('subscriptions$'));
    client.subscribe('d').subscribe({ next: once('grant'), complete: once('granted') });
    client.ping().subscribe({ next: once('pong'), complete: once('ponged') });
    client.publish('a/+').subscribe({ error: once('error') });
    await on.settle();
    server.send(message('a'));
    await on.settle();
    expect(seen.length).to.equal(10);
    expect(made.every(({ error }) => error === undefined)).to.equal(true);
    expect(server.open).to.equal(true);
    for (const one of made) one.unsubscribe();
  });

  it('should connect anew for those who retry at once after a fatal CONNACK, once', async () => {
    on.broker.connack = { reasonCode: 5 };
    const client = on.client();
    let errors = 0;
    const acts: Observable<unknown>[] = [client.connection$, client.topic$('a'), client.publish('a', 'x', { qos: 1 })];
    const retried = acts.map((act) =>
      watch<unknown>(
        act.pipe(
          retry({
            delay: (error) => {
              expect(error).to.include({ code: 'CONNECTION_REFUSED' });
              errors++;
              on.broker.connack = {};
              return [0];
            },
          }),
        ),
      ),
    );
    await on.settle();
    expect(retried.map(({ error }) => error)).to.deep.equal([undefined, undefined, undefined]);
    expect(on.broker.connections.map(({ open }) => open)).to.deep.equal([false, true]);
    expect(on.broker.current.received.map(({ type }) => type).sort()).to.deep.equal([
      'connect',
      'publish',
      'subscribe',
    ]);
    expect(retried[2]!.completed).to.equal(true);
    expect(errors).to.equal(on.synchronous ? 1 : 3);
  });

  it('should connect anew for one who retries at once, while others are told of the error', async () => {
    const { client, held } = await on.online();
    const retried = watch(client.topic$('a').pipe(retry(1)));
    const other = watch(client.topic$('b'));
    await on.settle();
    on.broker.connack = { reasonCode: 5 };
    on.broker.current.close();
    await on.tick(999);
    const states = watch(client.state$);
    on.broker.silentOn.add('connect');
    await on.tick(1); // the refusal is said by hand, so that the retry is accepted
    on.broker.silentOn.clear();
    on.broker.connack = {};
    const refusing = on.broker.current;
    refusing.send({ type: 'connack', sessionPresent: false, reasonCode: 5 });
    await on.settle();
    expect([held.ends, other.ends, retried.ends]).to.deep.equal([1, 1, 0]);
    expect(states.values.at(-1)?.status).to.equal('online');
    expect(on.broker.current.take('subscribe').map((s) => s.subscriptions)).to.deep.equal([[{ filter: 'a', qos: 0 }]]);
  });

  it('should survive that the connection comes and goes while a message is handled', async () => {
    const { client, server } = await on.online();
    const publishes: Watched<unknown>[] = [];
    client.topic$('a').subscribe(() => {
      for (let i = 0; i < 5; i++) publishes.push(watch(client.publish('b', 'x'.repeat(30_000), { qos: 0 })));
      on.broker.current.close();
      for (let i = 0; i < 5; i++) publishes.push(watch(client.publish('b', 'x', { qos: 1 })));
    });
    await on.settle();
    server.send(message('a'));
    await on.tick(1_000);
    expect(publishes.every(({ completed }) => completed)).to.equal(true);
    const repeated = on.broker.current.take('publish').filter(({ qos }) => qos === 1);
    expect(repeated.length).to.equal(5);
  });

  it('should lose no QoS 0 message that finds the connection broken in the middle of a turn', async () => {
    const { client, server: first } = await on.online();
    watch(client.topic$('a')); // what is published in the same turn leaves after SUBSCRIBE, all at once
    const publishes = Array.from({ length: 10 }, (_, i) => watch(client.publish('b', String(i).repeat(30_000))));
    on.broker.silentOn.has = (type) => {
      if (type === 'publish' && first.open) first.fail(); // inside the client's write
      return false;
    };
    await on.tick(1_000);
    expect(publishes.every(({ completed }) => completed)).to.equal(true);
    const arrived = [first, on.broker.current].flatMap((server) =>
      texts(server.take('publish')).map((text) => text[0]),
    );
    if (on.synchronous) expect(arrived.join('')).to.equal('0123456789');
  });

  it('should not hang a ping that is asked for in the moment the connection breaks', async () => {
    const { client } = await on.online();
    on.broker.silentOn.add('pingreq');
    const inner: Watched<number>[] = [];
    client.ping().subscribe({ error: () => inner.push(watch(client.ping())) });
    await on.settle();
    on.broker.silentOn.clear();
    on.broker.current.close();
    await on.tick(1_000);
    expect(inner.map(({ ends }) => ends)).to.deep.equal([1]);
  });

  it('should tell every observer of events$ the events in one order', async () => {
    const { client } = await on.online();
    client.events$.subscribe((event) => {
      if (event.type === 'ping') watch(client.end({ force: true }));
    });
    const second = watch(client.events$);
    watch(client.ping());
    await on.settle();
    const types = second.values.map(({ type }) => type);
    expect(types.indexOf('ping')).to.be.lessThan(types.indexOf('ended'));
    expect(types.at(-1)).to.equal('ended');
  });
});
