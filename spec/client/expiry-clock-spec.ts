import { expect } from 'chai';
import { Subscription, filter, map } from 'rxjs';
import { MessageExpiredError } from '../../lib/index.js';
import { GatedStore } from '../support/GatedStore.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

const HOUR = 3_600_000;
/** After the release of this library: before that no clock is believed. */
const TODAY = Date.UTC(2027, 0, 1);
const IN_1970 = 5_000;
/** The longest wait of a timer, and a little: milliseconds. */
const A_MONTH = 31 * 24 * HOUR;

const persistent = ({ store }: Pick<GatedStore, 'store'>) => ({ cleanSession: false, store }) as const;

kitSpecs('the expiry of a message that waits', (on) => {
  let hanging: Subscription;
  beforeEach(() => (hanging = new Subscription()));
  /** A client without a connection. */
  const offline = async (options = {}) => {
    hanging.add(on.broker.hang());
    const client = on.client({ connectTimeout: 2_000, ...options });
    watch(client.connection$);
    await on.settle();
    return client;
  };
  /** Lets the connection come at the next attempt, after two minutes at most. */
  const connect = () => {
    hanging.unsubscribe();
    return on.tick(32_000);
  };
  const published = () => on.broker.published().map((one) => one.text());

  it('should go by what has passed when the clock is set back', async () => {
    on.clock.setSystemTime(TODAY);
    const client = await offline();
    const waiting = watch(client.publish('a', 'x', { expiry: 60_000 }));
    await on.tick(30_000);
    on.clock.setSystemTime(TODAY - 24 * HOUR);
    await on.tick(29_999);
    expect(waiting.ends).to.equal(0);
    await on.tick(1);
    expect(waiting.error).to.be.instanceOf(MessageExpiredError);
  });

  it('should not begin anew with a clock that is set back again and again', async () => {
    on.clock.setSystemTime(TODAY);
    const client = await offline();
    const waiting = watch(client.publish('a', 'x', { expiry: 60_000 }));
    for (let i = 0; i < 6; i++) {
      expect(waiting.ends).to.equal(0);
      await on.tick(10_000);
      on.clock.setSystemTime(TODAY - i * HOUR);
    }
    expect(waiting.error).to.be.instanceOf(MessageExpiredError);
    await connect();
    expect(published()).to.deep.equal([]);
  });

  it('should have passed when a laptop has slept for 8 hours and its monotonic clock stood still', async () => {
    on.clock.setSystemTime(TODAY);
    const client = await offline();
    const short = watch(client.publish('a', 'short', { qos: 1, expiry: HOUR }));
    const long = watch(client.publish('a', 'long', { qos: 1, expiry: 9 * HOUR }));
    await on.tick(1_000);
    on.clock.setSystemTime(TODAY + 8 * HOUR);
    await connect();
    expect(short.error).to.be.instanceOf(MessageExpiredError);
    expect([long.completed, published()]).to.deep.equal([true, ['long']]);
  });

  it('should be asked when the message is sent, also of one that an acknowledgement makes room for', async () => {
    on.clock.setSystemTime(TODAY);
    on.broker.hold('puback');
    const { client } = await on.online({ maxInflight: 1 });
    watch(client.publish('a', 'first', { qos: 1 }));
    const short = watch(client.publish('a', 'short', { qos: 1, expiry: HOUR }));
    const long = watch(client.publish('a', 'long', { qos: 1, expiry: 9 * HOUR }));
    await on.settle();
    expect(published()).to.deep.equal(['first']);
    on.clock.setSystemTime(TODAY + 8 * HOUR);
    on.broker.release();
    await on.settle();
    expect(published()).to.deep.equal(['first', 'long']);
    expect([(short.error as Error).name, long.completed]).to.deep.equal(['MessageExpiredError', true]);
  });

  it('should be asked when the message is sent, also of one that the end of a turn takes out of the queue', async () => {
    on.clock.setSystemTime(TODAY);
    const { client } = await on.online();
    watch(client.topic$('b')); // goes out first
    const short = watch(client.publish('a', 'short', { expiry: HOUR }));
    on.clock.setSystemTime(TODAY + 8 * HOUR);
    await on.settle();
    expect([published(), (short.error as Error).name]).to.deep.equal([[], 'MessageExpiredError']);
  });

  it('should be asked again of a QoS 0 message that a transport did not take', async () => {
    let isBroken = false;
    const server = on.broker.pipe(
      map((duplex) => ({
        bytes$: duplex.bytes$,
        buffered: 0,
        write: (bytes: Uint8Array) => {
          if (isBroken) throw new Error('EPIPE');
          duplex.write(bytes);
        },
      })),
    );
    const { client } = await on.online({ server });
    isBroken = true;
    const short = watch(client.publish('a', 'short', { expiry: 500 }));
    const long = watch(client.publish('a', 'long', { expiry: HOUR }));
    await on.settle();
    expect([short.ends, long.ends]).to.deep.equal([0, 0]);
    isBroken = false;
    await on.tick(500);
    expect(short.error).to.be.instanceOf(MessageExpiredError);
    await on.tick(500);
    expect([long.completed, published()]).to.deep.equal([true, ['long']]);
  });

  it('should be asked when the message is sent, also of one that waits until a slow store has written others', async () => {
    on.clock.setSystemTime(TODAY);
    const disk = new GatedStore();
    const { client } = await on.online(persistent(disk));
    await on.settle();
    disk.isGated = true;
    watch(client.publish('a', 'x'.repeat(17_000_000), { qos: 1 })); // no more is written before it has left
    const short = watch(client.publish('a', 'short', { qos: 1, expiry: HOUR }));
    await on.settle();
    on.clock.setSystemTime(TODAY + 8 * HOUR);
    disk.ungate();
    await on.tick(100);
    expect(published().map(({ length }) => length)).to.deep.equal([17_000_000]);
    expect(short.error).to.be.instanceOf(MessageExpiredError);
  });

  it('should go by what has passed on a device whose clock stands at 1970', async () => {
    on.clock.setSystemTime(IN_1970);
    const client = await offline();
    const short = watch(client.publish('a', 'short', { expiry: 60_000 }));
    const long = watch(client.publish('a', 'long', { expiry: HOUR }));
    await on.tick(60_000);
    expect([(short.error as Error).name, long.ends]).to.deep.equal(['MessageExpiredError', 0]);
    await connect();
    expect([long.completed, published()]).to.deep.equal([true, ['long']]);
  });

  it('should not have passed because a clock was set from 1970 to today with messages waiting', async () => {
    on.clock.setSystemTime(IN_1970);
    const client = await offline();
    const short = watch(client.publish('a', 'short', { qos: 1, expiry: 60_000 }));
    const long = watch(client.publish('a', 'long', { qos: 1, expiry: HOUR }));
    await on.tick(10_000);
    on.clock.setSystemTime(TODAY);
    await on.tick(49_999);
    expect([short.ends, long.ends]).to.deep.equal([0, 0]);
    await on.tick(1);
    expect(short.error).to.be.instanceOf(MessageExpiredError);
    await connect();
    expect([long.completed, published()]).to.deep.equal([true, ['long']]);
  });

  for (const [what, before, after, set, sent] of [
    ['at 1970 before a restart, and today after it', IN_1970, TODAY, undefined, ['a', 'b']],
    ['today before a restart, and at 1970 after it', TODAY, IN_1970, undefined, ['a', 'b']],
    ['at 1970 before and after a restart', IN_1970 + HOUR, IN_1970, undefined, ['a', 'b']],
    ['at 1970 before and after a restart, and is set to today then', IN_1970, IN_1970, TODAY + 2 * HOUR, ['a', 'b']],
    ['today before a restart, at 1970 after it, and is set to what is true', TODAY, IN_1970, TODAY + 2 * HOUR, ['b']],
    ['today before a restart, and two hours later after it', TODAY, TODAY + 2 * HOUR, undefined, ['b']],
    ['set back by a restart', TODAY, TODAY - 24 * HOUR, undefined, ['a', 'b']],
  ] as const) {
    it(`should lose no message of a store to a clock that is ${what}`, async () => {
      on.clock.setSystemTime(before);
      const disk = new GatedStore();
      const first = await offline(persistent(disk));
      watch(first.publish('a', 'a', { qos: 1, expiry: HOUR }));
      watch(first.publish('a', 'b', { qos: 1, expiry: 24 * HOUR }));
      await on.settle();
      const left = disk.survivor();
      watch(first.end({ force: true }));
      await on.settle();

      on.clock.setSystemTime(after);
      watch((await offline({ ...persistent(left), clientId: 'next' })).events$);
      await on.tick(2_000);
      if (set !== undefined) on.clock.setSystemTime(set);
      await connect();
      expect(published()).to.deep.equal(sent);
    });
  }

  it('should go on to run after a restart on a device whose clock stands at 1970', async () => {
    on.clock.setSystemTime(IN_1970);
    const disk = new GatedStore();
    const first = await offline(persistent(disk));
    watch(first.publish('a', 'a', { qos: 1, expiry: 60_000 }));
    await on.settle();
    const left = disk.survivor();
    watch(first.end({ force: true }));
    await on.settle();
    on.clock.setSystemTime(IN_1970);
    const next = await offline({ ...persistent(left), clientId: 'next' });
    const dropped = watch(next.events$.pipe(filter(({ type }) => type === 'message-dropped')));
    await on.tick(59_999);
    expect(dropped.values).to.deep.equal([]);
    await on.tick(1);
    expect(dropped.values).to.deep.equal([{ type: 'message-dropped', topic: 'a', reason: 'expired' }]);
    expect(left.kinds()).to.equal('f');
  });

  it('should not overflow a timer: what may wait for a month after a restart waits', async () => {
    on.clock.setSystemTime(TODAY);
    const disk = new GatedStore();
    const first = await offline(persistent(disk));
    watch(first.publish('a', 'a', { qos: 1, expiry: 2_147_483_647 }));
    await on.settle();
    const left = disk.survivor();
    watch(first.end({ force: true }));
    await on.settle();
    on.clock.setSystemTime(TODAY - A_MONTH);
    const next = await offline({ ...persistent(left), clientId: 'next' });
    const dropped = watch(next.events$.pipe(filter(({ type }) => type === 'message-dropped')));
    await on.tick(1_000);
    await connect();
    expect([dropped.values, published()]).to.deep.equal([[], ['a']]);
  });
});
