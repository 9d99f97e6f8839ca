import { expect } from 'chai';
import { map } from 'rxjs';
import type { QoS } from '../../lib/index.js';
import { GatedStore } from '../support/GatedStore.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const SMALL = 10;
const LARGE = 100_000;

clientSpecs('a transport whose write throws', (on) => {
  /** The broker's transport, with a `write` that throws from the call with a number on, once. */
  function failing() {
    const wire = { writesUntilFailure: Infinity, writes: 0 };
    const transport = on.broker.transport.pipe(
      map((duplex) => ({
        bytes$: duplex.bytes$,
        get buffered() {
          return duplex.buffered;
        },
        write: (bytes: Uint8Array) => {
          if (wire.writesUntilFailure-- <= 0) {
            wire.writesUntilFailure = Infinity;
            throw new Error('EPIPE');
          }
          wire.writes++;
          duplex.write(bytes);
        },
      })),
    );
    return { wire, transport };
  }

  /** First letters of the payloads that the broker was sent, connection by connection. */
  const published = () =>
    on.broker.connections.map(({ received }) =>
      received.flatMap((one) => (one.type === 'publish' ? [String.fromCharCode(one.payload[0]!)] : [])).join(''),
    );

  for (const kind of ['without a store', 'with a store'] as const) {
    const start = async () => {
      const { wire, transport } = failing();
      const session = kind === 'with a store' ? { cleanSession: false, store: new GatedStore().store } : {};
      const { client } = await on.online({ server: transport, ...session });
      return { wire, client };
    };
    const payload = (letter: string, size: number) => letter + '.'.repeat(size - 1);

    it(`should let QoS 0 messages wait for the next connection, and send each once, ${kind}`, async () => {
      for (const size of [SMALL, LARGE]) {
        const before = on.broker.connections.length;
        const { wire, client } = await start();
        wire.writesUntilFailure = 0;
        const all = ['a', 'b', 'c'].map((letter) => watch(client.publish('t', payload(letter, size))));
        await on.settle();
        expect(all.map(({ ends }) => ends)).to.deep.equal([0, 0, 0]);
        await on.tick(1_000);
        const told = all.map(({ values: [receipt], ...one }) => [
          { ...receipt, queuedFor: 0 },
          one.ends,
          one.completed,
        ]);
        expect(told).to.deep.equal(all.map(() => [{ topic: 't', qos: 0, queuedFor: 0 }, 1, true]));
        // A large message is written by itself: the other two were never handed to the transport that broke.
        if (size === LARGE)
          expect(all.slice(1).map(({ values }) => values[0]!.queuedFor)).to.deep.equal([1_000, 1_000]);
        expect(published().slice(before)).to.deep.equal(['', 'abc']);
        watch(client.end());
        await on.settle();
      }
    });

    it(`should never send a QoS 0 message again that the transport took, ${kind}`, async () => {
      // A large message takes two writes, one for what is in front of its payload; small ones of a turn leave in one.
      for (const taken of [0, 1, 2, 3, 4, 5, 6]) {
        const before = on.broker.connections.length;
        const { wire, client } = await start();
        wire.writesUntilFailure = taken;
        const all = ['a', 'B', 'c', 'D', 'e'].map((letter) =>
          watch(client.publish('t', payload(letter, letter < 'a' ? LARGE : SMALL))),
        );
        await on.tick(1_000);
        expect(all.every(({ completed }) => completed)).to.equal(true);
        const letters = published().slice(before);
        expect(letters.join(''), `${taken} writes`).to.equal('aBcDe');
        watch(client.end());
        await on.settle();
      }
    });

    it(`should keep the order of messages that wait, and of those published meanwhile, ${kind}`, async () => {
      const { wire, client } = await start();
      wire.writesUntilFailure = 0;
      const first = watch(client.publish('t', 'a'));
      await on.settle();
      const second = watch(client.publish('t', 'b'));
      await on.tick(1_000);
      const third = watch(client.publish('t', 'c'));
      await on.settle();
      expect([first.completed, second.completed, third.completed]).to.deep.equal([true, true, true]);
      expect(published()).to.deep.equal(['', 'abc']);
    });

    it(`should send nothing for a caller who has left meanwhile, ${kind}`, async () => {
      const { wire, client } = await start();
      wire.writesUntilFailure = 0;
      const left = watch(client.publish('t', 'a'));
      watch(client.publish('t', 'b'));
      await on.settle();
      left.unsubscribe();
      await on.tick(1_000);
      expect(published()).to.deep.equal(['', 'b']);
    });

    it(`should have QoS 1 and 2 messages settle once each, ${kind}`, async () => {
      on.broker.connack = { sessionPresent: kind === 'with a store' };
      const { wire, client } = await start();
      wire.writesUntilFailure = 0;
      const all = ([1, 2, 0, 1] as QoS[]).map((qos) => watch(client.publish('t', String(qos), { qos })));
      await on.tick(1_000);
      expect(all.map(({ ends }) => ends)).to.deep.equal([1, 1, 1, 1]);
      // Nobody knows whether a write that threw has left: without a session the QoS 2 message cannot be exactly once.
      expect(published().join('').split('').sort().join('')).to.equal(kind === 'with a store' ? '0112' : '011');
      expect((all[1]!.error as Error | undefined)?.name).to.equal(
        kind === 'with a store' ? undefined : 'SessionLostError',
      );
    });
  }

  it('should let a publish wait that is made when the connection is known to be lost', async () => {
    const { wire, transport } = failing();
    const { client } = await on.online({ server: transport });
    wire.writesUntilFailure = 0;
    watch(client.publish('t', 'a'));
    const again = watch(client.state$);
    let late: ReturnType<typeof watch> | undefined;
    client.state$.subscribe(({ status }) => {
      if (status === 'waiting') late = watch(client.publish('t', 'b'));
    });
    await on.tick(1_000);
    expect([late?.completed, again.values.at(-1)?.status, published()]).to.deep.equal([true, 'online', ['', 'ab']]);
  });
});
