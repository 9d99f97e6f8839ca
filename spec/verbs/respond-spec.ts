import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { EMPTY, NEVER, Observable, Subject, concat, delay, of, throwError } from 'rxjs';
import {
  InvalidArgumentError,
  InvalidTopicError,
  type Message,
  NotSupportedError,
  type Params,
  PublishRefusedError,
  type RespondOptions,
  type RespondResult,
  SubscriptionRefusedError,
  respond,
} from '../../lib/index.js';
import type { PublishProperties } from '../../lib/packet/PacketProperties.js';
import type { Codec } from '../../lib/client/Codec.js';
import type { TestPublishOptions } from '../../lib/testing.js';
import { kitSpecs } from '../support/kitStage.js';
import { texts } from '../support/message.js';
import { watch } from '../support/watch.js';

const CORRELATION = new TextEncoder().encode('7');

kitSpecs(
  'respond with MQTT 5',
  (on) => {
    /** Publishes a request that says where its answer is awaited. */
    const ask = (text: string, properties: PublishProperties = {}, rest: TestPublishOptions = {}, topic = 'svc') =>
      on.broker.publish(topic, text, {
        properties: { responseTopic: 'back', correlationData: CORRELATION, ...properties },
        ...rest,
      });

    it('should answer to the response topic with the correlation data, and emit each answer when it is published', async () => {
      const { client } = await on.online();
      const answered = watch(respond(client, 'svc', (request) => `${request.text()}!`));
      await on.settle();
      expect(on.broker.subscriptions).to.have.length(1);
      expect(on.broker.subscriptions[0]).to.include({ filter: 'svc', qos: 1 });
      ask('a', {}, { qos: 1 });
      ask('b', { correlationData: undefined });
      await on.settle();
      const [a, b] = on.broker.published();
      expect(a).to.include({ topic: 'back', qos: 1, retain: false });
      expect(a!.properties).to.deep.equal({ correlationData: CORRELATION });
      expect(b).to.include({ topic: 'back', qos: 0 });
      expect(b!.properties).to.deep.equal({});
      expect(texts([a!, b!])).to.deep.equal(['a!', 'b!']);
      expect(answered.values.map(({ request, answer, receipt, error }) => [request.text(), answer, receipt!.qos, error])).to.have.deep.members([['a', 'a!', 1, undefined], ['b', 'b!', 0, undefined]]); // prettier-ignore
      expect(answered.ends).to.equal(0);
    });

    it('should take text, bytes, promises, lists and streams of answers, in order', async () => {
      const { client } = await on.online();
      const answers: Record<string, () => unknown> = {
        text: () => 'text',
        bytes: () => new TextEncoder().encode('bytes'),
        promise: () => Promise.resolve('promised'),
        list: () => ['1', '2', '3'],
        none: () => EMPTY,
        later: () => of('later').pipe(delay(10)),
        empty: () => of(undefined),
      };
      watch(respond(client, 'svc', (request) => answers[request.text()]!() as string));
      await on.settle();
      const said: unknown[] = [];
      for (const kind of Object.keys(answers)) {
        const before = on.broker.published().length;
        ask(kind);
        await on.tick(10);
        said.push(texts(on.broker.published().slice(before)));
      }
      expect(said).to.deep.equal([['text'], ['bytes'], ['promised'], ['1', '2', '3'], [], ['later'], ['']]);
    });

    it('should tell the requester of a handler that fails, and go on', async () => {
      const { client } = await on.online();
      const failures: Record<string, () => Observable<string>> = {
        throws: () => {
          throw new Error('no such\nroom');
        },
        errs: () => throwError(() => new Error('no')),
        late: () => concat(of('first'), throwError(() => new Error('then no'))), // prettier-ignore
      };
      const answered = watch(respond(client, 'svc', (request) => failures[request.text()]?.() ?? 'fine'));
      await on.settle();
      for (const text of ['throws', 'errs', 'late', 'other']) ask(text);
      await on.settle();
      const error = (text: string) => ({ correlationData: CORRELATION, userProperties: [['error', text]] });
      expect(on.broker.published().map(({ topic, payload, properties }) => [topic, String(payload.length), properties])).to.deep.equal([
        ['back', '0', error('no such room')],
        ['back', '0', error('no')],
        ['back', '5', { correlationData: CORRELATION }],
        ['back', '0', error('then no')],
        ['back', '4', { correlationData: CORRELATION }],
      ]); // prettier-ignore
      const results = answered.values.map(({ request, answer, error }) => [request.text(), answer ?? (error as Error).message]); // prettier-ignore
      expect(results).to.have.deep.members([
        ['throws', 'no such\nroom'],
        ['errs', 'no'],
        ['late', 'first'],
        ['late', 'then no'],
        ['other', 'fine'],
      ]);
      expect(answered.ends).to.equal(0);
    });

    it('should emit a request without response topic with an error, and not call the handler', async () => {
      ask('c', {}, { retain: true });
      const { client } = await on.online();
      let calls = 0;
      const answered = watch(respond(client, 'svc', () => String(++calls)));
      await on.settle();
      on.broker.publish('svc', 'a');
      ask('b', { responseTopic: '$SYS/broker' });
      await on.settle();
      expect(answered.values.map(({ request, error }) => [request.text(), (error as Error).name])).to.deep.equal([
        ['a', 'NotSupportedError'],
        ['b', 'InvalidTopicError'],
      ]);
      expect([calls, on.broker.published()]).to.deep.equal([0, []]);
    });

    it('should answer nothing to a response topic that is none, and go on [MQTT5-3.3.2-14]', async () => {
      const { client } = await on.online();
      const answered = watch(respond(client, 'svc', () => 'yes'));
      await on.settle();
      for (const topic of ['a/#', '+', '']) {
        const said = [8, 0, topic.length, ...Buffer.from(topic)];
        on.broker.malformed(Uint8Array.of(0x30, 6 + said.length, 0, 3, ...Buffer.from('svc'), said.length, ...said));
      }
      ask('fine');
      await on.settle();
      const invalid = answered.values.filter(({ error }) => error instanceof InvalidTopicError);
      expect([invalid.length, answered.values.length]).to.deep.equal([3, 4]);
      expect(on.broker.published().map(({ topic }) => topic)).to.deep.equal(['back']);
    });

    it('should leave it to the application which response topics it takes', async () => {
      const { client } = await on.online();
      const allowed: RespondOptions = {
        responseTopic({ properties: { responseTopic } }) {
          if (responseTopic === 'fail') throw new Error('mine');
          return responseTopic!.startsWith('clients/') ? responseTopic : undefined;
        },
      };
      const answered = watch(respond(client, 'clients/svc/#', () => 'yes', allowed));
      await on.settle();
      for (const responseTopic of ['clients/7', 'door/open', 'fail', 'clients/svc/x']) {
        ask(responseTopic, { responseTopic }, {}, 'clients/svc');
      }
      await on.settle();
      expect(on.broker.published().map(({ topic }) => topic)).to.deep.equal(['clients/7']);
      const errors = answered.values.flatMap(({ error }) => (error === undefined ? [] : [error as Error]));
      expect(errors.map(({ name }) => name)).to.deep.equal(['NotSupportedError', 'Error', 'InvalidTopicError']);
    });

    it('should emit an answer that is not published with an error', async () => {
      const { client } = await on.online();
      const answered = watch(respond(client, 'svc', (request) => (request.text() === 'x' ? (7 as never) : 'yes')));
      await on.settle();
      on.broker.refuse('back', 0x87);
      ask('a', {}, { qos: 1 });
      await on.settle();
      expect(answered.values[0]).to.include({ answer: 'yes' });
      expect(answered.values[0]!.error).to.be.instanceOf(PublishRefusedError);
      ask('x');
      await on.settle();
      expect(answered.values[1]!.error).to.be.instanceOf(TypeError);
      expect(answered.ends).to.equal(0);
    });

    it('should read requests and write answers by codecs, and tell the requester what cannot be read or written', async () => {
      const { client } = await on.online();
      const json = <T>() => ({
        encode: (value: T) => JSON.stringify(value) || fail(),
        decode: (one: { text(): string }) => JSON.parse(one.text()) as T,
        contentType: 'application/json',
      });
      const codecs = { payload: json<number[]>(), answer: json<{ sum: number }>() };
      const sum = (all: number[]) => ({ sum: all.reduce((a, b) => a + b) });
      const results = watch(respond(client, 'svc/+kind', ({ value, params }) => [{ ...sum(value), kind: params.kind }], codecs)); // prettier-ignore
      const echo = watch(respond(client, 'svc', () => of(undefined), { payload: json<unknown>() }));
      await on.settle();
      ask('[1,2]', {}, {}, 'svc/x');
      ask('nonsense', {}, {}, 'svc/x');
      ask('1');
      await on.settle();
      const [answer, unread, unwritten] = on.broker.published();
      expect(texts([answer!])).to.deep.equal(['{"sum":3,"kind":"x"}']);
      expect(answer!.properties).to.include({ contentType: 'application/json', payloadFormatIndicator: 1 });
      expect(unread!.properties.userProperties![0]![1]).to.match(/JSON/);
      expect(unwritten!.properties.userProperties).to.deep.equal([
        ['error', 'value: the codec cannot encode it: not to be written'],
      ]);
      const error = results.values.find(({ error }) => error !== undefined)!;
      expect([error.request.text(), echo.values.length]).to.deep.equal(['nonsense', 1]);
    });
  },
  [5],
);

