import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { of, retry } from 'rxjs';
import { z } from 'zod';
import { type Codec, type PublishReceipt, type PublishResult, bytes, json, publishEach, text, topic } from '../../lib/index.js'; // prettier-ignore
import { connackBy } from '../support/connackBy.js';
import { GatedStore } from '../support/GatedStore.js';
import { kitSpecs } from '../support/kitStage.js';
import { texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const Temperature = z.object({ celsius: z.number() });
const temperature = topic('house/+room/temp', { payload: json(Temperature), qos: 1, retain: true });

kitSpecs('publish with a codec', (on) => {
  /** What MQTT 5 is told; 3.1.1 is told nothing. */
  const told = (properties: object) => (on.version === 5 ? properties : {});

  it('should send what the codec makes of the value, and tell MQTT 5 what it is', async () => {
    const { client } = await on.online();
    const all = [
      watch(client.publish('a', { celsius: 21.5 }, { payload: json(Temperature), qos: 1 })),
      watch(client.publish('a', 'open', { payload: text(), qos: 2 })),
      watch(client.publish('a', Uint8Array.of(65), { payload: bytes() })),
      watch(client.publish('a', 7, { payload: { encode: String, decode: Number } })),
      watch(
        client.publish('a', 7, { payload: { encode: () => Uint8Array.of(55), decode: Number, contentType: 'x/y' } }),
      ),
    ];
    await on.settle();
    expect(all.map(({ completed }) => completed)).to.deep.equal(all.map(() => true));
    const sent = on.broker.published();
    expect(texts(sent)).to.deep.equal(['{"celsius":21.5}', 'open', 'A', '7', '7']);
    expect(sent.map(({ properties }) => properties)).to.deep.equal([
      told({ contentType: 'application/json', payloadFormatIndicator: 1 }),
      told({ contentType: 'text/plain', payloadFormatIndicator: 1 }),
      {},
      told({ payloadFormatIndicator: 1 }),
      told({ contentType: 'x/y' }),
    ]);
  });

  it('should encode at each subscription, and be cold until then', async () => {
    const { client } = await on.online();
    let count = 0;
    const publish$ = client.publish('a', 1, { payload: { encode: () => String(++count), decode: Number } });
    expect(count).to.equal(0);
    watch(publish$);
    watch(publish$);
    await on.settle();
    expect(texts(on.broker.published())).to.deep.equal(['1', '2']);
  });

  it('should err alone, and name the field, when the value cannot be encoded', async () => {
    const { client } = await on.online();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const encode = (thing: unknown): Codec<unknown> => ({
      encode: () => {
        throw thing;
      },
      decode: Number,
    });
    for (const [value, payload, field, why] of [
      [{ celsius: 'warm' }, json(Temperature), 'value.celsius', /^value\.celsius: /],
      [circular, json(), 'value', /^value: the codec cannot encode it: Converting circular structure/],
      [undefined, json(), 'value', /^value: expected something that JSON can say/],
      [1, encode(new Error('why')), 'value', /^value: the codec cannot encode it: why$/],
      [1, encode('why'), 'value', /^value: the codec cannot encode it: it threw a string$/],
      [
        1,
        { encode: () => 7, decode: Number },
        'payload',
        /^payload: expected a codec whose encode\(\) gives a string or a Uint8Array/,
      ],
      [1, { encode: () => undefined, decode: Number }, 'payload', /^payload: expected a codec whose encode/],
      [1, {}, 'payload', /^payload: expected a codec such as json\(schema\)/],
      [1, Temperature, 'payload', /^payload: expected a codec such as json\(schema\)/],
      [1, 'json', 'payload', /^payload: expected a codec such as json\(schema\)/],
    ] as const) {
      const failed = watch(client.publish('a', value as never, { payload: payload as never, qos: 1 }));
      expect(failed.error, String(why)).to.include({ code: 'INVALID_ARGUMENT', field });
      expect((failed.error as Error).message).to.match(why);
    }
    const good = watch(client.publish('a', { celsius: 1 }, { payload: json(Temperature), qos: 1 }));
    await on.settle();
    expect([good.completed, on.broker.published().length, client]).to.deep.equal([true, 1, client]);
  });

  it('should say why an asynchronous schema is of no use', () => {
    const schema = z.string().refine(() => Promise.resolve(true));
    const failed = watch(on.client().publish('a', 'x', { payload: json(schema) }));
    expect((failed.error as Error).message).to.match(/^payload: the schema is asynchronous/);
  });

  it('should know the type of the value when compiling', () => {
    const client = on.client();
    expectTypeOf(client.publish('a', { celsius: 1 }, { payload: json(Temperature) })).toEqualTypeOf(
      client.publish('a'),
    );
    const wrong = () => {
      // @ts-expect-error the value is another one
      client.publish('a', { celsius: 'warm' }, { payload: json(Temperature) });
      // @ts-expect-error there is no codec
      client.publish('a', { celsius: 1 });
      // @ts-expect-error there is no codec
      client.publish('a', { celsius: 1 }, { qos: 1 });
      // @ts-expect-error the value is another one
      client.publish(temperature.name({ room: 'a' }), { celsius: 'warm' });
      // @ts-expect-error the value is missing
      client.publish(temperature.name({ room: 'a' }));
      // @ts-expect-error the topic has no codec
      client.publish(topic('a').name(), { celsius: 1 });
      // @ts-expect-error a family of topics is no name
      client.publish(temperature, { celsius: 1 });
      client.publish(topic('a').name(), 'x', { qos: 1 });
      client.publish('a', Uint8Array.of(1), { payload: bytes() });
      client.publish('a', new Date(), { payload: json() });
    };
    expect(wrong).to.be.a('function');
  });

  describe('and a topic that is a value', () => {
    it('should send to its name, with its codec, QoS and RETAIN', async () => {
      const { client } = await on.online();
      const sent = watch(client.publish(temperature.name({ room: 'attic' }), { celsius: 27.4 }));
      await on.settle();
      const [one] = on.broker.published();
      expect(one).to.include({ topic: 'house/attic/temp', qos: 1, retain: true });
      expect(texts([one!])).to.deep.equal(['{"celsius":27.4}']);
      expect(sent.values.map(({ topic, qos }) => [topic, qos])).to.deep.equal([['house/attic/temp', 1]]);
    });

    it('should put options beside it before its own', async () => {
      const { client } = await on.online();
      const name = temperature.name({ room: 'attic' });
      watch(client.publish(name, { celsius: 1 }, { qos: 0, retain: false }));
      watch(client.publish(name, { celsius: 1 }, { qos: undefined, retain: undefined }));
      watch(client.publish(topic('plain').name(), 'x'));
      await on.settle();
      expect(on.broker.published().map(({ qos, retain }) => [qos, retain])).to.deep.equal([
        [0, false],
        [1, true],
        [0, false],
      ]);
    });

    it('should err as any publish with what is no topic, and with options that do not exist', () => {
      const client = on.client();
      for (const none of [{}, { topic: 7 }, null, temperature]) {
        expect(watch(client.publish(none as never, 'x')).error).to.include({ code: 'INVALID_TOPIC' });
      }
      const name = temperature.name({ room: 'a' });
      expect(watch(client.publish(name, { celsius: 1 }, { Qos: 1 } as never)).error).to.include({ field: 'Qos' });
      expect(watch(client.publish({ topic: 'a/+' }, 'x')).error).to.include({ code: 'INVALID_TOPIC' });
    });
  });

  describe('by publishEach', () => {
    it('should send values by a codec, or to a topic that is a value, beside payloads', async () => {
      const { client } = await on.online();
      const byCodec = publishEach(client, (celsius: number) => ({ topic: 'a', value: { celsius }, payload: json(Temperature), qos: 1 })); // prettier-ignore
      const byTopic = publishEach(client, (celsius: number) => ({ topic: temperature.name({ room: 'a' }), value: { celsius } })); // prettier-ignore
      const plain = publishEach(client, (celsius: number) => ({ topic: 'b', payload: `${celsius}` }));
      const results = [byCodec, byTopic, plain].map((each) => watch(of(1, 2).pipe(each)));
      await on.settle();
      expect(texts(on.broker.published())).to.have.members(['{"celsius":1}', '{"celsius":2}', '{"celsius":1}', '{"celsius":2}', '1', '2']); // prettier-ignore
      expect(results.map(({ values, completed }) => [values.length, completed])).to.deep.equal([[2, true], [2, true], [2, true]]); // prettier-ignore
      expectTypeOf(results[0]!.values).toEqualTypeOf<PublishResult<number>[]>();
    });

    it('should give an error for a value that cannot be encoded, and go on', async () => {
      const { client } = await on.online();
      const each = publishEach(client, (celsius: unknown) => ({ topic: temperature.name({ room: 'a' }), value: { celsius } as never })); // prettier-ignore
      const results = watch(of('warm', 1).pipe(each));
      await on.settle();
      const summary = results.values.map(({ value, receipt, error }) => [value, receipt?.topic, error?.message]);
      expect(summary.map(([value, sent]) => [value, sent])).to.deep.equal([
        ['warm', undefined],
        [1, 'house/a/temp'],
      ]);
      expect(summary[0]![2]).to.match(/^value\.celsius: /);
    });

    it('should know the type of the value when compiling', () => {
      const client = on.client();
      const wrong = () => {
        // @ts-expect-error the value is another one
        publishEach(client, (celsius: string) => ({ topic: 'a', value: { celsius }, payload: json(Temperature) }));
        // @ts-expect-error the value is another one
        publishEach(client, (celsius: string) => ({ topic: temperature.name({ room: 'a' }), value: { celsius } }));
        // @ts-expect-error there is no codec
        publishEach(client, (celsius: number) => ({ topic: 'a', value: { celsius } }));
      };
      expect(wrong).to.be.a('function');
    });
  });
});

kitSpecs(
  'properties that a codec implies',
  (on) => {
    const payload = json(Temperature);
    const value = { celsius: 1 };

    it('should give way to properties that were asked for', async () => {
      const { client } = await on.online();
      const properties = { contentType: 'application/senml+json', userProperties: { a: 'b' } };
      watch(client.publish('a', value, { payload, properties }));
      watch(client.publish('b', value, { payload, properties: { payloadFormatIndicator: 0, contentType: undefined } }));
      await on.settle();
      expect(on.broker.published().map(({ properties }) => properties)).to.deep.equal([
        { payloadFormatIndicator: 1, contentType: 'application/senml+json', userProperties: [['a', 'b']] },
        { payloadFormatIndicator: 0, contentType: 'application/json' },
      ]);
    });

    it('should be refused by the client when they are no text', () => {
      const codec = { encode: String, decode: Number, contentType: 'a\0' };
      const refused = watch(on.client().publish('a', 1, { payload: codec }));
      expect(refused.error).to.include({ code: 'INVALID_ARGUMENT', field: 'payload.contentType' });
    });

    it('should go with what is left of the expiry', async () => {
      const { client } = await on.online();
      watch(client.publish('a', value, { payload, expiry: 10_000 }));
      await on.settle();
      expect(on.broker.published()[0]!.properties).to.include({
        messageExpiryInterval: 10,
        contentType: 'application/json',
      });
    });
  },
  [5],
);

clientSpecs(
  'properties that a codec implies, at a server that speaks 3.1.1',
  (on) => {
    const payload = json(Temperature);
    const value = { celsius: 1 };

    /** Lets the broker speak 3.1.1 alone. */
    const only311 = () => connackBy(on.broker, () => (on.broker.current.version === 4 ? {} : { reasonCode: 0x84 }));

    for (const qos of [0, 1, 2] as const) {
      it(`should not be sent to a server that speaks 3.1.1, with 'auto' at QoS ${qos}, and the message be`, async () => {
        only311();
        const { client, server } = await on.online({ protocolVersion: 'auto' });
        expect(server.version).to.equal(4);
        const events = watch(client.events$);
        const sent = watch(client.publish('a', value, { payload, qos, expiry: 10_000 }));
        const asked = watch(client.publish('b', value, { payload, qos, properties: { userProperties: { a: 'b' } } }));
        await on.settle();
        expect(sent.values.map(({ topic }) => topic)).to.deep.equal(['a']);
        expect(asked.error).to.include({ code: 'NOT_SUPPORTED' }); // somebody asked for these
        const [one, ...more] = server.take('publish');
        expect([one!.topic, one!.properties, texts([one!]), more]).to.deep.equal([
          'a',
          undefined,
          ['{"celsius":1}'],
          [],
        ]);
        const shown = events.values.find((event) => event.type === 'packet-sent' && event.packet.type === 'publish');
        expect(shown).to.not.have.nested.property('packet.properties');
      });
    }

    it('should be left out of what is repeated to a server that speaks 3.1.1 by then', async () => {
      on.broker.silentOn.add('publish');
      const { client, server } = await on.online({ protocolVersion: 'auto', cleanSession: false });
      const sent = watch(client.publish('a', value, { payload, qos: 1 }).pipe(retry(1)));
      await on.settle();
      expect(server.take('publish')[0]!.properties).to.include({ contentType: 'application/json' });
      on.broker.silentOn.clear();
      connackBy(on.broker, () => (on.broker.current.version === 4 ? { sessionPresent: true } : { reasonCode: 0x84 }));
      server.close();
      await on.tick(1_000);
      const [again] = on.broker.current.take('publish');
      expect([again!.dup, again!.properties, texts([again!])]).to.deep.equal([true, undefined, ['{"celsius":1}']]);
      expect([sent.completed, on.broker.current.version]).to.deep.equal([true, 4]);
    });

    it('should be kept in a store, and left out for a server that speaks 3.1.1 in the next process', async () => {
      for (const protocolVersion of [4, 5, 'auto'] as const) {
        const disk = new GatedStore();
        on.broker.dial = 'hang';
        const earlier = on.client({ cleanSession: false, store: disk.store, protocolVersion: 'auto' });
        watch<PublishReceipt>(earlier.publish('a', value, { payload, qos: 1 }));
        await on.settle();
        on.broker.dial = 'accept';
        const { store } = disk.survivor();
        watch(earlier.end({ force: true }));
        await on.settle();
        const next = on.client({ cleanSession: false, store, protocolVersion, clientId: 'next' });
        watch(next.connection$);
        await on.settle();
        const [one] = on.broker.current.take('publish');
        expect(texts([one!])).to.deep.equal(['{"celsius":1}']);
        const expected = { payloadFormatIndicator: 1, contentType: 'application/json' };
        expect(one!.properties).to.deep.equal(protocolVersion === 4 ? undefined : expected);
        watch(next.end());
        await on.settle();
      }
    });
  },
  [5],
);
