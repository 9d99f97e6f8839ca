import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { InvalidTopicError } from '../../lib/errors.js';
import { type Params, paramsOf, parseFilter } from '../../lib/topic/namedWildcards.js';
import { saidBy } from '../support/saidBy.js';

function read<F extends string>(filter: F, topic: string): Params<F> {
  return paramsOf(parseFilter(filter).names, topic.split('/')) as Params<F>;
}

describe('namedWildcards', () => {
  const parsed: [filter: string, plain: string, names: [level: number, name: string, rest?: true][]][] = [
    ['room/+room/temp', 'room/+/temp', [[1, 'room']]],
    [
      '+a/+b/#c',
      '+/+/#',
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c', true],
      ],
    ],
    ['#all', '#', [[0, 'all', true]]],
    ['//+x', '//+', [[2, 'x']]],
    ['+/+b/#', '+/+/#', [[1, 'b']]],
    ['$share/g/+a/b', '$share/g/+/b', [[0, 'a']]],
    ['$share/g/a/#rest', '$share/g/a/#', [[1, 'rest', true]]],
    ['$queue/+a/b', '$queue/+/b', [[0, 'a']]],
    ['$exclusive/a/#rest', '$exclusive/a/#', [[1, 'rest', true]]],
    ['$SYS/+x', '$SYS/+', [[1, 'x']]],
    [
      '+_a1/+größe',
      '+/+',
      [
        [0, '_a1'],
        [1, 'größe'],
      ],
    ],
    ['+__proto__', '+', [[0, '__proto__']]],
  ];
  for (const [filter, plain, names] of parsed) {
    it(`should read ${filter} as ${plain}`, () => {
      expect(parseFilter(filter)).to.deep.equal({
        filter: plain,
        names: names.map(([level, name, rest = false]) => ({ level, name, rest })),
      });
    });
  }

  it('should leave a filter without names as it is, with the same empty list always', () => {
    for (const filter of ['a/b', '+/b/#', '#', '/', '$share/g/+', '$share', '$queue/+', '$queue']) {
      expect(parseFilter(filter).filter).to.equal(filter);
      expect(parseFilter(filter).names).to.equal(parseFilter('x').names).and.to.be.frozen;
    }
  });

  const refused: [filter: unknown, why: RegExp][] = [
    ['a/+1x', /level 2 of 2: a wildcard must occupy the whole level, or be followed by a name .*\[MQTT-4\.7\.1-3\]/],
    ['+a-b', /level 1 of 1: a wildcard must occupy/],
    ['++', /level 1 of 1: a wildcard must occupy/],
    ['+a+', /level 1 of 1: a wildcard must occupy/],
    ['+$a', /level 1 of 1: a wildcard must occupy/],
    ['a+b', /level 1 of 1: "\+" must occupy the whole level \[MQTT-4\.7\.1-3\]/],
    ['+a/b/+a', /level 3 of 3: the name "a" is already used/],
    ['+a/#a', /level 2 of 2: the name "a" is already used/],
    ['a/#b/c', /level 2 of 3: "#" must be the last level \[MQTT-4\.7\.1-2\]/],
    ['$share/+g/a', /level 2: "\+" is not allowed in the group/],
    ['$share/g/+a/+a', /level 4 of 4: the name "a" is already used/],
    ['$queue/', /level 2: the filter after the prefix is empty; expected \$queue\/<filter>/],
    ['$queue/+a/+a', /level 3 of 3: the name "a" is already used/],
    ['$exclusive/a/#b/c', /level 3 of 4: "#" must be the last level/],
    ['', /at least one character/],
    ['+a/\0', /"\\u0000"/],
    [undefined, /expected a string, got undefined/],
    [7, /expected a string, got number/],
  ];
  for (const [filter, why] of refused) {
    it(`should refuse ${String(filter).replace('\0', 'U+0000')} and say ${saidBy(why)}`, () => {
      expect(() => parseFilter(filter)).to.throw(InvalidTopicError, why);
    });
  }

  it('should refuse text that is no topic filter [MQTT-1.5.3-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3]', () => {
    const table: [filter: string, why: RegExp][] = [
      ['', /at least one character.*\[MQTT-4\.7\.3-1\]/],
      ['a\0', /"\\u0000" at index 1.*\[MQTT-4\.7\.3-2\]/],
      ['a/\uD800', /"\\ud800" at index 2.*\[MQTT-1\.5\.3-1\]/],
      ['a'.repeat(65_536), /at most 65535 bytes.*\[MQTT-4\.7\.3-3\]/],
      ['温'.repeat(21_846), /got 65538.*\[MQTT-4\.7\.3-3\]/],
    ];
    for (const [filter, why] of table) expect(() => parseFilter(filter)).to.throw(InvalidTopicError, why);
    for (const filter of ['a'.repeat(65_535), '温'.repeat(21_845), '/'.repeat(65_535)]) {
      expect(parseFilter(filter).filter).to.equal(filter);
    }
  });

  it('should name the filter in the error as it was written', () => {
    expect(() => parseFilter('a/#b/c'))
      .to.throw(InvalidTopicError)
      .with.property('topic', 'a/#b/c');
  });

  const values: [filter: string, topic: string, params: Record<string, string>][] = [
    ['room/+room/temp', 'room/kitchen/temp', { room: 'kitchen' }],
    ['+a/+b', '/x', { a: '', b: 'x' }],
    ['a/#rest', 'a/b/c/d', { rest: 'b/c/d' }],
    ['a/#rest', 'a/b', { rest: 'b' }],
    ['a/#rest', 'a//', { rest: '/' }],
    ['a/#rest', 'a/', { rest: '' }],
    ['a/#rest', 'a', { rest: '' }],
    ['$share/g/+a/b', 'x/b', { a: 'x' }],
    ['$share/g/#all', 'x/b', { all: 'x/b' }],
    ['$queue/+a/b', 'x/b', { a: 'x' }],
    ['$exclusive/#all', 'x/b', { all: 'x/b' }],
    ['a/+/b', 'a/x/b', {}],
  ];
  for (const [filter, topic, params] of values) {
    it(`should read ${JSON.stringify(params)} off ${topic} by ${filter}`, () => {
      expect(read(filter, topic)).to.deep.equal(params);
    });
  }

  it('should treat __proto__, constructor and toString as names like any other', () => {
    const params = read('+__proto__/+constructor/+toString', 'a/b/c');
    expect(Object.entries(params)).to.deep.equal([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect(({} as Record<string, unknown>)['a']).to.equal(undefined);
    expect(Object.getPrototypeOf(params)).to.equal(Object.prototype);
  });

  it('should know the names of a literal when compiling', () => {
    expectTypeOf<Params<'room/+room/temp'>>().toEqualTypeOf<{ readonly room: string }>();
    expectTypeOf<Params<'+a/+b/#c'>>().toEqualTypeOf<{ readonly a: string; readonly b: string; readonly c: string }>();
    expectTypeOf<Params<'#rest'>>().toEqualTypeOf<{ readonly rest: string }>();
    expectTypeOf<Params<'$share/g/+a/b'>>().toEqualTypeOf<{ readonly a: string }>();
    expectTypeOf<Params<'$queue/+a/#b'>>().toEqualTypeOf<{ readonly a: string; readonly b: string }>();
    expectTypeOf<Params<'$exclusive/+a'>>().toEqualTypeOf<{ readonly a: string }>();
    expectTypeOf<Params<'//+x/'>>().toEqualTypeOf<{ readonly x: string }>();
  });

  it('should know when compiling that a literal has no names', () => {
    const params = read('a/+/#', 'a/b/c');
    expectTypeOf<keyof typeof params>().toEqualTypeOf<never>();
    const plain = read('$queue', '$queue');
    expectTypeOf<keyof typeof plain>().toEqualTypeOf<never>();
    expect(plain).to.deep.equal({});
    expectTypeOf(params).toExtend<Readonly<Record<string, string>>>();
    // @ts-expect-error there is no such name
    expect(params.foo).to.equal(undefined);
  });

  it('should allow any name when the filter is not known when compiling', () => {
    expectTypeOf<Params<string>>().toEqualTypeOf<Readonly<Record<string, string>>>();
    const params: Params<string> = {};
    expectTypeOf(params['foo']).toEqualTypeOf<string | undefined>();
    expectTypeOf<Params<'a/+x' | 'b/+y'>>().toEqualTypeOf<{ readonly x: string } | { readonly y: string }>();
    expectTypeOf<Params<`room/${number}/+x`>>().toEqualTypeOf<{ readonly x: string }>();
  });
});
