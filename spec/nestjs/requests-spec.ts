import { Controller } from '@nestjs/common';
import { MessagePattern, MqttRecordBuilder, Payload } from '@nestjs/microservices';
import { expect } from 'chai';
import { EMPTY, Subject, concat, lastValueFrom, of, throwError, toArray } from 'rxjs';
import { RequestFailedError, RequestTimeoutError, json, request } from '../../lib/index.js';
import type { Message, MqttClient } from '../../lib/index.js';
import { OnEvent, nestStage, rpcException } from './nestStage.js';

let later$ = new Subject<string>();

@Controller()
class Sums {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]) {
    return numbers.reduce((sum, n) => sum + n);
  }
  @MessagePattern({ cmd: 'sum' })
  byObject(@Payload() numbers: number[]) {
    return this.sum(numbers);
  }
  @MessagePattern('all')
  all() {
    return of(1, 2, 3);
  }
  @MessagePattern('later')
  later() {
    return concat(of('now'), later$);
  }
  @MessagePattern('nothing')
  nothing() {
    return EMPTY;
  }
  @MessagePattern('void')
  void() {}
  @MessagePattern('refused')
  refused() {
    throw rpcException('not on Sundays');
  }
  @MessagePattern('broken')
  broken() {
    return concat(
      of('first'),
      throwError(() => new Error('secret')),
    );
  }
  @MessagePattern('record')
  record() {
    return new MqttRecordBuilder({ hot: true }).setQoS(2).setRetain(true).build();
  }
  @MessagePattern('unfit')
  unfit() {
    return { big: 1n }; // JSON has none
  }
  @MessagePattern('bytes')
  bytes() {
    return new Uint8Array([1, 2]);
  }
  @MessagePattern('text')
  text() {
    return 'warm';
  }
  @MessagePattern('typed', { payload: json<{ n: number }>(), answer: json() })
  typed(@Payload() { n }: { n: number }) {
    return { twice: 2 * n };
  }
}

