import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { type Observable, type Subscription, map, of, retry, take } from 'rxjs';
import { z } from 'zod';
import {
  type ClientEvent,
  type Codec,
  type Consumed,
  type Message,
  type MqttClient,
  type Params,
  UndecodableError,
  bytes,
  consume,
  json,
  logTo,
  text,
  topic,
} from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const Temperature = z.object({ celsius: z.number() });
const GOOD = '{"celsius":21.5}';
const BAD = '{"celsius":"warm"}';

const boom = (): never => {
  throw new Error('boom');
};

/** What `events$` tells of payloads that do not decode. */
const undecodable = (client: MqttClient) => {
  const { values } = watch(client.events$);
  return () => values.filter((event): event is ClientEvent & { type: 'undecodable' } => event.type === 'undecodable');
};

/** A codec that counts how often it is asked. */
function counting(): Codec<string> & { count: number } {
  return {
    count: 0,
    encode: (value) => value,
    decode(one) {
      this.count++;
      if (one.text() === 'bad') throw new Error('bad');
      return one.text().toUpperCase();
    },
  };
}

kitSpecs('topic$ with a codec', (on) => {
  it('should emit messages with the value, and all that messages have', async () => {
    const { client } = await on.online();
    const heard = watch(client.topic$('house/+room/temp', { payload: json(Temperature), qos: 1 }));
    const plain = watch(client.topic$('house/#', { payload: text() }));
    await on.settle();
    on.broker.publish('house/attic/temp', GOOD, { qos: 1 });
    await on.settle();
    const [one] = heard.values;
    expect(one!.value).to.deep.equal({ celsius: 21.5 });
    expect([one!.params, one!.topic, one!.qos, one!.text()]).to.deep.equal([
      { room: 'attic' },
      'house/attic/temp',
      1,
      GOOD,
    ]);
    expect(one).to.be.frozen;
    expect(plain.values.map(({ value }) => value)).to.deep.equal([GOOD]);
    expect(texts(on.broker.acknowledged())).to.deep.equal([GOOD]);
  });

  it('should know the type of the value when compiling', () => {
    const client = on.client();
    type Room = Readonly<Record<'room', string>>;
    expectTypeOf(client.topic$('+room/temp', { payload: json(Temperature) })).toEqualTypeOf<
      Observable<Message<Room, { celsius: number }>>
    >();
    expectTypeOf(client.topic$('a', { payload: bytes(), qos: 1 })).toExtend<
      Observable<{ readonly value: Uint8Array }>
    >();
    expectTypeOf(client.topic$('+room', { qos: 1 })).toEqualTypeOf<Observable<Message<Room>>>();
    expectTypeOf(client.topic$('+room', { payload: undefined })).toEqualTypeOf<Observable<Message<Room>>>();
    const temperature = topic('+room/temp', { payload: json(Temperature) });
    expectTypeOf(client.topic$(temperature)).toEqualTypeOf<Observable<Message<Room, { celsius: number }>>>();
    expectTypeOf(client.topic$(temperature, { qos: 2 })).toEqualTypeOf<
      Observable<Message<Room, { celsius: number }>>
    >();
    expectTypeOf(client.topic$(topic('+room'))).toEqualTypeOf<Observable<Message<Room>>>();
    const any: (one: Message) => void = () => undefined;
    client.topic$(temperature).pipe(map(any)); // a function for any message takes one with a value
    client.topic$('+room', {
      payload: text(),
      onUndecodable: ({ params }) => expectTypeOf(params).toEqualTypeOf<Room>(),
    });
    // @ts-expect-error there is no such field
    client.topic$(temperature).pipe(map(({ value }) => value.fahrenheit as unknown));
    // @ts-expect-error it is no codec
    client.topic$('a', { payload: Temperature });
  });

  it('should skip a payload that does not decode, tell of it, and live on', async () => {
    const { client } = await on.online();
    const events = undecodable(client);
    const heard = watch(client.topic$('a', { payload: json(Temperature), qos: 2 }));
    const other = watch(client.topic$('a'));
    await on.settle();
    on.broker.publish('a', BAD, { qos: 1 });
    on.broker.publish('a', '', { qos: 2 });
    on.broker.publish('a', GOOD);
    await on.settle();
    expect([heard.values.map(({ value }) => value), heard.ends]).to.deep.equal([[{ celsius: 21.5 }], 0]);
    expect(other.values.map((one) => one.text())).to.deep.equal([BAD, '', GOOD]);
    expect(texts(on.broker.acknowledged())).to.deep.equal([BAD, '']); // it is acknowledged like any other
    const [schema, noJson] = events();
    expect(schema).to.include({ type: 'undecodable', topic: 'a' });
    expect(schema!.error).to.be.instanceOf(UndecodableError).and.have.property('code', 'UNDECODABLE');
    expect([schema!.issues, schema!.issues[0]!.path]).to.deep.equal([schema!.error.issues, ['celsius']]);
    expect([noJson!.issues, noJson!.error.message]).to.deep.equal([
      [],
      'a message to "a" does not decode: it is not JSON',
    ]);
  });

  it("should err with onUndecodable: 'error', alone, and be retried as any stream", async () => {
    const { client } = await on.online();
    const events = undecodable(client);
    const options = { payload: json(Temperature), onUndecodable: 'error' } as const;
    const failed = watch(client.topic$('a', options));
    const retried = watch(client.topic$('a', options).pipe(retry(1)));
    const skips = watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    on.broker.publish('a', BAD);
    on.broker.publish('a', GOOD);
    await on.settle();
    expect(failed.error).to.be.instanceOf(UndecodableError).and.include({ topic: 'a' });
    expect(retried.values.map(({ value }) => value.celsius)).to.deep.equal([21.5]);
    expect([skips.values.length, skips.ends, events().length]).to.deep.equal([1, 0, 2]); // two codecs
    retried.unsubscribe();
    skips.unsubscribe();
    await on.settle();
    expect(on.broker.subscriptions).to.deep.equal([]);
  });

  it('should call onUndecodable with the message, its params, and the error', async () => {
    const { client } = await on.online();
    const told: unknown[] = [];
    const heard = watch(
      client.topic$('+room/temp', {
        payload: json(Temperature),
        onUndecodable: (one, error) => told.push([one.params, one.text(), one.value, error.issues.length]),
      }),
    );
    await on.settle();
    on.broker.publish('attic/temp', BAD);
    on.broker.publish('attic/temp', GOOD);
    await on.settle();
    expect(told).to.deep.equal([[{ room: 'attic' }, BAD, undefined, 1]]);
    expect([heard.values.length, heard.ends]).to.deep.equal([1, 0]);
  });

  it('should not call the codec or onUndecodable for those who have left while others were told', async () => {
    const { client } = await on.online();
    const told: string[] = [];
    const codec = counting();
    const leaves = client.topic$('a').subscribe(() => second.unsubscribe());
    const second = client.topic$('a', { payload: codec, onUndecodable: () => told.push('left') }).subscribe();
    await on.settle();
    on.broker.publish('a', 'bad');
    await on.settle();
    expect([told, codec.count]).to.deep.equal([[], 0]);
    leaves.unsubscribe();
  });

  it('should decode once for a message and codec, however many listen and whatever they call the wildcards', async () => {
    const { client } = await on.online();
    const events = undecodable(client);
    const codec = counting();
    const all = [client.topic$('+a', { payload: codec }), client.topic$('+b', { payload: codec }), client.topic$('#', { payload: codec })]; // prettier-ignore
    const heard = all.map((one$) => watch<Message<unknown, string>>(one$));
    const other = watch(client.topic$('x', { payload: counting() }));
    await on.settle();
    on.broker.publish('x', 'one');
    on.broker.publish('x', 'bad');
    await on.settle();
    expect(heard.map(({ values }) => values.map(({ params, value }) => [params, value]))).to.deep.equal([
      [[{ a: 'x' }, 'ONE']],
      [[{ b: 'x' }, 'ONE']],
      [[{}, 'ONE']],
    ]);
    expect([codec.count, other.values.length, events().length]).to.deep.equal([2, 1, 2]);
  });

  it('should take a value of undefined, null or false for a value', async () => {
    const { client } = await on.online();
    const read = (payload: string): unknown => ({ u: undefined, n: null, f: false })[payload];
    const heard = watch(client.topic$('a', { payload: { encode: () => '', decode: (one) => read(one.text()) } }));
    await on.settle();
    on.broker.publish('a', 'u');
    on.broker.publish('a', 'n');
    on.broker.publish('a', 'f');
    await on.settle();
    expect(heard.values.map(({ value }) => value)).to.deep.equal([undefined, null, false]);
  });

  it('should make an error of whatever a codec throws', async () => {
    const { client } = await on.online();
    const events = undecodable(client);
    const things: unknown[] = ['text', undefined, Object.create(null), new TypeError('why')];
    const codec: Codec<never> = {
      encode: boom,
      decode: () => {
        throw things.shift();
      },
    };
    const heard = watch(client.topic$('a', { payload: codec }));
    await on.settle();
    for (let i = 0; i < 4; i++) on.broker.publish('a');
    await on.settle();
    expect(heard.ends).to.equal(0);
    expect(events().map(({ error }) => error.message.replace('a message to "a" does not decode: ', ''))).to.deep.equal([
      'the codec threw a string',
      'the codec threw a undefined',
      'the codec threw a object',
      'why',
    ]);
    expect(events().at(-1)!.error.cause).to.be.instanceOf(TypeError);
  });

  it('should end with words that say so when the schema is asynchronous: nothing can wait for it', async () => {
    const { client } = await on.online();
    const events = undecodable(client);
    const schema = z.string().refine(() => Promise.resolve(true));
    const refused = watch(client.topic$('a', { payload: json(schema), onUndecodable: boom }));
    const other = watch(client.topic$('a'));
    await on.settle();
    on.broker.publish('a', '"x"');
    on.broker.publish('a', '"y"');
    await on.settle();
    expect(refused.error).to.include({ code: 'INVALID_ARGUMENT', field: 'payload' });
    expect((refused.error as Error).message).to.match(/the schema is asynchronous/);
    expect([other.values.length, events()]).to.deep.equal([2, []]);
  });

  it('should give retained messages to a later listener with a codec as well', async () => {
    on.broker.publish('a', GOOD, { retain: true });
    const { client } = await on.online();
    const first = watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    const second = watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    expect([first, second].map(({ values }) => values.map(({ value }) => value.celsius))).to.deep.equal([
      [21.5],
      [21.5],
    ]);
  });

  it('should live through a reconnect, and complete on end()', async () => {
    const { client } = await on.online();
    const heard = watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    on.broker.drop();
    await on.tick(1_000);
    on.broker.publish('a', BAD);
    on.broker.publish('a', GOOD);
    await on.settle();
    watch(client.end());
    await on.settle();
    expect([heard.values.length, heard.completed]).to.deep.equal([1, true]);
  });

  it('should leave messages$ and other listeners as they are: without a value', async () => {
    const { client } = await on.online();
    const all = watch(client.messages$());
    const unclaimed = watch(client.messages$('unclaimed'));
    watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    on.broker.publish('a', BAD);
    on.broker.publish('a', GOOD);
    await on.settle();
    expect(all.values.map((one) => [one.text(), one.value])).to.deep.equal([
      [BAD, undefined],
      [GOOD, undefined],
    ]);
    expect(unclaimed.values).to.deep.equal([]); // it had a listener
  });

  it('should be printed by logTo without the payload', async () => {
    const { client } = await on.online();
    const lines: string[] = [];
    client.events$.subscribe(logTo({ log: (line) => lines.push(line) }));
    watch(client.topic$('a', { payload: json(z.literal('secret')) }));
    watch(client.topic$('b', { payload: json(z.object({ x: z.number(), y: z.number() })) }));
    watch(client.topic$('c', { payload: text() }));
    await on.settle();
    on.broker.publish('a', '"hunter2"');
    on.broker.publish('b', '{}');
    on.broker.publish('c', Uint8Array.of(0xff));
    await on.settle();
    expect(lines.flatMap((line) => /message does not decode.*/.exec(line) ?? [])).to.deep.equal([
      'message does not decode: a (1 issue of the schema)',
      'message does not decode: b (2 issues of the schema)',
      'message does not decode: c',
    ]);
    expect(lines.join()).not.to.match(/hunter2/);
  });

  for (const [what, options, field] of [
    ['no codec', { payload: {} }, 'payload'],
    ['a schema instead of a codec', { payload: Temperature }, 'payload'],
    ['text instead of a codec', { payload: 'json' }, 'payload'],
    ['no codec, with a topic', { payload: 7 }, 'payload'],
    ['another onUndecodable', { payload: json(), onUndecodable: 'drop' }, 'onUndecodable'],
    ['an option that does not exist', { payload: json(), codec: json() }, 'codec'],
    ['a wrong QoS beside a codec', { payload: json(), qos: 3 }, 'qos'],
  ] as const) {
    it(`should err with ${what}, and subscribe to nothing`, async () => {
      const { client } = await on.online();
      const events = watch(client.events$);
      const asked = what.includes('topic') ? topic('a', { payload: json() }) : ('a' as string);
      const refused = watch(client.topic$(asked as string, options as never));
      await on.settle();
      expect(refused.error).to.include({ code: 'INVALID_ARGUMENT', field });
      expect(events.values).to.deep.equal([]);
    });
  }

  it('should be for topic$ alone: subscribe has no use for a codec', () => {
    const refused = watch(on.client().subscribe('a', { payload: json() } as never));
    expect(refused.error).to.include({ code: 'INVALID_ARGUMENT', field: 'payload' });
  });

  describe('and acknowledgement by hand', () => {
    /** The payloads of what was acknowledged so far, in order. */
    const acknowledged = () => texts(on.broker.acknowledged());
    const options = { payload: json(Temperature), qos: 2, acknowledge: 'manual' } as const;

    it('should acknowledge what is skipped, in its turn, and leave the rest to the application', async () => {
      const { client } = await on.online();
      const heard = watch(client.topic$('a', options));
      await on.settle();
      on.broker.publish('a', GOOD, { qos: 1 });
      on.broker.publish('a', BAD, { qos: 1 });
      on.broker.publish('a', BAD, { qos: 2 });
      await on.settle();
      expect([heard.values.length, acknowledged()]).to.deep.equal([1, []]);
      expect(heard.values[0]!.value).to.deep.equal({ celsius: 21.5 });
      heard.values[0]!.acknowledge();
      await on.settle();
      expect(acknowledged()).to.deep.equal([GOOD, BAD, BAD]);
    });

    it('should acknowledge it when every listener who got it has, in its own decoding', async () => {
      const { client } = await on.online();
      watch(client.topic$('+x', options));
      const plain = watch(client.topic$('#', { qos: 2, acknowledge: 'manual' }));
      await on.settle();
      on.broker.publish('a', BAD, { qos: 1 });
      await on.settle();
      expect(acknowledged()).to.deep.equal([]);
      plain.values[0]!.acknowledge();
      await on.settle();
      expect(acknowledged()).to.deep.equal([BAD]);
    });

    it('should acknowledge it when onUndecodable has returned, or thrown', async () => {
      const { client } = await on.online();
      watch(client.topic$('a', { ...options, onUndecodable: boom }));
      await on.settle();
      on.broker.publish('a', BAD, { qos: 1 });
      await on.tick(1);
      expect([acknowledged(), on.unhandled().length]).to.deep.equal([[BAD], 1]);
    });

    it('should leave it to onUndecodable to refuse or abandon it', async () => {
      const { client } = await on.online();
      const told: string[] = [];
      watch(
        client.topic$('a', {
          ...options,
          onUndecodable: (one) => {
            told.push(one.text());
            if (one.text() === BAD || on.version === 4) one.abandon();
            else one.acknowledge(0x99);
          },
        }),
      );
      await on.settle();
      on.broker.publish('a', BAD, { qos: 1 });
      on.broker.publish('a', '', { qos: 1 });
      await on.settle();
      const answers = on.broker.acknowledged().map(({ payload, reasonCode }) => [payload.length, reasonCode]);
      expect([told, answers]).to.deep.equal([[BAD, ''], on.version === 5 ? [[0, 0x99]] : []]);
    });

    for (const acknowledgeOnLeave of [false, true]) {
      it(`should leave it open with onUndecodable: 'error', and acknowledgeOnLeave: ${acknowledgeOnLeave} decide`, async () => {
        const { client } = await on.online();
        const failed = watch(client.topic$('a', { ...options, acknowledgeOnLeave, onUndecodable: 'error' }));
        await on.settle();
        on.broker.publish('a', BAD, { qos: 1 });
        await on.settle();
        expect(failed.error).to.be.instanceOf(UndecodableError);
        expect(acknowledged()).to.deep.equal(acknowledgeOnLeave ? [BAD] : []);
      });
    }

    it('should make room for another message at QoS 0', async () => {
      const { client } = await on.online({ receiveMaximum: 1 });
      const events = undecodable(client);
      const heard = watch(client.topic$('a', options));
      await on.settle();
      on.broker.publish('a', BAD);
      on.broker.publish('a', BAD);
      on.broker.publish('a', GOOD);
      await on.settle();
      expect([events().length, heard.values.length]).to.deep.equal([2, 1]);
    });

    it('should have consume work on values, at the QoS of the topic, and not on what does not decode', async () => {
      const { client } = await on.online();
      const temperature = topic('+room/temp', { payload: json(Temperature), qos: 2 });
      const consumed = watch(
        consume(client, temperature, ({ params, value }) => of(`${params.room} ${value.celsius}`)),
      );
      const byCodec = consume(client, '+x', (one) => of(one.value.celsius), { payload: json(Temperature) });
      watch(byCodec);
      expectTypeOf(byCodec).toEqualTypeOf<Observable<Consumed<Message<Params<'+x'>, { celsius: number }>, number>>>();
      await on.settle();
      expect(on.broker.subscriptions.map(({ filter, qos }) => [filter, qos])).to.have.deep.members([
        ['+/temp', 2],
        ['+', 1],
      ]);
      on.broker.publish('hall/temp', BAD, { qos: 1 });
      on.broker.publish('hall/temp', GOOD, { qos: 1 });
      await on.settle();
      expect(consumed.values.map(({ result }) => result)).to.deep.equal(['hall 21.5']);
      expect(acknowledged()).to.deep.equal([BAD, GOOD]);
    });
  });

  describe('and a topic that is a value', () => {
    const temperature = topic('house/+room/temp', { payload: json(Temperature), qos: 1, retain: true });

    it('should subscribe with its filter and QoS, and decode with its codec', async () => {
      const { client } = await on.online();
      const heard = watch(client.topic$(temperature));
      await on.settle();
      expect(on.broker.subscriptions[0]).to.include({ filter: 'house/+/temp', qos: 1 });
      on.broker.publish('house/attic/temp', GOOD);
      on.broker.publish('house/attic/temp', BAD);
      await on.settle();
      expect(heard.values.map(({ params, value }) => [params.room, value.celsius])).to.deep.equal([['attic', 21.5]]);
    });

    it('should put options beside it before its own', async () => {
      const { client } = await on.online();
      const codec = { encode: boom, decode: () => ({ celsius: 0 }) };
      const heard = watch(client.topic$(temperature, { qos: 0, payload: codec, onUndecodable: 'error' }));
      const without = watch(client.topic$(topic('a'), { qos: undefined }));
      await on.settle();
      expect(on.broker.subscriptions.map(({ qos }) => qos)).to.deep.equal([0, 0]);
      on.broker.publish('house/attic/temp', BAD);
      on.broker.publish('a', 'x');
      await on.settle();
      expect(heard.values.map(({ value }) => value.celsius)).to.deep.equal([0]);
      expect(without.values.map(({ value }) => value)).to.deep.equal([undefined]);
    });

    it('should share the subscription of those who write its filter', async () => {
      const { client } = await on.online();
      const all = [watch(client.topic$(temperature)), watch<unknown>(client.topic$('house/+/temp', { qos: 1 }))];
      const durable = watch(client.subscribe(temperature.filter, { qos: 1 }));
      await on.settle();
      expect([...watch(client.subscriptions$).values[0]!.keys()]).to.deep.equal(['house/+/temp']);
      on.broker.publish('house/a/temp', GOOD);
      await on.settle();
      expect([...all.map(({ values }) => values.length), durable.completed]).to.deep.equal([1, 1, true]);
    });

    it('should err with an object that is none', () => {
      for (const none of [{}, { pattern: 7 }, null, undefined]) {
        expect(watch(on.client().topic$(none as never)).error).to.include({ code: 'INVALID_TOPIC' });
      }
      expect(watch(on.client().topic$(temperature, 7 as never)).error).to.include({ code: 'INVALID_ARGUMENT' });
    });
  });
});

