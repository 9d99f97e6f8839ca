import { expect } from 'chai';
import { filter } from 'rxjs';
import type { ClientEvent, ClientOptions } from '../../lib/index.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { GatedStore } from '../support/GatedStore.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const persistent = { cleanSession: false } as const;

clientSpecs('a broker that hangs up on a request without a word', (on) => {
  const isLarge = (packet: Packet) => packet.type === 'publish' && packet.payload.length > 2_000;
  const large = 'L'.repeat(3_000);
  const events = (client: ReturnType<typeof on.client>) =>
    watch(
      client.events$.pipe(
        filter(
          (event): event is Extract<ClientEvent, { type: 'suspected' | 'given-up' }> =>
            event.type === 'suspected' || event.type === 'given-up',
        ),
      ),
    );
  /** A broker that keeps the session, and hangs up on what offends it. */
  const start = async (offends: (packet: Packet) => boolean, options: ClientOptions = persistent) => {
    const { client, held } = await on.online(options);
    on.broker.connack = { sessionPresent: options.cleanSession === false };
    on.broker.offends = offends;
    return { client, held, told: events(client) };
  };

  for (const qos of [1, 2] as const) {
    it(`should err the message alone, settle the others in order, and keep the connection, at QoS ${qos}`, async () => {
      const { client, told } = await start(isLarge);
      const bad = watch(client.publish('big', large, { qos }));
      const good = Array.from({ length: 5 }, (_, i) => watch(client.publish('small', String(i), { qos })));
      await on.tick(300_000);
      expect(bad.error).to.include({ code: 'PUBLISH_REFUSED', topic: 'big' });
      expect(good.map(({ completed, values }) => [completed, values.length])).to.deep.equal(good.map(() => [true, 1]));
      expect(told.values.at(-1)).to.deep.equal({ type: 'given-up', topic: 'big', trials: 5 });
      expect(told.values[0]!.type).to.equal('suspected');
      expect(told.values.length).to.equal(2);

      // The five went out in their order, each for the first time before those behind it.
      const firsts = on.broker.connections
        .flatMap(({ received }) => texts(received.filter((one) => one.type === 'publish')))
        .filter((text) => text !== large);
      expect([...new Set(firsts)]).to.deep.equal(['0', '1', '2', '3', '4']);
      const connections = on.broker.connections.length;
      expect(connections).to.be.lessThan(25);
      await on.tick(600_000);
      expect([on.broker.connections.length, on.broker.current.open]).to.deep.equal([connections, true]);
      const later = watch(client.publish('small', 'later', { qos }));
      await on.tick(100);
      expect(later.completed).to.equal(true);
    });
  }

  it('should begin each trial with a PINGREQ that is answered, and send nothing else with it', async () => {
    const { client, told } = await start(isLarge);
    const bad = watch(client.publish('big', large, { qos: 1 }));
    await on.tick(10);
    while (told.values.length === 0) await on.tick(1_000);
    const before = on.broker.connections.length;
    while (bad.ends === 0) await on.tick(1_000);
    const trials = on.broker.connections.slice(before).filter(({ received }) => received.some(isLarge));
    expect(trials.length).to.equal(5);
    for (const { received } of trials) {
      const types = received.map(({ type }) => type);
      expect(types.slice(-2)).to.deep.equal(['pingreq', 'publish']);
    }
  });

  it('should let a control connection live as long without the suspect before the next trial', async () => {
    const { client, told } = await start(isLarge);
    const bad = watch(client.publish('big', large, { qos: 1 }));
    while (told.values.length === 0) await on.tick(1_000);
    on.broker.patience = 700;
    const begun = new Map<unknown, number>();
    const trials: number[] = [];
    const before = on.broker.connections.length;
    for (let i = 0; i < 60_000 && bad.ends === 0; i++) {
      await on.clock.tickAsync(20);
      const { current } = on.broker;
      if (!begun.has(current)) begun.set(current, on.clock.now);
      if (on.broker.connections.length === before) continue;
      if (current.received.some(isLarge) && trials.length < on.broker.connections.length - before) {
        trials.push(on.clock.now - begun.get(current)!);
      }
    }
    expect(trials.length).to.equal(5);
    // The first trial follows at once; each later one when the connection has lived longer than the last trial lasted.
    for (const wait of trials.slice(1)) expect(wait).to.be.greaterThan(700);
  });

  it('should be borne for ever with giveUpAfter: Infinity, and the others go on all the same', async () => {
    const { client, told } = await start(isLarge, { ...persistent, giveUpAfter: Infinity });
    const bad = watch(client.publish('big', large, { qos: 1 }));
    const good = watch(client.publish('small', 'x', { qos: 1 }));
    await on.tick(3_600_000);
    expect([bad.ends, good.completed]).to.deep.equal([0, true]);
    expect(told.values.map(({ type }) => type)).to.deep.equal(['suspected']);
    const later = watch(client.publish('small', 'later', { qos: 2 }));
    await on.tick(60_000);
    expect(later.completed).to.equal(true);
  });

  it('should give up after as many trials as giveUpAfter says', async () => {
    const { client, told } = await start(isLarge, { ...persistent, giveUpAfter: 2 });
    const bad = watch(client.publish('big', large, { qos: 2 }));
    await on.tick(300_000);
    expect(bad.error).to.include({ code: 'PUBLISH_REFUSED' });
    expect(told.values.at(-1)).to.deep.equal({ type: 'given-up', topic: 'big', trials: 2 });
  });

  it('should err each of several bad messages, and no other', async () => {
    const { client } = await start(isLarge);
    const all = ['a', large, 'b', large, 'c'].map((text) => watch(client.publish('t', text, { qos: 1 })));
    await on.tick(900_000);
    expect(
      all.map(({ error, completed }) => (error as { code?: string } | undefined)?.code ?? completed),
    ).to.deep.equal([true, 'PUBLISH_REFUSED', true, 'PUBLISH_REFUSED', true]);
    expect(on.broker.current.open).to.equal(true);
  });

  it('should err the message after a restart with a store, too, and empty the store', async () => {
    on.broker.dial = 'hang';
    const disk = new GatedStore();
    const earlier = on.client({ ...persistent, store: disk.store });
    watch(earlier.publish('big', large, { qos: 1 }));
    for (let i = 0; i < 5; i++) watch(earlier.publish('small', String(i), { qos: 1 }));
    await on.settle();
    const left = disk.survivor();
    watch(earlier.end({ force: true }));
    await on.settle();
    on.broker.dial = 'accept';
    on.broker.offends = isLarge;
    on.broker.connack = { sessionPresent: true };
    const next = on.client({ ...persistent, store: left.store });
    const told = events(next);
    watch(next.connection$);
    await on.tick(300_000);
    expect(told.values.at(-1)).to.deep.equal({ type: 'given-up', topic: 'big', trials: 5 });
    expect(left.kinds()).to.equal('f');
    expect(on.broker.current.open).to.equal(true);
  });

  it('should err the message with a clean session as well', async () => {
    const { client } = await start(isLarge, {});
    const bad = watch(client.publish('big', large, { qos: 1 }));
    const good = watch(client.publish('small', 'x', { qos: 1 }));
    await on.tick(300_000);
    expect([bad.error, good.completed]).to.deep.include(true).and.have.nested.property('[0].code', 'PUBLISH_REFUSED');
    expect(on.broker.current.open).to.equal(true);
  });

  // ─── filters ───

  const isForbidden = (packet: Packet) =>
    packet.type === 'subscribe' && packet.subscriptions.some((one) => one.filter === 'forbidden');

  for (const options of [persistent, { cleanSession: true }]) {
    it(`should err the filter alone, and let the other streams go on: ${JSON.stringify(options)}`, async () => {
      const { client, told } = await start(isForbidden, options);
      const good = ['a', 'b'].map((one) => watch(client.topic$(one)));
      const bad = watch(client.topic$('forbidden'));
      const durable = watch(client.subscribe('c'));
      await on.tick(300_000);
      expect(bad.error).to.include({ code: 'SUBSCRIPTION_REFUSED', filter: 'forbidden' });
      expect(told.values.at(-1)).to.deep.equal({ type: 'given-up', filter: 'forbidden', trials: 5 });
      expect([durable.completed, ...good.map(({ ends }) => ends)]).to.deep.equal([true, 0, 0]);
      const { current } = on.broker;
      current.send(message('a', '1'), message('b', '2'));
      await on.tick(600_000);
      expect(good.map(({ values }) => texts(values))).to.deep.equal([['1'], ['2']]);
      expect([on.broker.current === current, current.open]).to.deep.equal([true, true]);
    });
  }

  it('should err a filter and a message that both make it hang up, each with its own error', async () => {
    const offends = (packet: Packet) => isLarge(packet) || isForbidden(packet);
    const { client } = await start(offends);
    const heard = watch(client.topic$('a'));
    const filtered = watch(client.topic$('forbidden'));
    const bad = watch(client.publish('big', large, { qos: 1 }));
    const good = watch(client.publish('small', 'x', { qos: 2 }));
    await on.tick(1_800_000);
    expect(filtered.error).to.include({ code: 'SUBSCRIPTION_REFUSED' });
    expect(bad.error).to.include({ code: 'PUBLISH_REFUSED' });
    expect([heard.ends, good.completed, on.broker.current.open]).to.deep.equal([0, true, true]);
  });

  it('should not be remembered of a suspect that nobody wants any more', async () => {
    const { client, told } = await start(isForbidden);
    const bad = watch(client.topic$('forbidden'));
    while (told.values.length === 0) await on.tick(1_000);
    bad.unsubscribe();
    await on.tick(120_000);
    expect([told.values.length, on.broker.current.open]).to.deep.equal([1, true]);
  });

  // ─── what must not lead to giving up ───

  /** Cuts every connection when it has lived for some time. */
  const cutAfter = (ms: number) => {
    let seen: unknown;
    let since = 0;
    return async (total: number) => {
      for (const end = on.clock.now + total; on.clock.now < end;) {
        await on.clock.tickAsync(100);
        const { current } = on.broker;
        if (seen !== current) since = on.clock.now;
        seen = current;
        if (current.open && on.clock.now - since >= ms) current.fail();
      }
    };
  };

  it('should not be taken for one whose network is bad: links that live 0.8 s', async () => {
    const { client, told } = await start(() => false);
    on.broker.silentOn.add('publish').add('subscribe');
    const all = Array.from({ length: 20 }, (_, i) =>
      watch(client.publish('t', String(i), { qos: i % 2 === 0 ? 1 : 2 })),
    );
    const heard = watch(client.topic$('a'));
    const pass = cutAfter(800);
    await pass(600_000); // and PINGREQ is answered on each
    on.broker.silentOn.clear();
    await pass(600_000);
    expect([heard.ends, all.every(({ completed }) => completed)]).to.deep.equal([0, true]);
    expect(told.values.filter(({ type }) => type === 'given-up')).to.deep.equal([]);
  });

  it('should not be taken for one whose network is bad: links that are slower than they live', async () => {
    const { client, held, told } = await start(() => false);
    for (const type of ['publish', 'subscribe', 'pingreq'] as const) on.broker.silentOn.add(type);
    const all = Array.from({ length: 5 }, (_, i) => watch(client.publish('t', String(i), { qos: 1 })));
    const heard = watch(client.topic$('a'));
    await cutAfter(800)(1_200_000);
    expect([heard.ends, held.ends, ...all.map(({ ends }) => ends)]).to.deep.equal([0, 0, 0, 0, 0, 0, 0]);
    expect(told.values.filter(({ type }) => type === 'given-up')).to.deep.equal([]);
  });
});
