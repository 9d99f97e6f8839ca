import { expect } from 'chai';
import {
  NEVER,
  type Observable,
  asapScheduler,
  asyncScheduler,
  concat,
  delay,
  filter,
  finalize,
  map,
  of,
  take,
  tap,
  throwError,
} from 'rxjs';
import { backoff, logTo } from '../../lib/index.js';
import { sessionStore } from '../../lib/store.js';
import { GatedStore } from '../support/GatedStore.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

const boom = (): never => {
  throw new Error('boom');
};

/** Lets an action of the application throw inside the scheduler's queue, now. */
function throwInAsap(): void {
  asapScheduler.schedule(boom);
}

/** Runs what is in the queue of `asapScheduler`, now. An action that throws drops those behind it. */
function flushAsap(): void {
  expect(() => asapScheduler.flush(undefined as never)).to.throw('boom');
}

kitSpecs('an exception of the application', (on) => {
  it('should cost the client nothing when it is thrown inside asapScheduler', async () => {
    const { client } = await on.online();
    throwInAsap();
    const first = watch(client.publish('a', '1', { qos: 1 }));
    const heard = watch(client.topic$('b'));
    flushAsap();
    await on.settle();
    const second = watch(client.publish('a', '2', { qos: 1 }));
    await on.settle();
    expect([first.completed, second.completed]).to.deep.equal([true, true]);
    expect(on.broker.published('a').map((one) => one.text())).to.deep.equal(['1', '2']);
    on.broker.publish('b', 'x');
    await on.settle();
    expect(heard.values.length).to.equal(1);
  });

  it('should cost the client nothing when it is thrown inside asapScheduler while a reconnect is due', async () => {
    const { client, held } = await on.online();
    const waiting = watch(client.publish('a', '1', { qos: 1 }));
    throwInAsap();
    on.broker.hangUp();
    flushAsap();
    await on.tick(1_000);
    expect([waiting.completed, held.values.length]).to.deep.equal([true, 2]);
  });

  it('should cost the client nothing when it is thrown inside asyncScheduler', async () => {
    const { client } = await on.online({ keepAlive: 10 });
    const pings = watch(client.events$.pipe(filter(({ type }) => type === 'ping')));
    asyncScheduler.schedule(boom, 10_000);
    expect(() => on.clock.tick(10_000)).to.throw('boom');
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    await on.tick(10_000);
    expect(sent.completed).to.equal(true);
    expect(pings.values.length).to.be.at.least(1);
  });

  it('should cost the client nothing when it is thrown in next, error or complete of any stream', async () => {
    const { client, held } = await on.online();
    const all = [client.connection$, client.state$, client.events$, client.subscriptions$, client.messages$()];
    for (const stream$ of all) (stream$ as Observable<unknown>).subscribe({ next: boom, error: boom, complete: boom });
    client.topic$('b', { qos: 2 }).subscribe({ next: boom, error: boom });
    client.publish('a', '1', { qos: 1 }).subscribe({ next: boom, complete: boom });
    client.publish('+', '1').subscribe({ error: boom });
    client.subscribe('c').subscribe({ next: boom, complete: boom });
    client.unsubscribe('c').subscribe({ next: boom, complete: boom });
    client.ping().subscribe({ next: boom, complete: boom });
    client.metrics$(1_000).subscribe({ next: boom });
    await on.settle();
    on.broker.publish('b', '1', { qos: 1 });
    on.broker.publish('b', '2', { qos: 2 });
    await on.tick(1_000);
    expect(on.broker.acknowledged('b').length).to.equal(2);
    const heard = watch(client.topic$('b').pipe(map((one) => one.text())));
    const sent = watch(client.publish('a', '2', { qos: 2 }));
    await on.settle();
    on.broker.publish('b', '3');
    on.broker.hangUp();
    await on.tick(1_000);
    expect([sent.completed, heard.values, held.values.length]).to.deep.equal([true, ['3'], 2]);
    watch(client.end());
    await on.tick(1); // when RxJS reports what nobody handled
    expect(new Set(on.unhandled().map(String))).to.deep.equal(new Set(['Error: boom']));
  });

  it('should cost one attempt when it is thrown by a function that gives an option', async () => {
    for (const option of ['server', 'username', 'password', 'will', 'tls'] as const) {
      let calls = 0;
      const given = { server: on.broker, username: 'u', password: 'p', will: undefined, tls: {} }[option];
      const client = on.client({
        username: 'u',
        [option]: () => (++calls === 1 ? boom() : given),
        ...(option === 'tls' ? { server: 'mqtts://127.0.0.1:1' } : {}),
      });
      const states = watch(client.state$);
      const held = watch(client.connection$);
      await on.settle();
      expect(states.values.at(-1), option).to.have.nested.property('cause.cause.message', 'boom');
      if (option !== 'tls') await on.tick(1_000);
      expect(held.values.length, option).to.equal(option === 'tls' ? 0 : 1);
      held.unsubscribe();
      await on.tick(1_000);
    }
  });

  it('should cost the connection, and not the client, when it is thrown by retryWhen or by what backoff was given', async () => {
    for (const retryWhen of [
      boom,
      backoff({ random: boom }),
      backoff({ isRetryable: boom }),
      Object.assign(() => [boom()], { stableAfter: 1 }),
    ]) {
      const { client, held } = await on.online({ retryWhen });
      on.broker.hangUp();
      await on.tick(0);
      expect(held.error).to.include({ code: 'CONNECTION_FAILED' }).and.have.nested.property('cause.message', 'boom');
      const again = watch(client.connection$);
      await on.tick(0);
      expect(again.values.length).to.equal(1);
      again.unsubscribe();
      await on.tick(1_000);
    }
  });

  it('should cost the client nothing when it is thrown by the target of logTo', async () => {
    const client = on.client();
    const target = { log: boom };
    client.events$.subscribe(logTo(target));
    const piped = watch(client.events$.pipe(logTo(target)));
    const held = watch(client.connection$);
    const sent = watch(client.publish('a', 'x', { qos: 2 }));
    await on.settle();
    on.broker.hangUp();
    await on.tick(1_000);
    expect([sent.completed, held.values.length, String(piped.error)]).to.deep.equal([true, 2, 'Error: boom']);
    watch(client.end());
    await on.tick(1);
    expect(on.unhandled().length).to.be.greaterThan(5);
  });

  it('should be an error of the attempt when it is thrown by the open function of a store', async () => {
    const disk = new GatedStore();
    for (const open of [boom, () => Promise.reject(new Error('boom'))]) {
      let calls = 0;
      const store = sessionStore((clientId) => (++calls === 1 ? open() : disk.store.open(clientId)));
      const client = on.client({ cleanSession: false, store });
      const lost = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      expect(lost.error).to.have.nested.property('cause.message', 'boom');
      const sent = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      expect(sent.completed).to.equal(true);
      watch(client.end());
      await on.settle();
    }
  });

  it('should be an error of the attempt when it is thrown while a store is read', async () => {
    const disk = new GatedStore();
    let calls = 0;
    const store = sessionStore(async (clientId) => {
      const opened = await disk.store.open(clientId);
      return ++calls > 1 ? opened : { ...opened, entries: boom, close: boom };
    });
    const client = on.client({ cleanSession: false, store });
    const lost = watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect(lost.error).to.have.nested.property('cause.message', 'boom');
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect([sent.completed, calls]).to.deep.equal([true, 2]);
  });

  it('should cost the messages that could not be kept, and no more, when it is thrown by write or close of a store', async () => {
    const disk = new GatedStore();
    let isBroken = false;
    const store = sessionStore(async (clientId) => {
      const opened = await disk.store.open(clientId);
      return { ...opened, write: (changes) => (isBroken ? boom() : opened.write(changes)), close: boom };
    });
    const { client } = await on.online({ cleanSession: false, store });
    await on.settle();
    isBroken = true;
    const lost = watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    expect(lost.error).to.include({ code: 'STORE' });
    isBroken = false;
    await on.tick(1_000);
    const sent = watch(client.publish('a', '2', { qos: 1 }));
    await on.settle();
    expect(sent.completed).to.equal(true);
    const ended = watch(client.end());
    await on.settle();
    expect(ended.completed).to.equal(true);
  });

  it('should cost the client nothing when it is thrown by a finalizer', async () => {
    const { client, held } = await on.online();
    const sent = watch(client.publish('a', '1', { qos: 1 }).pipe(finalize(boom)));
    const other = watch(client.publish('a', '2', { qos: 2 }).pipe(finalize(boom)));
    const after = watch(client.publish('a', '3', { qos: 1 }));
    on.broker.refuse('no');
    const refused = watch(client.topic$('no').pipe(finalize(boom)));
    const neighbour = watch(client.topic$('no'));
    const first = watch(client.topic$('b').pipe(take(1), finalize(boom)));
    const second = watch(client.topic$('b'));
    await on.settle();
    expect([sent.completed, other.completed, after.completed]).to.deep.equal([true, true, true]);
    expect([refused.ends, neighbour.ends]).to.deep.equal([1, 1]);
    on.broker.publish('b', 'x');
    await on.settle();
    expect([first.values.length, second.values.length]).to.deep.equal([1, 1]);
    expect([held.ends, held.values.length]).to.deep.equal([0, 1]);
    await on.tick(1);
    expect(on.unhandled().every((error) => String(error).includes('boom'))).to.equal(true);
  });

  it('should keep nobody else from hearing of a fatal error, or of the end, when a finalizer throws', async () => {
    const refusal = on.broker.refuseConnect(0x87);
    const client = on.client();
    const all = () => [
      watch(client.connection$.pipe(finalize(boom))),
      watch(client.topic$('a').pipe(finalize(boom))),
      watch(client.publish('a', 'x').pipe(finalize(boom))),
      watch(client.subscribe('c').pipe(finalize(boom))),
      watch(client.ping().pipe(finalize(boom))),
      watch(client.connection$),
      watch(client.topic$('a')),
      watch(client.publish('a', 'x')),
    ];
    const failed = all();
    await on.settle();
    expect(failed.map(({ ends }) => ends)).to.deep.equal(failed.map(() => 1));
    refusal.unsubscribe();
    on.broker.hang();
    const ended = all();
    await on.settle();
    const end = watch(client.end({ force: true }));
    await on.settle();
    expect(ended.map(({ ends }) => ends)).to.deep.equal(ended.map(() => 1));
    expect(end.completed).to.equal(true);
    await on.tick(1);
    expect(on.unhandled().every((error) => String(error).includes('boom'))).to.equal(true);
  });

  it('should cost the client nothing when it is thrown by what lets go of a transport, of an option or of the wait', async () => {
    const broken$ = <T>(source$: Observable<T>) => source$.pipe(finalize(boom));
    const retryWhen = (failures: Observable<unknown>) => broken$(failures.pipe(delay(1_000)));
    for (const server of [broken$(on.broker), () => broken$(concat(of(on.broker), NEVER))]) {
      const { client, held } = await on.online({ server, retryWhen });
      on.broker.hangUp();
      await on.tick(1_000);
      expect(held.values.length).to.equal(2);
      held.unsubscribe();
      await on.tick(1_000);
      expect(on.broker.clients).to.deep.equal([]);
      const sent = watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      expect(sent.completed).to.equal(true);
      watch(client.end({ force: true }));
      await on.tick(1);
    }
    expect(on.unhandled().every((error) => String(error).includes('boom'))).to.equal(true);
  });

  it('should cost the connection, and not the client, when drain$ of a transport errs', async () => {
    let dials = 0;
    const server = on.broker.pipe(
      tap(() => dials++),
      map((duplex, index) => ({
        bytes$: duplex.bytes$,
        write: (bytes: Uint8Array) => duplex.write(bytes),
        get buffered() {
          return dials === 1 ? 20_000_000 : index;
        },
        drain$: throwError(() => new Error('boom')),
      })),
    );
    const { client } = await on.online({ server });
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    await on.tick(1_000);
    expect([sent.completed, dials, on.unhandled()]).to.deep.equal([true, 2, []]);
  });
});
