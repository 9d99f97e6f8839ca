import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { inspect } from 'node:util';
import { InvalidArgumentError, InvalidTopicError } from '../../lib/errors.js';
import { type NamedTopic, type PlainPayload, topic } from '../../lib/topic/topic.js';
import { matches } from '../../lib/topic/matches.js';
import { paramsOf, parseFilter } from '../../lib/topic/namedWildcards.js';
import { saidBy } from '../support/saidBy.js';

const codec = { encode: (value: number) => String(value), decode: () => 0 };
/** A filter that the compiler does not know. */
const unknown = (filter: string): string => filter;
/** Calls `name` with what the compiler would not let through. */
function nameOf(pattern: string, params?: unknown): string {
  const { name } = topic(pattern);
  return (name as (params: unknown) => NamedTopic<unknown>)(params).topic;
}

describe('topic', () => {
  it('should be a value with its filter as written, as brokers know it, and how to publish to it', () => {
    const temperature = topic('house/+room/temp', { payload: codec, qos: 1, retain: true });
    expect(temperature).to.include({
      pattern: 'house/+room/temp',
      filter: 'house/+/temp',
      payload: codec,
      qos: 1,
      retain: true,
    });
    expect(temperature.name({ room: 'attic' })).to.deep.equal({
      topic: 'house/attic/temp',
      pattern: 'house/+room/temp',
      payload: codec,
      qos: 1,
      retain: true,
    });
    expect([temperature, temperature.name({ room: 'attic' })].every(Object.isFrozen)).to.equal(true);
  });

  it('should have a name without parameters where no wildcard is', () => {
    expect(topic('a/b').name()).to.deep.equal({ topic: 'a/b', pattern: 'a/b' });
  });

  const named: [pattern: string, params: Record<string, string>, topic: string][] = [
    ['house/+room/#rest', { room: 'attic', rest: 'temp/now' }, 'house/attic/temp/now'],
    ['#all', { all: 'a/b' }, 'a/b'],
    ['$share/g/+a/b', { a: 'x' }, 'x/b'],
    ['$queue/+a/b', { a: 'x' }, 'x/b'],
    ['$SYS/+what', { what: '$load' }, '$SYS/$load'],
    ['a//+b', { b: 'größe 温' }, 'a//größe 温'],
    ['+__proto__/+constructor', { ['__proto__']: 'x', constructor: 'y' }, 'x/y'],
    ['a/+b', { b: 'x', more: 'is not looked at' }, 'a/x'],
  ];
  for (const [pattern, params, expected] of named) {
    it(`should name ${expected} by ${pattern}, so that its filter matches and its parameters come back`, () => {
      const name = nameOf(pattern, params);
      expect(name).to.equal(expected);
      expect(matches(topic(pattern).filter, name)).to.equal(true);
      expect(params).to.include(paramsOf(parseFilter(pattern).names, name.split('/')));
    });
  }

  const refused: [pattern: string, params: unknown, why: RegExp][] = [
    ['a/+room', { room: 'x+' }, /parameter room: "\+" at index 1 is not allowed \[MQTT-3\.3\.2-2\]/],
    ['a/+room', { room: '#' }, /parameter room: "#" at index 0/],
    ['a/#rest', { rest: 'x/#' }, /parameter rest: "#" at index 2/],
    ['a/+room', { room: 'x/y' }, /parameter room: "\/" is not allowed: "\+" stands for one level/],
    ['a/+room', { room: 'x\0' }, /parameter room: "\\u0000" at index 1/],
    ['a/+room', { room: '\uD800' }, /parameter room: "\\ud800" at index 0/],
    ['a/+room', { room: '' }, /parameter room: an empty level is most likely a mistake/],
    ['a/#rest', { rest: '' }, /parameter rest: an empty level/],
    ['a/#rest', { rest: '/x' }, /parameter rest: an empty level in "\/x"/],
    ['a/#rest', { rest: 'x//y' }, /parameter rest: an empty level in "x\/\/y"/],
    [
      '+room/a',
      { room: '$SYS' },
      /parameter room: wildcards in the first level do not stand for "\$…" \[MQTT-4\.7\.2-1\]/,
    ],
    ['$share/g/#all', { all: '$SYS/a' }, /parameter all: wildcards in the first level/],
    ['a/+room', {}, /parameter room: expected a string, got undefined/],
    ['a/+room', undefined, /parameter room: expected a string, got undefined/],
    ['a/+room', null, /parameter room: expected a string, got undefined/],
    ['a/+room', { room: 7 }, /parameter room: expected a string, got number/],
    ['a/+toString', {}, /parameter toString: expected a string, got undefined/],
    ['a/+/b', {}, /"\+" has no name/],
    ['a/+b/#', { b: 'x' }, /"#" has no name/],
    ['a/+b', { b: 'x'.repeat(65_534) }, /at most 65535 bytes/],
  ];
  for (const [pattern, params, why] of refused) {
    it(`should refuse ${inspect(params).slice(0, 40)} for ${pattern}, and say ${saidBy(why)}`, () => {
      expect(() => nameOf(pattern, params)).to.throw(InvalidTopicError, why);
    });
  }

  it('should refuse at once what is no filter, and options that are none', () => {
    expect(() => topic(unknown('a/#/b'))).to.throw(InvalidTopicError, /"#" must be the last level/);
    for (const [options, why] of [
      [{ payload: {} }, /payload: expected a codec such as json\(schema\), got object/],
      [{ payload: 'json' }, /payload: expected a codec/],
      [{ qos: 3 }, /qos: expected 0, 1 or 2/],
      [{ retain: 'yes' }, /retain: expected a boolean, got string/],
      [{ Qos: 1 }, /Qos: there is no such option of a topic; there are payload, qos, retain/],
    ] as const) {
      expect(() => topic('a', options as never)).to.throw(InvalidArgumentError, why);
    }
    expect(topic('a', { payload: undefined, qos: undefined }).name()).to.deep.equal({ topic: 'a', pattern: 'a' });
  });

  it('should have the compiler know parameters, values and names', () => {
    const temperature = topic('house/+room/temp', { payload: codec });
    expectTypeOf(temperature.name).parameters.toEqualTypeOf<[params: { readonly room: string }]>();
    expectTypeOf(temperature.name({ room: 'a' })).toEqualTypeOf<NamedTopic<number>>();
    expectTypeOf(temperature.pattern).toEqualTypeOf<'house/+room/temp'>();
    expectTypeOf(topic('a/b').name).parameters.toEqualTypeOf<[]>();
    expectTypeOf(topic('a/b').name()).toEqualTypeOf<NamedTopic<PlainPayload>>();
    expectTypeOf(topic(unknown('a')).name).parameters.toEqualTypeOf<[params?: Readonly<Record<string, string>>]>();
    const wrong = () => {
      // @ts-expect-error a parameter is missing
      temperature.name({});
      // @ts-expect-error there is no such parameter
      temperature.name({ room: 'a', Room: 'b' });
      // @ts-expect-error a parameter is no text
      temperature.name({ room: 7 });
      // @ts-expect-error the wildcard has no name
      topic('a/+/b').name();
      // @ts-expect-error there is no such QoS
      topic('a', { qos: 3 });
    };
    expect(wrong).to.be.a('function');
  });
});