function fail(): never {
  throw new Error('not to be written');
}

kitSpecs(
  'respond with MQTT 3.1.1',
  (on) => {
    it('should answer where the application says, and only tell the application of a failure', async () => {
      const { client } = await on.online();
      const answered = watch(
        respond(client, 'shadow/+thing/get', ({ params }) => (params.thing === 'x' ? fail() : `of ${params.thing}`), {
          responseTopic: ({ params }) => `shadow/${params.thing}/get/accepted`,
        }),
      );
      await on.settle();
      for (const topic of ['shadow/a/get', 'shadow/x/get']) on.broker.publish(topic);
      await on.settle();
      const said = on.broker.published();
      expect(said.map(({ topic }) => topic)).to.deep.equal(['shadow/a/get/accepted']);
      expect(texts(said)).to.deep.equal(['of a']);
      expect(answered.values.map(({ request, error }) => [request.topic, (error as Error | undefined)?.message])).to.have.deep.members([['shadow/a/get', undefined], ['shadow/x/get', 'not to be written']]); // prettier-ignore
    });

    it('should emit a request with an error when nobody says where to answer', async () => {
      const { client } = await on.online();
      const answered = watch(respond(client, 'svc', () => 'yes'));
      await on.settle();
      on.broker.publish('svc');
      await on.settle();
      expect(answered.values[0]!.error).to.be.instanceOf(NotSupportedError);
      expect(String(answered.values[0]!.error)).to.match(/option responseTopic/);
      expect(on.broker.published()).to.deep.equal([]);
    });
  },
  [4],
);

