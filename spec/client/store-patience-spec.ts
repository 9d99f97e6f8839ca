import { expect } from 'chai';
import { NEVER, concatMap, lastValueFrom, retry, timer } from 'rxjs';
import { type MqttError, StoreError } from '../../lib/index.js';
import { memoryStore, sessionStore } from '../../lib/store.js';
import { GatedStore } from '../support/GatedStore.js';
import { message, texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const persistent = ({ store }: Pick<GatedStore, 'store'>) => ({ cleanSession: false, store }) as const;

kitSpecs('a store that does not open', (on) => {
  const publishedTexts = () => on.broker.published().map((one) => one.text());

  it('should be given up after connectTimeout with a StoreError for everybody who waits', async () => {
    const disk = new GatedStore();
    disk.isGated = true;
    const client = on.client({ ...persistent(disk), connectTimeout: 3_000 });
    const states = watch(client.state$);
    const held = watch(client.connection$);
    const heard = watch(client.topic$('a'));
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    await on.tick(2_999);
    expect([held.ends, heard.ends, sent.ends, states.values.at(-1)]).to.deep.equal([
      0,
      0,
      0,
      { status: 'connecting', attempt: 1 },
    ]);
    await on.tick(1);
    for (const { error } of [held, heard, sent]) {
      expect(error).to.be.instanceOf(StoreError).and.include({ during: 'open' });
      expect((error as Error).message).to.contain('3000 ms');
    }
    expect(states.values.at(-1)!.status).to.equal('closed');
    expect([on.clock.countTimers(), on.dials]).to.deep.equal([0, 0]);
    disk.ungate();
  });

  it('should be waited for again by the next subscriber, and opened once', async () => {
    const disk = new GatedStore();
    disk.isGated = true;
    const client = on.client({ ...persistent(disk), connectTimeout: 1_000 });
    const first = watch(client.publish('a', '1', { qos: 1 }));
    await on.tick(1_000);
    const second = watch(client.publish('a', '2', { qos: 1 }));
    await on.tick(999);
    disk.ungate();
    await on.settle();
    expect([first.error instanceof StoreError, second.completed, disk.opens]).to.deep.equal([true, true, 1]);
    expect(publishedTexts()).to.deep.equal(['2']);
  });

  it('should be asked to open again when it failed to meanwhile', async () => {
    const disk = new GatedStore();
    let opens = 0;
    const store = sessionStore((clientId) =>
      ++opens === 1
        ? lastValueFrom(
            timer(5_000).pipe(
              concatMap(() => {
                throw new Error('locked');
              }),
            ),
          )
        : disk.store.open(clientId),
    );
    const client = on.client({ cleanSession: false, store, connectTimeout: 1_000 });
    const first = watch(client.publish('a', '1', { qos: 1 }));
    await on.tick(5_000);
    expect((first.error as MqttError).message).to.contain('did not open within');
    const second = watch(client.publish('a', '2', { qos: 1 }));
    await on.settle();
    expect([second.completed, opens]).to.deep.equal([true, 2]);
  });

  it('should lose nothing when it opens late: what an earlier process left is sent by the next connection', async () => {
    const disk = new GatedStore();
    const earlier = on.client({ ...persistent(disk), server: NEVER, connectTimeout: 100_000 });
    for (const text of ['1', '2']) watch(earlier.publish('a', text, { qos: 1 }));
    await on.settle();
    const left = disk.survivor();
    left.isGated = true;
    const client = on.client({ ...persistent(left), clientId: 'next', connectTimeout: 1_000 });
    const events = watch(client.events$);
    const held = watch(client.connection$.pipe(retry({ count: 1, delay: 10_000 })));
    await on.tick(5_000);
    left.ungate();
    await on.settle();
    expect(events.values).to.deep.include({ type: 'recovered', inFlight: 0, queued: 2, received: 0 });
    await on.tick(5_999);
    expect(on.dials).to.equal(0, 'nobody needs a connection');
    await on.tick(1);
    await on.tick(0);
    expect(publishedTexts()).to.deep.equal(['1', '2']);
    expect([held.values.length, left.kinds()]).to.deep.equal([1, 'f']);
  });

  it('should not keep a client from ending, nor leave a timer', async () => {
    const disk = new GatedStore();
    disk.isGated = true;
    const client = on.client(persistent(disk));
    const held = watch(client.connection$);
    await on.settle();
    const end = watch(client.end({ timeout: 0 }));
    await on.tick(5_000);
    expect([held.completed, end.completed, on.clock.countTimers()]).to.deep.equal([true, true, 0]);
    disk.ungate();
    await on.settle();
    expect([disk.closes, on.dials]).to.deep.equal([1, 0]);
  });

  it('should not be opened at all by those who need no connection', async () => {
    const disk = new GatedStore();
    const client = on.client(persistent(disk));
    for (const stream$ of [client.state$, client.subscriptions$, client.messages$()]) watch<unknown>(stream$);
    await on.tick(20_000);
    expect(disk.opens).to.equal(0);
    watch(client.end());
    await on.settle();
  });
});

clientSpecs('the end of a client with a store', (on) => {
  for (const options of [{ timeout: 0 }, { force: true }, {}] as const) {
    it(`should complete when the next client finds the store free: ${JSON.stringify(options)}`, async () => {
      const store = memoryStore();
      on.broker.silentOn.add('publish');
      const { client } = await on.online({ cleanSession: false, store });
      watch(client.publish('a', 'x', { qos: 1 }));
      if (!('force' in options)) await on.settle();
      const next = on.client({ cleanSession: false, store });
      let taken: { values: readonly unknown[]; error: unknown } | undefined;
      client.end(options).subscribe({
        complete: () => {
          on.broker.silentOn.clear();
          on.broker.connack = { sessionPresent: true };
          taken = watch(next.connection$);
        },
      });
      await on.tick(5_000);
      expect([taken?.error, taken?.values.length]).to.deep.equal([undefined, 1]);
      expect(texts(on.broker.current.take('publish'))).to.deep.equal(['x']);
    });
  }

  it('should complete when a slow store is closed, not before, with what came last in it', async () => {
    const disk = new GatedStore();
    on.broker.silentOn.add('publish');
    const { client, server } = await on.online(persistent(disk));
    await on.settle();
    disk.isGated = true;
    watch(client.publish('a', 'x', { qos: 1 }));
    server.send(message('b', 'y', { qos: 2, packetId: 9 }));
    await on.settle();
    const end = watch(client.end({ timeout: 0 }));
    await on.tick(1_000);
    expect([end.ends, disk.closes]).to.deep.equal([0, 0]);
    disk.ungate();
    await on.settle();
    expect([end.completed, disk.closes, disk.kinds()]).to.deep.equal([true, 1, 'fmr']);
  });
});
