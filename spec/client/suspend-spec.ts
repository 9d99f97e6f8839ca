import { expect } from 'chai';
import { NEVER, Subject, concat, filter, take } from 'rxjs';
import {
  ClientEndedError,
  type ClientOptions,
  MessageExpiredError,
  OfflineError,
  SessionLostError,
  backoff,
} from '../../lib/index.js';
import { memoryStore } from '../../lib/store.js';
import { texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const statuses = (states: Watched<{ readonly status: string }>) => states.values.map(({ status }) => status);

kitSpecs('suspend and resume', (on) => {
  const publishedTexts = () => on.broker.published().map((one) => one.text());

  /** A client that was connected and is suspended. */
  async function suspended(options?: ClientOptions) {
    const made = await on.online(options);
    const suspend = watch(made.client.suspend());
    await on.settle();
    expect([suspend.values, suspend.completed]).to.deep.equal([[undefined], true]);
    return made;
  }

  it('should be cold', async () => {
    const { client } = await on.online();
    client.suspend();
    client.resume();
    await on.settle();
    expect([on.broker.clients.length, on.dials]).to.deep.equal([1, 1]);
  });

  it('should make no connection, whatever needs one, and do all of it when resumed', async () => {
    const client = on.client({ cleanSession: false });
    const states = watch(client.state$);
    watch(client.suspend());
    await on.settle();
    const heard = watch(client.topic$('a'));
    const waiting = [
      watch<unknown>(client.connection$.pipe(take(1))),
      watch<unknown>(client.publish('p', '0')),
      watch<unknown>(client.publish('p', '1', { qos: 1 })),
      watch<unknown>(client.subscribe('d')),
      watch<unknown>(client.unsubscribe('e')),
      watch<unknown>(client.ping()),
      watch<unknown>(client.reconnect()),
    ];
    await on.tick(60_000);
    expect(on.dials).to.equal(0);
    expect(statuses(states)).to.deep.equal(['idle', 'suspended']);
    expect(waiting.map(({ ends }) => ends)).to.deep.equal(waiting.map(() => 0));
    watch(client.resume());
    await on.settle();
    expect(waiting.map(({ completed }) => completed)).to.deep.equal(waiting.map(() => true));
    on.broker.publish('a', 'x');
    await on.settle();
    expect([texts(heard.values), on.dials]).to.deep.equal([['x'], 1]);
  });

  it('should make no connection for one who needs it in the turn in which the client was suspended', async () => {
    const client = on.client();
    const states = watch(client.state$);
    const suspend = watch(client.suspend());
    expect([suspend.values, suspend.completed]).to.deep.equal([[undefined], true]);
    watch(client.topic$('a'));
    await on.tick(60_000);
    expect([on.dials, statuses(states)]).to.deep.equal([0, ['idle', 'suspended']]);
  });

  it('should follow the last word of a turn that begins without a connection', async () => {
    const client = on.client();
    const states = watch(client.state$);
    watch(client.suspend());
    watch(client.resume());
    watch(client.suspend());
    await on.settle();
    watch(client.topic$('a'));
    await on.tick(60_000);
    expect([on.dials, statuses(states).at(-1)]).to.deep.equal([0, 'suspended']);
    watch(client.suspend());
    watch(client.resume());
    await on.settle();
    expect([on.dials, statuses(states).at(-1)]).to.deep.equal([1, 'online']);
  });

  it('should connect nobody when resumed and nobody needs it, and the next one then', async () => {
    const { client, held } = await suspended();
    const states = watch(client.state$);
    held.unsubscribe();
    await on.tick(60_000);
    watch(client.resume());
    await on.settle();
    expect([statuses(states), on.dials]).to.deep.equal([['suspended', 'idle'], 1]);
    watch(client.connection$);
    await on.settle();
    expect(on.dials).to.equal(2);
  });

  it('should connect nobody either when the last one has just left', async () => {
    const { client, held } = await suspended();
    held.unsubscribe();
    watch(client.resume());
    await on.tick(10_000);
    expect([on.dials, on.clock.countTimers()]).to.deep.equal([1, 0]);
    watch(client.ping());
    await on.settle();
    expect(on.dials).to.equal(2);
  });

  it('should connect for one who came and left and came again while suspended', async () => {
    const { client, held } = await suspended();
    held.unsubscribe();
    await on.tick(5_000);
    watch(client.topic$('a')).unsubscribe();
    await on.tick(500);
    watch(client.topic$('a'));
    await on.tick(5_000);
    watch(client.resume());
    await on.settle();
    expect(on.dials).to.equal(2);
  });

  it('should be as often as one likes, and follow the last word', async () => {
    const { client, held } = await on.online();
    const all = [client.resume(), client.resume(), client.suspend(), client.suspend()].map((act) => watch(act));
    await on.settle();
    expect(all.map(({ values, completed }) => [values.length, completed])).to.deep.equal(all.map(() => [1, true]));
    expect(on.broker.clients).to.deep.equal([]);
    watch(concat(client.suspend(), client.resume(), client.resume()));
    await on.settle();
    expect([on.dials, held.values.length]).to.deep.equal([2, 2]);
    watch(client.suspend());
    watch(client.resume());
    watch(client.suspend());
    watch(client.reconnect());
    await on.settle();
    expect(on.broker.clients).to.deep.equal([]);
    watch(client.resume());
    await on.settle();
    expect(on.broker.clients).to.have.length(1);
  });

  it('should be withdrawn by one who leaves in the same turn', async () => {
    const { client } = await on.online();
    watch(client.suspend()).unsubscribe();
    await on.settle();
    expect(on.broker.clients).to.have.length(1);
    watch(client.suspend());
    await on.settle();
    watch(client.resume()).unsubscribe();
    await on.settle();
    expect(on.dials).to.equal(1);
  });

  it("should keep publishes in the queue, in order, and fail those with offline: 'fail'", async () => {
    const { client } = await suspended();
    const queued = ['1', '2', '3'].map((text, qos) => watch(client.publish('a', text, { qos: qos as 0 | 1 | 2 })));
    const failed = watch(client.publish('a', 'x', { offline: 'fail' }));
    await on.tick(10_000);
    expect(failed.error).to.be.instanceOf(OfflineError);
    expect(queued.map(({ ends }) => ends)).to.deep.equal([0, 0, 0]);
    watch(client.resume());
    await on.settle();
    expect(publishedTexts()).to.deep.equal(['1', '2', '3']);
    expect(queued.map(({ completed }) => completed)).to.deep.equal([true, true, true]);
  });

  it('should let messages expire that wait, those that came back from the connection as well', async () => {
    const { client } = await on.online();
    const before = watch(client.publish('a', 'x', { expiry: 500 }));
    watch(client.suspend());
    await on.settle();
    expect(before.completed).to.equal(true);
    const after = watch(client.publish('a', 'y', { expiry: 500 }));
    await on.tick(499);
    expect(after.ends).to.equal(0);
    await on.tick(1);
    expect(after.error).to.be.instanceOf(MessageExpiredError);
  });

  it('should end a clean session: QoS 1 is published again, QoS 2 cannot be promised', async () => {
    const { client } = await on.online();
    const fault = on.broker.hold('puback', 'pubrec');
    const [once, exactly] = [1, 2].map((qos) => watch(client.publish('a', '', { qos: qos as 1 | 2 })));
    await on.settle();
    watch(client.suspend());
    await on.settle();
    expect([once!.ends, exactly!.ends]).to.deep.equal([0, 0]);
    fault.unsubscribe();
    watch(client.resume());
    await on.settle();
    expect(once!.completed).to.equal(true);
    expect(exactly!.error).to.be.instanceOf(SessionLostError);
  });

  it('should stop the wait for another attempt, and begin the delays anew when resumed', async () => {
    on.broker.unreachable();
    const wake = new Subject<void>();
    const client = on.client({ retryWhen: backoff({ jitter: 0, wake$: wake }) });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.tick(7_000);
    expect(states.values.at(-1)).to.include({ status: 'waiting', delay: 8_000 });
    watch(client.suspend());
    await on.settle();
    const before = on.dials;
    expect([wake.observed, on.clock.countTimers()]).to.deep.equal([false, 0]);
    await on.tick(60_000);
    expect(on.dials).to.equal(before);
    watch(client.resume());
    await on.settle();
    expect(states.values.at(-1)).to.include({ status: 'waiting', attempt: 2, delay: 1_000 });
  });

  it('should tell a ping in flight that the connection is gone, and its retry waits', async () => {
    const { client } = await on.online();
    on.broker.hold('pingresp');
    const ping = watch(client.ping());
    await on.settle();
    watch(client.suspend());
    await on.settle();
    expect(ping.error).to.include({ code: 'CONNECTION_LOST' });
  });

  it('should end at once while suspended, with nothing to wait for', async () => {
    const { client, held } = await suspended();
    const heard = watch(client.topic$('a'));
    const publish = watch(client.publish('a', 'x', { qos: 1 }));
    const ping = watch(client.ping());
    const states = watch(client.state$);
    const end = watch(client.end());
    await on.settle();
    expect([end.completed, held.completed, heard.completed]).to.deep.equal([true, true, true]);
    for (const { error } of [publish, ping]) expect(error).to.be.instanceOf(ClientEndedError);
    expect(statuses(states)).to.deep.equal(['suspended', 'closed']);
    expect([states.completed, on.dials, on.clock.countTimers()]).to.deep.equal([true, 1, 0]);
  });

  it('should err with a ClientEndedError after end, and when end comes first in its turn', async () => {
    const { client } = await on.online();
    const inTurn = [watch(client.suspend()), watch(client.resume())];
    watch(client.end());
    const late = [watch(client.suspend()), watch(client.resume())];
    await on.settle();
    for (const { error, ends } of [...inTurn, ...late]) {
      expect(error).to.be.instanceOf(ClientEndedError);
      expect(ends).to.equal(1);
    }
  });

  it('should not disturb an end that waits for what is unfinished', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    watch(client.publish('a', '', { qos: 1 }));
    await on.settle();
    const suspend = watch(client.suspend());
    const end = watch(client.end({ timeout: 100 }));
    await on.settle();
    expect([on.broker.clients.length, suspend.ends, end.ends]).to.deep.equal([1, 1, 0]);
    await on.tick(100);
    expect(end.completed).to.equal(true);
  });

  it('should stay ended when it is ended by one who hears of it', async () => {
    for (const status of ['closing', 'suspended'] as const) {
      const { client } = await on.online();
      const ends: Watched<void>[] = [];
      client.state$.pipe(filter((state) => state.status === status)).subscribe(() => ends.push(watch(client.end())));
      const suspend = watch(client.suspend());
      await on.settle();
      expect([ends[0]!.completed, suspend.ends, on.clock.countTimers()], status).to.deep.equal([true, 1, 0]);
      watch(client.resume());
      await on.settle();
      expect(on.broker.clients).to.deep.equal([]);
    }
  });

  it('should be resumed by one who hears of it, and suspended again by one who hears of that', async () => {
    const { client, held } = await on.online();
    let times = 0;
    client.state$.subscribe(({ status }) => {
      if (times > 12) return;
      times++;
      if (status === 'suspended') watch(client.resume());
      if (status === 'connecting') watch(client.suspend());
    });
    watch(client.suspend());
    for (let i = 0; i < 20; i++) await on.settle();
    watch(client.resume());
    await on.settle();
    expect([held.ends, on.broker.clients.length]).to.deep.equal([0, 1]);
  });

  it('should be suspended inside every kind of callback, and do the rest when resumed', async () => {
    const client = on.client();
    const seen: string[] = [];
    const once = (name: string) => () => {
      if (seen.includes(name)) return;
      seen.push(name);
      watch(client.suspend());
    };
    client.events$.subscribe((event) => once(event.type)());
    client.connection$.subscribe(once('connection$'));
    client.topic$('a', { qos: 1 }).subscribe(once('message'));
    client.subscriptions$.subscribe(once('subscriptions$'));
    client.subscribe('d').subscribe({ next: once('grant') });
    const publish = watch(client.publish('p', 'x', { qos: 2 }));
    client.publish('p', 'x', { qos: 1 }).subscribe({ next: once('receipt'), complete: once('received') });
    for (let i = 0; i < 20; i++) {
      await on.settle();
      watch(client.resume());
    }
    await on.settle();
    on.broker.publish('a', 'x', { qos: 1 });
    await on.settle();
    expect(on.broker.clients).to.deep.equal([]);
    watch(client.resume());
    await on.settle();
    expect(seen).to.include.members(['connecting', 'connected', 'connection$', 'grant', 'receipt', 'received', 'message', 'resumed']); // prettier-ignore
    expect([publish.ends, on.broker.clients.length]).to.deep.equal([1, 1]);
  });

  it('should give up the opening of a store, and take it when resumed, with what it holds', async () => {
    const store = memoryStore();
    const options = { clientId: 'kept', cleanSession: false, store };
    const before = on.client(options);
    const hanging = on.broker.hang();
    watch(before.publish('a', 'left', { qos: 1 }));
    await on.settle();
    watch(before.end({ force: true }));
    await on.settle();
    hanging.unsubscribe();
    const client = on.client(options);
    const held = watch(client.connection$);
    watch(client.suspend());
    await on.settle();
    expect(on.dials).to.equal(1); // that of the process before
    watch(client.resume());
    await on.settle();
    await on.settle();
    expect(held.values.length).to.equal(1);
    expect(publishedTexts()).to.deep.equal(['left']);
  });

  it('should keep in a store what is published meanwhile, for the next process as well', async () => {
    const options = { clientId: 'kept', cleanSession: false, store: memoryStore() };
    const { client } = await suspended(options);
    const publish = watch(client.publish('a', 'meanwhile', { qos: 1 }));
    await on.settle();
    await on.settle();
    watch(client.end());
    await on.settle();
    expect(publish.error).to.be.instanceOf(ClientEndedError);
    await on.online(options);
    for (let i = 0; i < 3; i++) await on.settle();
    expect(publishedTexts()).to.deep.equal(['meanwhile']);
  });

  it('should count for metrics$ as a connection that is closed', async () => {
    const { client } = await on.online();
    const metrics = watch(client.metrics$(1_000));
    watch(client.suspend());
    await on.tick(60_000);
    expect(metrics.values.length).to.equal(1);
  });
});