kitSpecs('respond', (on) => {
  const BACK = { responseTopic: () => 'back' };

  it('should work on so many requests at a time, and leave none out', async () => {
    const { client } = await on.online();
    const open: Subject<string>[] = [];
    watch(respond(client, 'svc', () => (open[open.length] = new Subject()), { ...BACK, concurrency: 2 }));
    await on.settle();
    for (const text of ['1', '2', '3', '4']) on.broker.publish('svc', text);
    await on.settle();
    expect(open).to.have.length(2);
    for (let i = 0; i < 4; i++) {
      open[i]!.next(`answer ${i}`);
      open[i]!.complete();
      await on.settle();
      expect(open).to.have.length(Math.min(4, i + 3));
    }
    expect(texts(on.broker.published())).to.deep.equal(['answer 0', 'answer 1', 'answer 2', 'answer 3']);
  });

  it('should unsubscribe handlers at work, and what they have not published, when it is unsubscribed', async () => {
    const { client } = await on.online({ maxInflight: 1 });
    on.broker.hold('puback');
    let stopped = 0;
    const handler = () => concat(of('1', '2'), new Observable<never>(() => () => stopped++));
    const answered = watch(respond(client, 'svc', handler, BACK));
    await on.settle();
    on.broker.publish('svc', '', { qos: 1 });
    await on.settle();
    answered.unsubscribe();
    await on.settle();
    on.broker.release('puback');
    await on.settle();
    expect([stopped, texts(on.broker.published()), on.broker.subscriptions]).to.deep.equal([1, ['1'], []]);
  });

  it('should complete on end, although a handler is at work, and unsubscribe it', async () => {
    const { client } = await on.online();
    let stopped = 0;
    const answered = watch(respond(client, 'svc', () => new Observable<never>(() => () => stopped++), BACK));
    await on.settle();
    on.broker.publish('svc');
    await on.settle();
    watch(client.end());
    await on.settle();
    expect([answered.completed, stopped]).to.deep.equal([true, 1]);
    expect(watch(respond(client, 'svc', () => NEVER)).error).to.have.property('code', 'CLIENT_ENDED');
  });

  it('should go on after a reconnect, and answer then what was asked before', async () => {
    const { client } = await on.online();
    const answers = new Subject<string>();
    watch(respond(client, 'svc', () => answers, BACK));
    await on.settle();
    on.broker.publish('svc', '', { qos: 1 });
    await on.settle();
    on.broker.drop();
    answers.next('while it was gone');
    await on.tick(2_000);
    on.broker.publish('svc');
    await on.settle();
    answers.next('after');
    await on.settle();
    expect(texts(on.broker.published())).to.deep.equal(['while it was gone', 'after', 'after']);
  });

  it('should err when the filter is refused', async () => {
    on.broker.refuse('svc');
    const { client } = await on.online();
    const answered = watch(respond(client, 'svc', () => 'yes', BACK));
    await on.settle();
    expect(answered.error).to.be.instanceOf(SubscriptionRefusedError);
  });

  it('should refuse to answer to a topic that is none, or on which it is asked', async () => {
    const { client } = await on.online();
    const answered = watch(respond(client, '$share/g/svc/#', () => 'yes', { responseTopic: (one) => one.text() }));
    await on.settle();
    for (const topic of ['a/#', '', 'svc/back', 'x\0']) on.broker.publish('svc', topic);
    await on.settle();
    expect(answered.values.map(({ error }) => error instanceof InvalidTopicError)).to.deep.equal(Array(4).fill(true));
    expect(on.broker.published()).to.deep.equal([]);
  });

  it('should know the types of what is asked and answered', () => {
    const client = on.client();
    const number: Codec<number> = { encode: String, decode: (one) => one.json<number>() };
    respond(client, 'svc/+kind', (one) => {
      expectTypeOf(one).toEqualTypeOf<Message<Params<'svc/+kind'>>>();
      return one.params.kind;
    });
    const typed$ = respond(client, 'a/+b', ({ value }) => of(value + 1), { payload: number });
    expectTypeOf(typed$).toEqualTypeOf<Observable<RespondResult<Message<Params<'a/+b'>>, number>>>();
    const date: Codec<Date, string> = { encode: String, decode: (one) => new Date(one.text()) };
    respond(client, 'a', ({ value }) => value.toISOString(), { payload: date });
    respond(client, 'a', ({ value }) => of(value.getTime()), { payload: date, answer: number });
    respond(client, 'a', () => of(1), { answer: number });
    // @ts-expect-error without a codec for requests there is no value
    respond(client, 'a', ({ value }) => of(value), { answer: number });
    // @ts-expect-error a number without a codec
    respond(client, 'a', () => of(1));
    // @ts-expect-error an answer of another type
    respond(client, 'a', () => of('x'), { payload: number });
  });

  it('should refuse wrong options', async () => {
    const { client } = await on.online();
    const events = watch(client.events$);
    for (const [field, options] of [
      ['concurrency', { concurrency: 0 }],
      ['qos', { qos: 3 }],
      ['retain', { retain: true }],
    ] as const) {
      const { error } = watch(respond(client, 'svc', () => 'yes', options as RespondOptions));
      expect(error).to.be.instanceOf(InvalidArgumentError).with.property('field', field);
    }
    expect(watch(respond(client, 'svc', 'yes' as never)).error).to.be.instanceOf(InvalidArgumentError);
    expect(watch(respond(client, 'svc#' as never, () => 'yes')).error).to.be.instanceOf(InvalidTopicError);
    await on.settle();
    expect(events.values).to.deep.equal([]);
  });
});
