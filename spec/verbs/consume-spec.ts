import { expect } from 'chai';
import { EMPTY, NEVER, Observable, Subject, of, throwError, timer } from 'rxjs';
import {
  type ConsumeOptions,
  InvalidArgumentError,
  type Message,
  NotSupportedError,
  consume,
} from '../../lib/index.js';
import type { QoS } from '../../lib/packet/Packet.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

/** A session that outlives its connection. */
const kept = { cleanSession: false };

kitSpecs('consume', (on) => {
  /** Publishes messages, at QoS 1 unless said otherwise. */
  const publish = (texts: readonly string[], qos: QoS = 1, topic = 'a') => {
    for (const text of texts) on.broker.publish(topic, text, { qos });
  };
  /** A consumer whose works end when the spec says so, and the texts of the messages whose work has begun. */
  const consumer = async (options?: ConsumeOptions, clientOptions: object = {}) => {
    const { client, held } = await on.online({ ...kept, ...clientOptions });
    const begun: string[] = [];
    const works = new Map<string, Subject<string>>();
    const work = (one: Message) => {
      const ends = new Subject<string>();
      begun.push(one.text());
      works.set(one.text(), ends);
      return ends;
    };
    const consumed = watch(consume(client, 'a', work, options));
    await on.settle();
    return { client, held, begun, works, consumed };
  };
  /** The texts of what was acknowledged so far, in order, and whether it was refused. */
  const acknowledged = () =>
    on.broker.acknowledged().map(({ payload, reasonCode }) => {
      const text = new TextDecoder().decode(payload);
      return reasonCode === 0 ? text : `${text} refused with 0x${reasonCode.toString(16)}`;
    });

  it('should subscribe at QoS 1, work on one message at a time, and acknowledge each when its work is done', async () => {
    const { client } = await on.online();
    const ends = new Subject<string>();
    const consumed = watch(consume(client, '+room/temp', (one) => (one.params.room === 'attic' ? of('cold') : ends)));
    await on.settle();
    expect(on.broker.subscriptions[0]).to.include({ filter: '+/temp', qos: 1 });
    publish(['1'], 1, 'attic/temp');
    publish(['2'], 1, 'hall/temp');
    publish(['3'], 1, 'attic/temp');
    await on.settle();
    expect(acknowledged()).to.deep.equal(['1']);
    ends.next('warm');
    ends.next('warmer');
    ends.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['1', '2', '3']);
    expect(consumed.values.map(({ message, result }) => [message.text(), result])).to.deep.equal([
      ['1', 'cold'],
      ['2', 'warmer'],
      ['3', 'cold'],
    ]);
  });

  it('should work on as many as concurrency says, in their order, and acknowledge in their order', async () => {
    const { begun, works, consumed } = await consumer({ concurrency: 2 });
    publish(['1', '2', '3', '4']);
    on.leaves('has not acknowledged message 3', 'has not acknowledged message 4');
    await on.settle();
    expect(begun).to.deep.equal(['1', '2']);
    works.get('2')!.complete();
    await on.settle();
    expect([begun, acknowledged()]).to.deep.equal([['1', '2', '3'], []]);
    works.get('1')!.complete();
    await on.settle();
    expect([begun, acknowledged()]).to.deep.equal([
      ['1', '2', '3', '4'],
      ['1', '2'],
    ]);
    expect(consumed.values.map((one) => one.message.text())).to.deep.equal(['2', '1']);
  });

  it('should take promises, arrays, and work that is done at once, without end', async () => {
    const { client } = await on.online();
    const kinds = [() => Promise.resolve(1), () => [2], () => EMPTY, () => of(4)];
    const consumed = watch(consume<string, number>(client, 'a', (one) => kinds[Number(one.text()) % 4]!()));
    await on.settle();
    publish(Array.from({ length: 5_000 }, (_, i) => String(i + 1)));
    for (let i = 0; i < 5_000; i++) await on.settle();
    expect(consumed.values.length).to.equal(5_000);
    expect(consumed.values.slice(0, 4).map(({ result }) => result)).to.deep.equal([2, undefined, 4, 1]);
    expect(acknowledged().length).to.equal(5_000);
  }).timeout(20_000);

  it("should leave what failed unacknowledged with 'retry', say so, and go on; it comes again on the next connection", async () => {
    const { works, consumed, held } = await consumer();
    const error = new Error('of the work');
    publish(['1', '2']);
    await on.settle();
    works.get('1')!.error(error);
    works.get('2')!.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['2']);
    expect(consumed.values.map(({ error }) => error)).to.deep.equal([error, undefined]);
    on.broker.drop();
    await on.tick(1_000);
    works.get('1')!.complete();
    await on.settle();
    expect([acknowledged(), consumed.ends, held.ends]).to.deep.equal([['2', '1'], 0, 0]);
  });

  it('should connect anew by itself when what failed fills the window', async () => {
    const { works, consumed, held } = await consumer({ concurrency: 2, qos: 2 }, { receiveMaximum: 2 });
    publish(['1']);
    publish(['2'], 2);
    await on.settle();
    works.get('1')!.error(new Error('one'));
    works.get('2')!.error(new Error('two'));
    await on.tick(1_000);
    expect(held.values.length).to.equal(2);
    works.get('1')!.complete();
    works.get('2')!.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['1', '2']);
    expect(consumed.values.length).to.equal(4);
  });

  it("should acknowledge what failed with 'acknowledge', and a throw counts as a failure", async () => {
    const { client } = await on.online();
    const work = (one: Message): Observable<never> => {
      if (one.text() === '1') throw new Error('thrown');
      return throwError(() => new Error('emitted'));
    };
    const consumed = watch(consume(client, 'a', work, { onError: 'acknowledge' }));
    await on.settle();
    publish(['1', '2']);
    await on.settle();
    expect(consumed.values.map(({ error }) => (error as Error).message)).to.deep.equal(['thrown', 'emitted']);
    expect(acknowledged()).to.deep.equal(['1', '2']);
  });

  it("should refuse what failed with 'refuse' under MQTT 5, and err under 3.1.1", async () => {
    const { works, consumed } = await consumer({ onError: 'refuse', qos: 2 });
    publish(['1']);
    publish(['2'], 2);
    await on.settle();
    works.get('1')!.error(new Error('bad'));
    await on.settle();
    if (on.version === 4) {
      expect(consumed.error).to.be.instanceOf(NotSupportedError);
      expect(acknowledged()).to.deep.equal([]);
      on.leaves('has not acknowledged message 1', 'has not acknowledged message 2');
      return;
    }
    works.get('2')!.error(new Error('bad'));
    await on.settle();
    expect(acknowledged()).to.deep.equal(['1 refused with 0x83', '2 refused with 0x83']);
    expect(consumed.values.length).to.equal(2);
  });

  it("should err with the error of the work with 'stop'", async () => {
    const { works, consumed } = await consumer({ onError: 'stop' });
    const error = new Error('of the work');
    publish(['1', '2']);
    on.leaves('has not acknowledged message 1', 'has not acknowledged message 2');
    await on.settle();
    works.get('1')!.error(error);
    await on.settle();
    expect([consumed.error, acknowledged()]).to.deep.equal([error, []]);
  });

  it('should take nothing from the connection beyond receiveMaximum while the work is slow', async () => {
    const { begun, works } = await consumer({ qos: 0, concurrency: 2 }, { receiveMaximum: 5 });
    const texts = Array.from({ length: 20 }, (_, i) => String(i + 1));
    publish(texts, 0);
    await on.settle();
    const counts: number[] = [];
    for (const text of texts) {
      counts.push(begun.length);
      works.get(text)!.complete();
      await on.settle();
    }
    expect(begun).to.deep.equal(texts);
    expect(Math.max(...counts)).to.equal(20);
    expect(counts[0]).to.equal(2);
  });

  it('should not keep twice what comes again after a reconnect', async () => {
    const { begun, works } = await consumer();
    publish(['1', '2', '3']);
    await on.settle();
    on.broker.drop();
    await on.tick(1_000);
    for (const text of ['1', '1', '2', '3']) {
      works.get(text)!.complete();
      await on.settle();
    }
    expect(begun).to.deep.equal(['1', '1', '2', '3']); // what had begun is worked on twice: once each time it came
    expect(acknowledged()).to.deep.equal(['1', '2', '3']);
  });

  it('should work on what came before a session was lost, for it does not come again', async () => {
    const { begun, works } = await consumer();
    publish(['1', '2']);
    await on.settle();
    on.broker.restart();
    await on.tick(1_000);
    works.get('1')!.complete();
    await on.settle();
    expect(begun).to.deep.equal(['1', '2']);
  });

  it('should let the work go that runs when it is unsubscribed, and leave its messages', async () => {
    const { client } = await on.online(kept);
    let stopped = 0;
    const work = () => new Observable<never>(() => () => stopped++);
    const consumed = watch(consume(client, 'a', work, { concurrency: 2 }));
    await on.settle();
    publish(['1', '2', '3']);
    on.leaves(...[1, 2, 3].map((id) => `has not acknowledged message ${id}`));
    await on.settle();
    consumed.unsubscribe();
    await on.settle();
    expect([stopped, acknowledged()]).to.deep.equal([2, []]);
  });

  it('should finish what runs when the client ends, begin nothing else, and complete', async () => {
    const { client } = await on.online(kept);
    const begun: string[] = [];
    const work = (one: Message) => {
      begun.push(one.text());
      return timer(100);
    };
    const consumed = watch(consume(client, 'a', work));
    await on.settle();
    publish(['1', '2']);
    on.leaves('has not acknowledged message 1', 'has not acknowledged message 2');
    await on.settle();
    watch(client.end({ force: true }));
    await on.settle();
    expect(consumed.ends).to.equal(0);
    await on.tick(100);
    expect([consumed.completed, consumed.values.length, begun]).to.deep.equal([true, 1, ['1']]);
  });

  it('should be cold, and subscribe with the options of topic$', async () => {
    const { client } = await on.online();
    const options = on.version === 5 ? { retainHandling: 2 as const, qos: 2 as const } : { qos: 2 as const };
    const cold = consume(client, 'a', () => NEVER, options);
    await on.settle();
    expect(on.broker.subscriptions).to.deep.equal([]);
    watch(cold);
    await on.settle();
    expect(on.broker.subscriptions[0]).to.include({ filter: 'a', ...options });
  });

  it('should refuse what it cannot take, naming the field', async () => {
    const { client } = await on.online();
    const refused = (options: object, work: unknown = () => EMPTY) =>
      watch(consume(client, 'a', work as () => typeof EMPTY, options)).error;
    expect(refused({ concurrency: 0 }))
      .to.be.instanceOf(InvalidArgumentError)
      .and.include({ field: 'concurrency' });
    expect(refused({ concurrency: 1.5 })).to.include({ field: 'concurrency' });
    expect(refused({ onError: 'ignore' })).to.include({ field: 'onError' });
    expect(refused({ acknowledge: 'auto' })).to.include({ field: 'acknowledge' });
    expect(refused({}, 'work')).to.include({ field: 'work' });
    expect(refused({ qos: 3 })).to.include({ field: 'qos' });
  });
});
