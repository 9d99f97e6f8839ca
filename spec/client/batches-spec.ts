import { expect } from 'chai';
import { SubscriptionRefusedError } from '../../lib/index.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { encode } from '../../lib/packet/encode.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const filtersOf = (packet: Packet): readonly string[] =>
  packet.type === 'subscribe'
    ? packet.subscriptions.map(({ filter }) => filter)
    : packet.type === 'unsubscribe'
      ? packet.filters
      : [];

clientSpecs('many topic filters', (on) => {
  const sizeOf = (packet: Packet) => encode(packet, { protocolVersion: on.version }).length;

  /** A broker that hangs up on more topic filters in a packet than it takes, as AWS IoT Core does, or on large packets. */
  function limit(filters: number, bytes = Infinity): void {
    on.broker.silentOn.add('subscribe').add('unsubscribe');
    watchPackets((packet, send, close) => {
      const all = filtersOf(packet);
      if (all.length > filters || sizeOf(packet) > bytes) return close();
      if (packet.type === 'unsubscribe') send({ type: 'unsuback', packetId: packet.packetId });
      if (packet.type !== 'subscribe') return;
      const reasonCodes = packet.subscriptions.map(({ filter, qos }) => on.broker.grant(filter, qos));
      send({ type: 'suback', packetId: packet.packetId, reasonCodes });
    });
  }

  /** Answers what has come since it was last looked. */
  let answer: () => void = () => undefined;
  function watchPackets(react: (packet: Packet, send: (packet: Packet) => void, close: () => void) => void): void {
    const seen = new Map<object, number>();
    answer = () => {
      for (const connection of on.broker.connections) {
        const from = seen.get(connection) ?? 0;
        seen.set(connection, connection.received.length);
        for (const packet of connection.received.slice(from)) {
          if (connection.open) react(packet, (one) => connection.send(one), () => connection.close()); // prettier-ignore
        }
      }
    };
  }

  async function settled(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await on.settle();
      answer();
    }
    await on.settle();
  }

  it('should go on after a drop at a broker that takes eight a packet, in SUBSCRIBE and UNSUBSCRIBE', async () => {
    limit(8);
    const client = on.client({ subscribeBatch: 8 });
    const heard = Array.from({ length: 20 }, (_, i) => watch(client.topic$(`a/${i}`)));
    const durable = watch(client.subscribe(Array.from({ length: 20 }, (_, i) => `d/${i}`)));
    await settled();
    on.broker.current.fail();
    await on.tick(1_000);
    await settled();
    expect(on.broker.connections.map(({ open }) => open)).to.deep.equal([false, true]);
    for (const listener of heard.slice(3)) listener.unsubscribe();
    const gone = watch(client.unsubscribe(Array.from({ length: 20 }, (_, i) => `d/${i}`)));
    await settled();
    const sizes = on.broker.current.received.map((packet) => filtersOf(packet).length).filter((size) => size > 0);
    expect(sizes).to.deep.equal([8, 8, 8, 8, 8, 8, 8, 8, 8, 5]);
    expect([durable.completed, gone.completed, heard.map(({ ends }) => ends)]).to.deep.equal([
      true,
      true,
      heard.map(() => 0),
    ]);
    expect(on.broker.current.open).to.equal(true);
  });

  it('should make no packet above 64 kB, unless one filter is longer', async () => {
    limit(Infinity, 66_000);
    const client = on.client();
    const filters = Array.from({ length: 40 }, (_, i) => `${'é'.repeat(5_000)}/${i}`);
    const heard = [...filters, 'x'.repeat(65_000)].map((filter) => watch(client.topic$(filter)));
    await settled();
    on.broker.current.fail();
    await on.tick(1_000);
    await settled();
    expect(watch(client.subscriptions$).values[0]!.size).to.equal(41);
    const states = [...watch(client.subscriptions$).values[0]!.values()].map(({ state }) => state);
    expect(new Set(states)).to.deep.equal(new Set(['granted']));
    for (const listener of heard) listener.unsubscribe();
    await settled();
    expect(on.broker.connections.map(({ open }) => open)).to.deep.equal([false, true]);
    expect(watch(client.subscriptions$).values[0]!.size).to.equal(0);
    const sizes = on.broker.current.received.map((packet) => sizeOf(packet));
    expect(Math.max(...sizes)).to.be.at.most(65_536);
    expect(sizes.filter((size) => size > 30_000).length).to.be.at.least(10); // and not one packet a filter
  });

  it('should be one request to the caller, however many packets it takes', async () => {
    limit(2);
    on.broker.grant = (filter, qos) => (filter === 'c' ? 0x80 : qos);
    const client = on.client({ subscribeBatch: 2 });
    const good = watch(client.subscribe(['a', 'b', 'd', 'e', 'f'], { qos: 1 }));
    const bad = watch(client.subscribe(['c', 'a', 'b']));
    await settled();
    expect(good.values.map((grants) => grants.map(({ filter }) => filter))).to.deep.equal([['a', 'b', 'd', 'e', 'f']]);
    expect(bad.error).to.be.instanceOf(SubscriptionRefusedError).with.property('filter', 'c');
  });

  it('should be refused as an option that makes no sense', () => {
    for (const subscribeBatch of [0, -1, 1.5, NaN, '8' as never]) {
      expect(() => on.client({ subscribeBatch })).to.throw(
        /option subscribeBatch: expected an integer of topic filters/,
      );
    }
  });
});
