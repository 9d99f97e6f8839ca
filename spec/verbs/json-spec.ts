import { type } from 'arktype';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import * as v from 'valibot';
import { z } from 'zod';
import { Message } from '../../lib/client/Message.js';
import { type Codec, InvalidArgumentError, UndecodableError, json } from '../../lib/index.js';
import type { StandardSchema } from '../../lib/verbs/StandardSchema.js';
import { message } from '../support/message.js';

const decode = <V>(codec: Codec<V, never>, payload: string): V =>
  codec.decode(new Message(message('house/temp', payload)));

/** What a function throws. */
function thrown<E extends Error>(kind: abstract new (...args: never[]) => E, act: () => unknown): E {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(kind);
    return error as E;
  }
  throw new Error('nothing was thrown');
}

interface Room {
  readonly celsius: number;
  readonly tags?: readonly string[] | undefined;
}

/** The same schema of each library. */
const SCHEMAS: Readonly<Record<string, StandardSchema<Room>>> = {
  zod: z.object({ celsius: z.number(), tags: z.array(z.string()).optional() }),
  valibot: v.object({ celsius: v.number(), tags: v.optional(v.array(v.string())) }),
  arktype: type({ celsius: 'number', 'tags?': 'string[]' }),
};

describe('json', () => {
  for (const [library, schema] of Object.entries(SCHEMAS)) {
    describe(`with a schema of ${library}`, () => {
      const codec = json(schema);

      it('should decode what it encoded', () => {
        const room: Room = { celsius: 21.5, tags: ['attic'] };
        expect(codec.encode(room)).to.equal('{"celsius":21.5,"tags":["attic"]}');
        expect(decode(codec, codec.encode(room) as string)).to.deep.equal(room);
        expect(codec.contentType).to.equal('application/json');
      });

      it('should say what the schema has against a payload, and where', () => {
        const error = thrown(UndecodableError, () => decode(codec, '{"celsius":21,"tags":["a",7]}'));
        expect(error).to.include({ topic: 'house/temp', code: 'UNDECODABLE' });
        expect(error.issues.map(({ path }) => path)).to.deep.equal([['tags', 1]]);
        expect(error.issues[0]!.message).to.match(/string/);
        expect(error.message).to.match(/^a message to "house\/temp" does not decode: value\.tags\[1\]: .*string/);
      });

      it('should count further issues', () => {
        const error = thrown(UndecodableError, () => decode(codec, '{"celsius":"x","tags":[1]}'));
        expect(error.issues.length).to.be.at.least(2);
        expect(error.message).to.match(/ \(and \d more\)$/);
      });

      it('should name the field of a value that it does not encode', () => {
        const error = thrown(InvalidArgumentError, () => codec.encode({ celsius: 'warm' as never }));
        expect(error.field).to.equal('value.celsius');
        expect(error.message).to.match(/^value\.celsius: .*number/);
        expect(thrown(InvalidArgumentError, () => codec.encode(7 as never)).field).to.equal('value');
      });
    });
  }

  const Timed = z.object({ at: z.string().transform((text) => new Date(text)), unit: z.string().default('C') });

  it('should convert and fill in when a message comes, and send a value as it is', () => {
    const codec = json(Timed);
    const payload = codec.encode({ at: '2026-01-01T00:00:00.000Z' });
    expect(payload).to.equal('{"at":"2026-01-01T00:00:00.000Z"}');
    expect(decode(codec, payload as string)).to.deep.equal({ at: new Date(Date.UTC(2026, 0, 1)), unit: 'C' });
  });

  it('should infer what is encoded and what is decoded', () => {
    expectTypeOf(json(Timed)).toEqualTypeOf<
      Codec<{ at: Date; unit: string }, { at: string; unit?: string | undefined }>
    >();
    expectTypeOf(json(v.pipe(v.string(), v.transform(Number)))).toEqualTypeOf<Codec<number, string>>();
    expectTypeOf(json(type('string.numeric.parse'))).toEqualTypeOf<Codec<number, string>>();
    expectTypeOf(json()).toEqualTypeOf<Codec<unknown>>();
    expectTypeOf(json<Room>()).toEqualTypeOf<Codec<Room>>();
    // @ts-expect-error it is no schema
    expect(() => json({ celsius: 'number' })).to.throw(InvalidArgumentError, /schema: expected a Standard Schema/);
  });

  it('should refuse what is no schema, undefined as well', () => {
    for (const none of [undefined, null, 7, {}, () => true]) {
      expect(() => json(none as never)).to.throw(InvalidArgumentError, /schema: expected a Standard Schema, as zod, /);
    }
  });

  it('should check nothing without a schema', () => {
    const codec = json<Room>();
    expect(codec.encode({ celsius: 1 })).to.equal('{"celsius":1}');
    expect(decode(codec, '["anything"]')).to.deep.equal(['anything']);
    expect(decode(json(), 'null')).to.equal(null);
  });

  it('should not decode what is no JSON or no UTF-8, and keep the payload out of its words', () => {
    for (const codec of [json(), json(SCHEMAS['zod']!)]) {
      const error = thrown(UndecodableError, () => decode(codec, '{"password":"hunter2"'));
      expect(error).to.include({ message: 'a message to "house/temp" does not decode: it is not JSON' });
      expect([error.issues, (error.cause as Error).name]).to.deep.equal([[], 'SyntaxError']);
      expect(thrown(UndecodableError, () => decode(codec, '')).message).to.match(/it is not JSON$/);
      const bytes = new Message({ ...message('a'), payload: Uint8Array.of(0x22, 0xff, 0x22) });
      expect(thrown(UndecodableError, () => codec.decode(bytes)).message).to.match(/it is not UTF-8$/);
    }
  });

  it('should overlook a byte order mark', () => {
    expect(decode(json(), '\uFEFF{"a":1}')).to.deep.equal({ a: 1 });
  });

  it('should not encode what JSON cannot say', () => {
    for (const value of [undefined, () => 1, Symbol('a')]) {
      expect(() => json().encode(value)).to.throw(
        InvalidArgumentError,
        /^value: expected something that JSON can say, got /,
      );
    }
    expect(() => json().encode(1n)).to.throw(TypeError); // publish makes an InvalidArgumentError of it
  });

  it('should refuse a schema that answers with a promise, whatever becomes of that', async () => {
    const rejects = {
      '~standard': { version: 1, vendor: 'spec', validate: () => Promise.reject(new Error('late')) },
    } as const;
    for (const schema of [
      z.string().refine(() => Promise.resolve(true)),
      v.pipeAsync(
        v.string(),
        v.checkAsync(() => true),
      ),
      rejects,
    ]) {
      const codec = json<StandardSchema>(schema as StandardSchema);
      for (const act of [() => decode(codec, '"x"'), () => codec.encode('x')]) {
        expect(act).to.throw(
          InvalidArgumentError,
          /^payload: the schema is asynchronous, and a codec must answer at once; use a/,
        );
      }
    }
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would end the process
  });

  it('should be content with what the standard allows: a path of segments, and a refusal without a reason', () => {
    const saying = (issues: readonly object[]) =>
      json({ '~standard': { version: 1, vendor: 'spec', validate: () => ({ issues }) } } as never as StandardSchema);
    const symbol = Symbol('s');
    const error = thrown(UndecodableError, () =>
      decode(saying([{ message: 'no', path: [{ key: 'a' }, { key: 0 }, symbol] }]), '1'),
    );
    expect(error.issues).to.deep.equal([{ message: 'no', path: ['a', 0, symbol] }]);
    expect(error.message).to.match(/value\.a\[0\]\.Symbol\(s\): no$/);
    expect(thrown(UndecodableError, () => decode(saying([]), '1')).message).to.match(/value: the schema refuses it$/);
    expect(thrown(InvalidArgumentError, () => saying([]).encode(1)).message).to.equal('value: the schema refuses it');
  });
});
