import { expect } from 'chai';
import { NEVER, concat, defer, map, of, Subject, throwError } from 'rxjs';
import type { Transport } from '../../lib/transport/Transport.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

kitSpecs('the option server', (on) => {
  it('should have no say any more once a connection is dialled: an Observable that errs then ends nothing', async () => {
    for (const isAccepted of [true, false]) {
      const fault = isAccepted ? undefined : on.broker.hold('connack');
      const server$ = new Subject<Transport>();
      const client = on.client({ server: () => server$ });
      const held = watch(client.connection$);
      server$.next(on.broker);
      await on.settle();
      server$.error(new Error('the directory of servers is gone'));
      await on.settle();
      fault?.unsubscribe();
      await on.tick(10_000);
      expect([held.values.length, held.ends, on.broker.clients.length]).to.deep.equal([1, 0, 1]);
      watch(client.end());
      await on.settle();
    }
  });

  it('should have no say any more either when it emits another address, or completes', async () => {
    const server$ = new Subject<Transport>();
    let dials = 0;
    const counted = defer(() => (dials++, on.broker));
    const client = on.client({ server: () => server$ });
    const held = watch(client.connection$);
    server$.next(counted);
    await on.settle();
    server$.next(counted);
    server$.complete();
    await on.tick(10_000);
    expect([held.values.length, held.ends, dials]).to.deep.equal([1, 0, 1]);
  });

  it('should be an error of the attempt when it errs before anything is dialled', async () => {
    let calls = 0;
    const server = () => (++calls === 1 ? throwError(() => new Error('no server')) : concat(of(on.broker), NEVER));
    const client = on.client({ server });
    const states = watch(client.state$);
    const held = watch(client.connection$);
    await on.settle();
    expect(states.values.at(-1)).to.have.nested.property('cause.cause.message', 'no server');
    await on.tick(1_000);
    expect(held.values.length).to.equal(1);
  });

  // ─── a list ───

  /** A list of three servers, and which of them were dialled. */
  const list = () => {
    const dialled: string[] = [];
    const server = ['a', 'b', 'c'].map((name) =>
      on.broker.pipe(
        map((duplex) => {
          dialled.push(name);
          return duplex;
        }),
      ),
    );
    return { dialled, server };
  };

  it('should go on with the same server of a list after a connection that was stable', async () => {
    const { dialled, server } = list();
    watch(on.client({ server }).connection$);
    await on.settle();
    for (let i = 0; i < 3; i++) {
      await on.tick(10_000);
      on.broker.hangUp();
      await on.tick(1_000);
    }
    expect(dialled).to.deep.equal(['a', 'a', 'a', 'a']);
  });

  it('should try the servers of a list in turn when connections do not last', async () => {
    const { dialled, server } = list();
    watch(on.client({ server }).connection$);
    await on.settle();
    for (let i = 0; i < 3; i++) {
      await on.tick(100);
      on.broker.hangUp();
      await on.tick(10_000 * i + 4_000);
    }
    expect(dialled.slice(0, 3)).to.deep.equal(['a', 'b', 'c']);
  });

  it('should go on with the same server of a list when nobody needed the connection for a while', async () => {
    const { dialled, server } = list();
    const client = on.client({ server });
    for (let i = 0; i < 4; i++) {
      watch(client.publish('a', 'x'));
      await on.tick(10_000 * (i % 2) + 2_000);
    }
    expect(dialled).to.deep.equal(['a', 'a', 'a', 'a']);
  });

  it('should go on with the next server of a list when nobody waited for an attempt any more', async () => {
    const { dialled, server } = list();
    on.broker.hold('connack');
    const client = on.client({ server, linger: 0 });
    for (let i = 0; i < 3; i++) {
      const held = watch(client.connection$);
      await on.tick(1_000);
      held.unsubscribe();
      await on.tick(1_000);
    }
    expect(dialled).to.deep.equal(['a', 'b', 'c']);
  });
});