for (const version of [4, 5] as const) {
  describe(`requests to the NestJS strategy, MQTT ${version}`, () => {
    const on = nestStage(version);
    const answers = () => on.broker.published('+/reply').map((message) => message.json());
    const ask = (topic: string, data: unknown) =>
      on.broker.publish(topic, JSON.stringify({ pattern: topic, data, id: '7' }), { qos: 1 });

    it('should be answered as Nest does, on /reply, with the id', async () => {
      await on.serve([Sums]);
      ask('sum', [1, 2]);
      await on.settle();
      expect(on.broker.published('sum/reply').map(({ qos }) => qos)).to.deep.equal([1]);
      expect(answers()).to.deep.equal([{ response: 3, isDisposed: true, id: '7' }]);
      expect(on.broker.acknowledged()).to.have.length(1);
    });

    it('should be answered with all values, and the last one says so if it is known by then', async () => {
      await on.serve([Sums]);
      ask('all', null);
      await on.settle();
      expect(answers()).to.deep.equal([
        { response: 1, id: '7' },
        { response: 2, id: '7' },
        { response: 3, isDisposed: true, id: '7' },
      ]);
    });

    it('should be acknowledged when the last answer is published', async () => {
      later$ = new Subject();
      await on.serve([Sums]);
      ask('later', null);
      await on.settle();
      expect(answers()).to.deep.equal([{ response: 'now', id: '7' }]);
      expect(on.broker.acknowledged()).to.deep.equal([]);
      later$.complete();
      await on.settle();
      expect(answers().slice(1)).to.deep.equal([{ isDisposed: true, id: '7' }]);
      expect(on.broker.acknowledged()).to.have.length(1);
    });

    for (const [topic, expected] of [
      ['nothing', [{ isDisposed: true, id: '7' }]],
      ['void', [{ isDisposed: true, id: '7' }]],
      ['refused', [{ err: { status: 'error', message: 'not on Sundays' }, isDisposed: true, id: '7' }]],
      [
        'broken',
        [
          { response: 'first', id: '7' },
          { err: { status: 'error', message: 'Internal server error' }, isDisposed: true, id: '7' },
        ],
      ],
    ] as const) {
      it(`should be answered when the handler gives nothing or fails: ${topic}`, async () => {
        await on.serve([Sums]);
        ask(topic, null);
        await on.settle();
        expect(answers()).to.deep.equal(expected);
        expect(on.broker.acknowledged()).to.have.length(1);
      });
    }

    it('should be told, and logged, that the answer cannot be written', async () => {
      await on.serve([Sums]);
      ask('unfit', null);
      await on.settle();
      const told = 'the answer cannot be published: Do not know how to serialize a BigInt';
      expect(answers()).to.deep.equal([{ err: { status: 'error', message: told }, isDisposed: true, id: '7' }]);
      expect(on.broker.acknowledged()).to.have.length(1);
      expect(on.log.of('error')).to.have.length(1);
    });

    it('should be answered as a record of MqttRecordBuilder says', async () => {
      await on.serve([Sums]);
      ask('record', null);
      await on.settle();
      const [answer] = on.broker.published('record/reply');
      expect([answer!.qos, answer!.retain]).to.deep.equal([2, true]);
      expect(answer!.json()).to.deep.equal({ response: { hot: true }, isDisposed: true, id: '7' });
    });

    it('should reach one handler, that of the pattern without wildcards if there is one, and no event handler answers', async () => {
      @Controller()
      class Many {
        @MessagePattern('ask/#')
        all() {
          return 'all';
        }
        @MessagePattern('ask/+what')
        one() {
          return 'one';
        }
        @MessagePattern('ask/exact')
        exact() {
          return 'exact';
        }
        @OnEvent('ask/#')
        event() {
          return 'event';
        }
      }
      await on.serve([Many]);
      ask('ask/exact', null);
      ask('ask/other', null);
      await on.settle();
      const all = on.broker.published('ask/+/reply').map((message) => message.json<{ response: string }>().response);
      expect(all).to.deep.equal(['exact', 'all']);
    });

    it('should not be answered when it is retained', async () => {
      on.broker.publish('sum', JSON.stringify({ pattern: 'sum', data: [1], id: '7' }), { retain: true });
      await on.serve([Sums]);
      await on.settle();
      expect(answers()).to.deep.equal([]);
    });

    it('should be logged when its answer cannot be published', async () => {
      await on.serve([Sums]);
      const refusing = on.broker.refuse('sum/reply');
      ask('sum', [1]);
      await on.settle();
      refusing.unsubscribe();
      const said = on.log.of('error').map((line) => line.slice(0, 50));
      expect(said).to.deep.equal(version === 5 ? ['an answer to the request on sum was not published:'] : []);
      expect(on.broker.acknowledged()).to.have.length(1);
    });

    it('should say which of two handlers of one pattern is used', async () => {
      @Controller()
      class Other {
        @MessagePattern('sum')
        sum() {
          return 'other';
        }
      }
      await on.serve([Sums, Other]);
      ask('sum', [1]);
      await on.settle();
      expect(answers()).to.deep.equal([{ response: 'other', isDisposed: true, id: '7' }]);
      expect(on.log.of('warn')).to.deep.equal(['two handlers answer requests on sum: only the later one is used']);
    });
  });
}

describe('requests to the NestJS strategy in the way of MQTT 5', () => {
  const on = nestStage(5);
  let client: MqttClient;
  beforeEach(() => (client = on.client()));

  const answersOf = (topic: string, payload = '', responses: number | undefined = 1): Promise<Message[]> =>
    lastValueFrom(request(client, topic, payload, { responses }).pipe(toArray()));

  it('should be answered on the response topic, values as they are or as JSON', async () => {
    await on.serve([Sums]);
    const [sum] = await answersOf('sum', '[1,2]');
    expect(sum!.json()).to.equal(3);
    const [text] = await answersOf('text');
    expect(text!.text()).to.equal('warm');
    const [bytes] = await answersOf('bytes');
    expect([...bytes!.payload]).to.deep.equal([1, 2]);
    const all = await answersOf('all', '', 3);
    expect(all.map((message) => message.text())).to.deep.equal(['1', '2', '3']);
    expect(on.broker.published('+/reply')).to.deep.equal([]);
  });

  it('should be decoded and answered by the codecs of the handler', async () => {
    await on.serve([Sums]);
    const [answer] = await answersOf('typed', '{"n":4}');
    expect(answer!.json()).to.deep.equal({ twice: 8 });
    expect(answer!.properties.contentType).to.equal('application/json');
    const failure = await answersOf('typed', '{').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RequestFailedError);
  });

  it('should tell who asked that the handler failed', async () => {
    await on.serve([Sums]);
    const failure = await answersOf('refused').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RequestFailedError);
    expect((failure as RequestFailedError).reason).to.equal('not on Sundays');
  });

  it('should not be answered on a topic of the server', async () => {
    await on.serve([Sums]);
    on.broker.publish('text', '', { properties: { responseTopic: '$SYS/x' }, qos: 1 });
    await on.settle();
    expect(on.broker.published()).to.deep.equal([]);
    expect(on.log.of('error')).to.deep.equal([
      'an answer to the request on text was not published: invalid topic "$SYS/x": requesters may not choose topics of the server',
    ]);
  });
});