clientSpecs('messages in one chunk, of which one does not decode', (on) => {
  it('should cost nobody anything when onUndecodable throws, but be reported', async () => {
    const { client, server } = await on.online();
    const thrower = watch(client.topic$('a', { payload: json(Temperature), onUndecodable: boom }));
    const other = watch(client.topic$('a', { payload: json(Temperature) }));
    await on.settle();
    server.send(message('a', BAD, { qos: 1, packetId: 1 }), message('a', GOOD, { qos: 1, packetId: 2 }));
    await on.tick(1);
    expect([thrower, other].map(({ values, ends }) => [values.length, ends])).to.deep.equal([
      [1, 0],
      [1, 0],
    ]);
    expect(server.take('puback').length).to.equal(2);
    expect(on.unhandled().map(String)).to.deep.equal(['Error: boom']);
  });

  it('should be left from within onUndecodable, a codec and an event, at any time', async () => {
    const { client, server } = await on.online();
    const first = client.topic$('a', { payload: counting(), onUndecodable: () => first.unsubscribe() }).subscribe();
    const leaves: Codec<string> = {
      encode: boom,
      decode: () => {
        second.unsubscribe();
        return boom();
      },
    };
    const second: Subscription = client.topic$('a', { payload: leaves, onUndecodable: boom }).subscribe();
    const third = watch(client.topic$('a', { payload: counting() }).pipe(take(1)));
    const events = client.events$.subscribe(({ type }) => type === 'undecodable' && fourth.unsubscribe());
    const fourth = watch(client.topic$('a', { payload: counting(), onUndecodable: boom }));
    await on.settle();
    server.send(message('a', 'bad'), message('a', 'good'));
    await on.settle();
    expect([first.closed, second.closed, third.values.map(({ value }) => value)]).to.deep.equal([true, true, ['GOOD']]);
    expect(fourth.values).to.deep.equal([]);
    events.unsubscribe();
  });
});