kitSpecs("cleanSession: 'first'", (on) => {
  const first = { cleanSession: 'first' } as const;
  let starts: boolean[];
  /** What the broker says to CONNECT. */
  let verdict: true | number;

  beforeEach(() => {
    starts = [];
    verdict = true;
    on.start({
      authenticate({ cleanStart }) {
        starts.push(cleanStart);
        return verdict;
      },
    });
  });

  it('should start clean again when the first connection breaks before CONNACK', async () => {
    const fault = on.broker.hold('connack');
    watch(on.client(first).connection$);
    await on.settle();
    on.broker.hangUp();
    await on.tick(1_000);
    on.broker.hangUp();
    fault.unsubscribe();
    await on.tick(2_000);
    expect(starts).to.deep.equal([true, true, true]);
  });

  it('should start clean once when the first connection breaks right after CONNACK', async () => {
    watch(on.client(first).connection$);
    await on.settle();
    on.broker.hangUp();
    await on.tick(1_000);
    on.broker.hangUp();
    await on.tick(2_000);
    expect(starts).to.deep.equal([true, false, false]);
  });

  it('should start clean once whatever subscribers come and go, and after a fatal error as well', async () => {
    const client = on.client(first);
    const held = watch(client.connection$);
    await on.settle();
    held.unsubscribe();
    await on.tick(5_000);
    verdict = 0x87;
    const refused = watch(client.connection$);
    await on.settle();
    expect(refused.error).to.include({ code: 'CONNECTION_REFUSED' });
    verdict = true;
    watch(client.connection$);
    await on.settle();
    expect(starts).to.deep.equal([true, false, false]);
  });
});

kitSpecs('subscriptions that are answered', (on) => {
  it('should leave no timer, nor a wait for the next one', async () => {
    const { client } = await on.online({ keepAlive: 0, subscribeTimeout: 2_000 });
    const before = on.clock.countTimers();
    const heard = Array.from({ length: 100 }, (_, i) => watch(client.topic$(`t/${i}`)));
    watch(client.subscribe('durable'));
    await on.settle();
    for (const one of heard) one.unsubscribe();
    watch(client.unsubscribe('durable'));
    await on.settle();
    await on.tick(5_000); // the pause after retained messages
    expect([on.clock.countTimers(), before]).to.deep.equal([0, 0]);
  });
});

clientSpecs('a SUBSCRIBE that is answered', (on) => {
  it('should not be credited with the answer to an older one, nor lose its identifier to a publish', async () => {
    on.broker.silentOn.add('subscribe').add('publish');
    const { client, server } = await on.online({ maxInflight: 65_535 });
    const first = watch(client.subscribe('a'));
    await on.settle();
    const [asked] = server.take('subscribe');
    const all = Array.from({ length: 65_535 }, () => watch(client.publish('t', '', { qos: 1 })));
    await on.settle();
    const sent = server.received.filter((one) => one.type === 'publish');
    const ids = new Set(sent.map(({ packetId }) => packetId));
    expect([ids.size, ids.has(asked!.packetId)]).to.deep.equal([65_534, false]);
    server.send(...[...ids].map((packetId) => ({ type: 'puback', packetId }) as const));
    await on.settle();
    expect(first.ends).to.equal(0);
    server.send({ type: 'suback', packetId: asked!.packetId, reasonCodes: [0] });
    await on.settle();
    expect(first.values).to.deep.equal([[{ filter: 'a', requested: 0, granted: 0 }]]);
    for (const one of all) one.unsubscribe();
    server.close();
    await on.tick(1_000);
    // A late SUBACK of the first connection cannot come on the second, and one that nobody asked for says nothing.
    const second = watch(client.subscribe('b'));
    await on.settle();
    const [again] = on.broker.current.take('subscribe').slice(-1);
    on.broker.current.send({ type: 'suback', packetId: again!.packetId + 1, reasonCodes: [0x80] });
    await on.settle();
    expect(second.ends).to.equal(0);
  });
});