for (const version of [4, 5] as const) {
  describe(`the NestJS proxy, MQTT ${version}`, () => {
    const on = nestStage(version);

    it('should send a request and emit its answers', async () => {
      await on.serve([Sums]);
      const proxy = on.proxy();
      expect(await lastValueFrom(proxy.send<number>('sum', [1, 2]))).to.equal(3);
      expect(await lastValueFrom(proxy.send<number>({ cmd: 'sum' }, [2, 3]))).to.equal(5);
      expect(await lastValueFrom(proxy.send('all', '').pipe(toArray()))).to.deep.equal([1, 2, 3]);
      expect(await lastValueFrom(proxy.send('nothing', '').pipe(toArray()))).to.deep.equal([]);
    });

    it('should give each of many requests its own answer, and subscribe their topic once', async () => {
      await on.serve([Sums]);
      const proxy = on.proxy();
      const subscribes: string[] = [];
      proxy.on('subscribed', ({ filter }) => subscribes.push(filter));
      const numbers = Array.from({ length: 50 }, (_, i) => i);
      const sums = await Promise.all(numbers.map((n) => lastValueFrom(proxy.send<number>('sum', [n, n]))));
      expect(sums).to.deep.equal(numbers.map((n) => 2 * n));
      expect(subscribes).to.deep.equal(['sum/reply']);
    });

    it('should err with what the handler says', async () => {
      await on.serve([Sums]);
      const failure: unknown = await lastValueFrom(on.proxy().send('refused', '')).catch((error: unknown) => error);
      expect(failure).to.deep.equal({ status: 'error', message: 'not on Sundays' });
    });

    it('should err when nobody answers in time', async () => {
      const failure: unknown = await lastValueFrom(on.proxy({ timeout: 20 }).send('sum', '')).catch((e: unknown) => e);
      expect(failure).to.be.instanceOf(RequestTimeoutError);
      expect((failure as RequestTimeoutError).during).to.equal('answer');
      await on.settle();
    });

    it('should emit events, at QoS 1, with what a record says, also if nobody subscribes', async () => {
      const proxy = on.proxy();
      proxy.emit('warm', { celsius: 21 });
      proxy.emit('hot', new MqttRecordBuilder({ celsius: 31 }).setQoS(0).setRetain(true).build());
      const receipt = await lastValueFrom(proxy.emit('warm', 1));
      expect(receipt).to.include({ topic: 'warm', qos: 1 });
      expect(on.broker.published().map(({ topic, qos, retain }) => [topic, qos, retain])).to.deep.equal([
        ['warm', 1, false],
        ['hot', 0, true],
        ['warm', 1, false],
      ]);
      const [warm, hot] = on.broker.published().map((message) => message.json());
      expect(warm).to.deep.equal({ pattern: 'warm', data: { celsius: 21 } });
      expect(hot).to.deep.equal({ pattern: 'hot', data: { celsius: 31 } });
    });

    it('should keep what is sent while the broker is away, in order', async () => {
      const away = on.broker.unreachable();
      const proxy = on.proxy();
      const statuses: string[] = [];
      proxy.status.subscribe((status) => statuses.push(status));
      for (let i = 0; i < 3; i++) proxy.emit('n', i);
      await on.until(() => statuses.includes('reconnecting'));
      away.unsubscribe();
      await proxy.connect();
      await lastValueFrom(proxy.emit('n', 3));
      expect(on.broker.published('n').map((message) => message.json<{ data: number }>().data)).to.deep.equal([0, 1, 2, 3]); // prettier-ignore
      expect(statuses).to.deep.equal(['disconnected', 'reconnecting', 'connected']);
    });

    it('should refuse nothing as pattern or data, as Nest does', async () => {
      const proxy = on.proxy();
      for (const failing$ of [proxy.send('sum', undefined), proxy.emit(undefined, 1), proxy.emit('sum', null)]) {
        expect(String(await lastValueFrom(failing$).catch((error: unknown) => error))).to.match(/^Error: The invalid/);
      }
    });

    it('should log an event that nobody hears failing, and only that', async () => {
      const proxy = on.proxy();
      proxy.emit('a/+', 1);
      const failure: unknown = await lastValueFrom(proxy.emit('b/+', 1)).catch((error: unknown) => error);
      expect(String(failure)).to.match(/^InvalidTopicError/);
      await on.settle();
      expect(on.log.of('error')).to.have.length(1);
      expect(on.log.of('error')[0]).to.match(/^an event on a\/\+ was not published: invalid topic/);
    });

    it('should pass over what is no answer, and subscribe again when its topic is not refused any more', async () => {
      await on.serve([Sums]);
      const deserializer = { deserialize: (packet: unknown) => (packet === 'noise' ? Promise.reject(new Error('noise')) : packet) }; // prettier-ignore
      const proxy = on.proxy({ deserializer });
      const refusing = on.broker.refuse('sum/reply');
      const failure: unknown = await lastValueFrom(proxy.send('sum', [1])).catch((error: unknown) => error);
      expect(String(failure)).to.match(/^SubscriptionRefusedError/);
      refusing.unsubscribe();
      const answer = lastValueFrom(proxy.send('later', ''));
      later$ = new Subject();
      await on.settle();
      on.broker.publish('later/reply', 'noise');
      await on.settle();
      later$.complete();
      expect(await answer).to.equal('now');
      expect(await lastValueFrom(proxy.send('sum', [1]))).to.equal(1);
      expect(on.log.of('warn')).to.include('a message on later/reply is no answer: noise');
    });

    it('should reject to connect when the broker refuses it for good, and connect when it does not any more', async () => {
      const refusing = on.broker.refuseConnect(0x86);
      const proxy = on.proxy();
      const failure: unknown = await proxy.connect().catch((error: unknown) => error);
      expect(String(failure)).to.match(/^ConnectionRefusedError/);
      refusing.unsubscribe();
      await proxy.connect();
      expect(on.broker.clients).to.have.length(1);
    });

    it('should tell those who wait that it is closed, and open again at connect()', async () => {
      const proxy = on.proxy({ timeout: Infinity });
      const waiting = lastValueFrom(proxy.send('sum', [1])).catch((error: unknown) => error);
      await on.settle();
      await proxy.close();
      expect(String(await waiting)).to.match(/^ClientEndedError/);
      expect(String(await lastValueFrom(proxy.emit('a', 1)).catch((e: unknown) => e))).to.match(/^ClientEndedError/);
      await proxy.connect();
      await lastValueFrom(proxy.emit('b', 1));
      expect(on.broker.published().map(({ topic }) => topic)).to.deep.equal(['sum', 'b']);
    });

    it('should open again only when what was sent before has left', async () => {
      const proxy = on.proxy();
      await proxy.connect();
      const holding = on.broker.hold('puback');
      const sent = lastValueFrom(proxy.emit('a', 1)).then(({ topic }) => topic);
      const closing = proxy.close();
      const opening = Promise.all([proxy.connect(), proxy.connect()]);
      await on.settle();
      holding.unsubscribe();
      expect(await sent).to.equal('a');
      await Promise.all([closing, opening]);
      expect(on.broker.clients).to.have.length(1);
    });
  });
}

