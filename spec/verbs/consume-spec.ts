import { expect } from 'chai';
import { EMPTY, NEVER, Observable, Subject, of, throwError, timer } from 'rxjs';
import {
  type ConsumeOptions,
  InvalidArgumentError,
  type Message,
  NotSupportedError,
  consume,
} from '../../lib/index.js';
import type { PublishPacket, QoS } from '../../lib/packet/Packet.js';
import { message as packet } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** A message of the broker's: its text is its packet identifier. */
const message = (packetId: number, qos: QoS = 1, topic = 'a'): PublishPacket =>
  packet(topic, String(packetId), { qos, packetId: qos && packetId });

clientSpecs('consume', (on) => {
  /** A consumer whose works end when the spec says so, and the texts of the messages whose work has begun. */
  const consumer = async (options?: ConsumeOptions, clientOptions: object = {}) => {
    const { client, server, held } = await on.online({ cleanSession: false, ...clientOptions });
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
    server.take();
    return { client, server, held, begun, works, consumed };
  };
  const acknowledged = () =>
    on.broker.current
      .take()
      .flatMap((one) => (one.type === 'puback' || one.type === 'pubrec' ? [[one.packetId, one.reasonCode ?? 0]] : []));
  const reconnect = async () => {
    on.broker.connack = { sessionPresent: true };
    on.broker.current.close();
    await on.tick(1_000);
    on.broker.current.take();
    return on.broker.current;
  };

  it('should subscribe at QoS 1, work on one message at a time, and acknowledge each when its work is done', async () => {
    const { client, server } = await on.online();
    const ends = new Subject<string>();
    const consumed = watch(consume(client, '+room/temp', (one) => (one.params.room === 'attic' ? of('cold') : ends)));
    await on.settle();
    expect(server.take('subscribe')[0]!.subscriptions[0]).to.include({ filter: '+/temp', qos: 1 });
    server.send(message(1, 1, 'attic/temp'), message(2, 1, 'hall/temp'), message(3, 1, 'attic/temp'));
    await on.settle();
    expect(acknowledged()).to.deep.equal([[1, 0]]);
    ends.next('warm');
    ends.next('warmer');
    ends.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal([[2, 0], [3, 0]]); // prettier-ignore
    expect(consumed.values.map(({ message, result }) => [message.text(), result])).to.deep.equal([
      ['1', 'cold'],
      ['2', 'warmer'],
      ['3', 'cold'],
    ]);
  });

  it('should work on as many as concurrency says, in their order, and acknowledge in their order', async () => {
    const { server, begun, works, consumed } = await consumer({ concurrency: 2 });
    server.send(message(1), message(2), message(3), message(4));
    await on.settle();
    expect(begun).to.deep.equal(['1', '2']);
    works.get('2')!.complete();
    await on.settle();
    expect([begun, acknowledged()]).to.deep.equal([['1', '2', '3'], []]);
    works.get('1')!.complete();
    await on.settle();
    expect([begun, acknowledged()]).to.deep.equal([['1', '2', '3', '4'], [[1, 0], [2, 0]]]); // prettier-ignore
    expect(consumed.values.map((one) => one.message.text())).to.deep.equal(['2', '1']);
  });

  it('should take promises, arrays, and work that is done at once, without end', async () => {
    const { client, server } = await on.online();
    const kinds = [() => Promise.resolve(1), () => [2], () => EMPTY, () => of(4)];
    const consumed = watch(consume<string, number>(client, 'a', (one) => kinds[Number(one.text()) % 4]!()));
    await on.settle();
    server.send(...Array.from({ length: 5_000 }, (_, i) => message(i + 1)));
    for (let i = 0; i < 5_000; i++) await on.settle();
    expect(consumed.values.length).to.equal(5_000);
    expect(consumed.values.slice(0, 4).map(({ result }) => result)).to.deep.equal([2, undefined, 4, 1]);
    expect(acknowledged().length).to.equal(5_000);
  }).timeout(20_000);

  it("should leave what failed unacknowledged with 'retry', say so, and go on; it comes again on the next connection", async () => {
    const { server, works, consumed, held } = await consumer();
    const error = new Error('of the work');
    server.send(message(1), message(2));
    await on.settle();
    works.get('1')!.error(error);
    works.get('2')!.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal([[2, 0]]);
    expect(consumed.values.map(({ error }) => error)).to.deep.equal([error, undefined]);
    const next = await reconnect();
    next.send({ ...message(1), dup: true });
    await on.settle();
    works.get('1')!.complete();
    await on.settle();
    expect([acknowledged(), consumed.ends, held.ends]).to.deep.equal([[[1, 0]], 0, 0]);
  });

  it('should connect anew by itself when what failed fills the window', async () => {
    const { server, works, consumed } = await consumer({ concurrency: 2 }, { receiveMaximum: 2 });
    server.send(message(1), message(2, 2));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    works.get('1')!.error(new Error('one'));
    works.get('2')!.error(new Error('two'));
    await on.tick(1_000);
    expect(on.broker.connections.length).to.equal(2);
    on.broker.current.send({ ...message(1), dup: true }, { ...message(2, 2), dup: true });
    await on.settle();
    works.get('1')!.complete();
    works.get('2')!.complete();
    await on.settle();
    expect(acknowledged()).to.deep.equal([[1, 0], [2, 0]]); // prettier-ignore
    expect(consumed.values.length).to.equal(4);
  });

  it("should acknowledge what failed with 'acknowledge', and a throw counts as a failure", async () => {
    const { client, server } = await on.online();
    const work = (one: Message): Observable<never> => {
      if (one.text() === '1') throw new Error('thrown');
      return throwError(() => new Error('emitted'));
    };
    const consumed = watch(consume(client, 'a', work, { onError: 'acknowledge' }));
    await on.settle();
    server.take();
    server.send(message(1), message(2));
    await on.settle();
    expect(consumed.values.map(({ error }) => (error as Error).message)).to.deep.equal(['thrown', 'emitted']);
    expect(acknowledged()).to.deep.equal([[1, 0], [2, 0]]); // prettier-ignore
  });

  it("should refuse what failed with 'refuse' under MQTT 5, and err under 3.1.1", async () => {
    const { server, works, consumed } = await consumer({ onError: 'refuse', qos: 2 });
    server.send(message(1), message(2, 2));
    await on.settle();
    works.get('1')!.error(new Error('bad'));
    await on.settle();
    if (on.version === 4) {
      expect(consumed.error).to.be.instanceOf(NotSupportedError);
      expect(acknowledged()).to.deep.equal([]);
      return;
    }
    works.get('2')!.error(new Error('bad'));
    await on.settle();
    expect(acknowledged()).to.deep.equal([[1, 0x83], [2, 0x83]]); // prettier-ignore
    expect(consumed.values.length).to.equal(2);
  });

  it("should err with the error of the work with 'stop'", async () => {
    const { server, works, consumed } = await consumer({ onError: 'stop' });
    const error = new Error('of the work');
    server.send(message(1), message(2));
    await on.settle();
    works.get('1')!.error(error);
    await on.settle();
    expect([consumed.error, acknowledged()]).to.deep.equal([error, []]);
  });

  it('should take nothing from the connection beyond receiveMaximum while the work is slow', async () => {
    const { server, begun, works } = await consumer({ qos: 0, concurrency: 2 }, { receiveMaximum: 5 });
    for (let i = 1; i <= 20; i++) server.send(message(i, 0));
    await on.settle();
    const kept: number[] = [];
    for (let i = 1; i <= 20; i++) {
      kept.push(begun.length);
      works.get(String(i))!.complete();
      await on.settle();
    }
    expect(begun).to.deep.equal(Array.from({ length: 20 }, (_, i) => String(i + 1)));
    expect(Math.max(...kept)).to.equal(20);
    expect(kept[0]).to.equal(2);
  });

  it('should not keep twice what comes again after a reconnect', async () => {
    const { server, begun, works } = await consumer();
    server.send(message(1), message(2), message(3));
    await on.settle();
    const next = await reconnect();
    next.send({ ...message(1), dup: true }, { ...message(2), dup: true }, { ...message(3), dup: true });
    await on.settle();
    for (const text of ['1', '1', '2', '3']) {
      works.get(text)!.complete();
      await on.settle();
    }
    expect(begun).to.deep.equal(['1', '1', '2', '3']); // what had begun is worked on twice: once each time it came
    expect(acknowledged()).to.deep.equal([[1, 0], [2, 0], [3, 0]]); // prettier-ignore
  });

  it('should work on what came before a session was lost, for it does not come again', async () => {
    const { server, begun, works } = await consumer();
    server.send(message(1), message(2));
    await on.settle();
    on.broker.connack = { sessionPresent: false };
    server.close();
    await on.tick(1_000);
    works.get('1')!.complete();
    await on.settle();
    expect(begun).to.deep.equal(['1', '2']);
  });

  it('should let the work go that runs when it is unsubscribed, and leave its messages', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    let stopped = 0;
    const work = () => new Observable<never>(() => () => stopped++);
    const consumed = watch(consume(client, 'a', work, { concurrency: 2 }));
    await on.settle();
    server.take();
    server.send(message(1), message(2), message(3));
    await on.settle();
    consumed.unsubscribe();
    await on.settle();
    expect([stopped, acknowledged()]).to.deep.equal([2, []]);
  });

  it('should finish what runs when the client ends, begin nothing else, and complete', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const begun: string[] = [];
    const work = (one: Message) => {
      begun.push(one.text());
      return timer(100);
    };
    const consumed = watch(consume(client, 'a', work));
    await on.settle();
    server.send(message(1), message(2));
    await on.settle();
    watch(client.end({ force: true }));
    await on.settle();
    expect(consumed.ends).to.equal(0);
    await on.tick(100);
    expect([consumed.completed, consumed.values.length, begun]).to.deep.equal([true, 1, ['1']]);
  });

  it('should be cold, and subscribe with the options of topic$', async () => {
    const { client, server } = await on.online();
    const options = on.version === 5 ? { retainHandling: 2 as const, qos: 2 as const } : { qos: 2 as const };
    const cold = consume(client, 'a', () => NEVER, options);
    await on.settle();
    expect(server.take('subscribe')).to.deep.equal([]);
    watch(cold);
    await on.settle();
    expect(server.take('subscribe')[0]!.subscriptions[0]).to.include({ filter: 'a', ...options });
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