clientSpecs('what the broker sees of suspend and resume', (on) => {
  it('should say DISCONNECT, close, emit and complete, and connect again when resumed', async () => {
    const { client, held, server } = await on.online();
    const states = watch(client.state$);
    const events = watch(client.events$.pipe(filter(({ type }) => !type.startsWith('packet-'))));
    const suspend = watch(client.suspend());
    await on.settle();
    expect(server.received.map(({ type }) => type)).to.deep.equal(['connect', 'disconnect']);
    expect([suspend.values, suspend.completed, server.hungUp]).to.deep.equal([[undefined], true, true]);
    await on.tick(3_600_000);
    expect([on.broker.dials, held.ends, on.clock.countTimers()]).to.deep.equal([1, 0, 0]);
    const resume = watch(client.resume());
    await on.settle();
    expect([resume.values, resume.completed, on.broker.dials, held.values.length]).to.deep.equal([
      [undefined],
      true,
      2,
      2,
    ]);
    expect(statuses(states)).to.deep.equal(['online', 'closing', 'suspended', 'connecting', 'online']);
    const types = events.values.map(({ type }) => type);
    expect(types).to.deep.equal(['disconnected', 'suspended', 'resumed', 'connecting', 'connected']);
  });

  it('should send what was published in the same turn before it closes', async () => {
    const { client, server } = await on.online();
    const publish = watch(client.publish('a', '1'));
    watch(client.suspend());
    await on.settle();
    expect([publish.completed, server.received.map(({ type }) => type)]).to.deep.equal([
      true,
      ['connect', 'publish', 'disconnect'],
    ]);
  });

  it('should repeat what was in flight in a session that the broker kept', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('publish');
    const publishes = [1, 2].map((qos) => watch(client.publish('a', String(qos), { qos: qos as 1 | 2 })));
    await on.settle();
    watch(client.suspend());
    await on.tick(60_000);
    on.broker.silentOn.clear();
    on.broker.connack = { sessionPresent: true };
    watch(client.resume());
    await on.settle();
    expect(on.broker.current.take('publish').map(({ qos, dup }) => [qos, dup])).to.deep.equal([[1, true], [2, true]]); // prettier-ignore
    expect(publishes.map(({ completed }) => completed)).to.deep.equal([true, true]);
  });

  it('should give up an attempt, while it dials, asks options, or waits for CONNACK', async () => {
    const never = on.client({ username: () => NEVER });
    watch(never.connection$);
    const dialling = on.client();
    on.broker.dial = 'hang';
    watch(dialling.connection$);
    await on.settle();
    on.broker.dial = 'accept';
    on.broker.connack = 'silent';
    const greeting = on.client();
    watch(greeting.connection$);
    await on.settle();
    for (const client of [never, dialling, greeting]) watch(client.suspend());
    await on.settle();
    expect(on.clock.countTimers()).to.equal(0);
    expect(on.sent()).to.deep.equal(['connect', 'disconnect']);
  });
});