describe("the NestJS proxy, format: 'plain'", () => {
  const on = nestStage(5);

  it('should publish the data alone', async () => {
    const proxy = on.proxy({ format: 'plain' });
    for (const data of ['on', { celsius: 21 }, 21, new Uint8Array([65])]) await lastValueFrom(proxy.emit('lamp', data));
    const texts = on.broker.published('lamp').map((message) => message.text());
    expect(texts).to.deep.equal(['on', '{"celsius":21}', '21', 'A']);
  });

  it('should ask in the way of MQTT 5', async () => {
    await on.serve([Sums]);
    const proxy = on.proxy({ format: 'plain' });
    expect(await lastValueFrom(proxy.send<number>('sum', [1, 2]))).to.equal(3);
    expect(await lastValueFrom(proxy.send<string>('text', ''))).to.equal('warm');
    const failure: unknown = await lastValueFrom(proxy.send('refused', '')).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RequestFailedError);
    const unfit: unknown = await lastValueFrom(proxy.send('unfit', '')).catch((error: unknown) => error);
    expect(String(unfit)).to.contain('the answer cannot be published: Do not know how to serialize a BigInt');
    expect(on.broker.published('+/reply')).to.deep.equal([]);
  });

  it('should publish user properties of a record', async () => {
    const proxy = on.proxy({ format: 'plain' });
    const record = new MqttRecordBuilder('on').setProperties({ userProperties: { by: ['me', 'you'] } }).build();
    await lastValueFrom(proxy.emit('lamp', record));
    expect(on.broker.published('lamp')[0]!.properties).to.deep.equal({ userProperties: [['by', 'me'], ['by', 'you']] }); // prettier-ignore
  });
});
