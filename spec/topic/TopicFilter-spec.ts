import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import type { TopicFilter } from '../../lib/topic/TopicFilter.js';
import { parseFilter } from '../../lib/topic/namedWildcards.js';
import { compile } from '../support/compile.js';

const HEAD = [
  "import type { MqttClient } from '../lib/index.js';",
  "import { topic } from '../lib/index.js';",
  'declare const client: MqttClient;',
];

/** Each level that has a rule of its own. */
const LEVELS = ['', 'a', '+', '#', '+a', '#b', '+a-b', 'a+', '+1', '$share', '$queue', '$exclusive'];

/** Names with each printable character of ASCII in front, and behind a letter. */
function names(): string[] {
  const characters = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i));
  return [...characters, '\t', '\n'].flatMap((one) => [`+${one}`, `+a${one}`, `a/#${one}b`]);
}

/** All filters of one level, two and three. */
function filters(): string[] {
  const longer = (shorter: string[]) => shorter.flatMap((start) => LEVELS.map((level) => `${start}/${level}`));
  const two = longer(LEVELS);
  return [...LEVELS, ...two, ...longer(two)];
}

function isValid(filter: string): boolean {
  try {
    parseFilter(filter);
    return true;
  } catch {
    return false;
  }
}

describe('TopicFilter', () => {
  it('should compile exactly those literals that are valid when the code runs', () => {
    const all = [...filters(), ...names()];
    const program = [
      "import type { TopicFilter } from '../lib/topic/TopicFilter.js';",
      'declare function check<F extends string>(filter: TopicFilter<F>): void;',
      ...all.map((filter) => `check(${JSON.stringify(filter)});`),
    ];
    const { faults } = compile(program.join('\n'));
    expect(all.filter((_, i) => faults.has(i + 3))).to.deep.equal(all.filter((filter) => !isValid(filter)));
    expect(all.filter(isValid).length).to.be.within(500, 700); // of 2,175
  }).timeout(120_000);

  const refused: [call: string, words: string][] = [
    ["client.topic$('a/#/b')", '"#" must be the last level'],
    ["client.topic$('a+')", '"+" and "#" must be whole levels'],
    ["client.topic$('')", 'expected at least one character'],
    ["client.topic$('a/+b/+b')", 'the name "b" is used twice'],
    ["client.topic$('a/+b c')", 'a wildcard must be a whole level, or have a name of letters, digits and "_"'],
    ["client.topic$('$share/g')", 'expected $share/<group>/<filter>'],
    ["client.topic$('$share//a')", 'where the group is not empty'],
    ["client.topic$('$queue/')", 'nothing follows the prefix'],
    ["client.topic$('a\\0')", 'U+0000 is not allowed'],
    ["client.topic$('a/#/b', { qos: 1 })", '"#" must be the last level'],
    ["client.subscribe('a/#/b')", '"#" must be the last level'],
    ["client.subscribe(['a', 'b+'])", '"+" and "#" must be whole levels'],
    ["topic('a/#/b')", '"#" must be the last level'],
  ];

  it('should say in the complaint of the compiler what is wrong', () => {
    const { faults } = compile([...HEAD, ...refused.map(([call]) => `${call};`)].join('\n'));
    for (const [i, [call, words]] of refused.entries()) {
      const said = faults.get(i + 1 + HEAD.length)?.replaceAll('\\"', '"');
      expect(said, call).to.contain(`invalid topic filter: `).and.to.contain(words);
    }
  }).timeout(120_000);

  it('should take text that is no literal, literals of which one part is known, unions, and what a generic function passes on', () => {
    const lines = [
      'declare const text: string; declare const list: readonly string[]; declare const both: string | string[];',
      "declare const union: 'a/+x' | 'b/#'; declare const n: number;",
      'client.topic$(text); client.subscribe(text); client.subscribe(list); client.subscribe(both); topic(text);',
      'client.topic$(union); client.topic$(`room/${n}/+x`); client.topic$(`room/${text}`); client.topic$(`${text}/#`);',
      "client.subscribe(['a', text]); client.subscribe(['a', 'b/+c'] as const); client.topic$('a/+größe/#rest');",
      "import type { TopicFilter } from '../lib/index.js';",
      'export const on = <F extends string>(filter: TopicFilter<F>) => client.topic$(filter);',
      "export const room: string = null! as Parameters<Parameters<ReturnType<typeof on<'+room'>>['forEach']>[0]>[0]['params']['room'];",
    ];
    expect([...compile([...HEAD, ...lines].join('\n')).faults.values()]).to.deep.equal([]);
  }).timeout(120_000);

  it('should be the filter itself, or text, and never more than the filter is', () => {
    expectTypeOf<TopicFilter<'a/+b'>>().toEqualTypeOf<'a/+b'>();
    expectTypeOf<TopicFilter<string>>().toEqualTypeOf<string>();
    expectTypeOf<TopicFilter<'a' | 'a+'>>().toEqualTypeOf<
      'a' | 'invalid topic filter: "+" and "#" must be whole levels'
    >();
  });

  /*
   * No spec measures time. The compiler's work is counted in types that it makes: on the machine of two cores on which this
   * was written 600,000 of them took 2.4 s. So 150,000 stay below 2 s on a machine that is three times as slow.
   */
  it('should be cheap: a file of 200 filters takes the compiler at most 150,000 types', () => {
    const all = Array.from({ length: 200 }, (_, i) => `house/${i}/+room/+device/state/#rest`);
    const uses = all.map(
      (filter) => `client.topic$('${filter}').subscribe(({ params }) => params.room + params.rest);`,
    );
    const { faults, instantiations } = compile([...HEAD, ...uses].join('\n'));
    expect([...faults.values()]).to.deep.equal([]);
    const { instantiations: without } = compile([...HEAD, "client.topic$('a').subscribe();"].join('\n'));
    expect(instantiations - without).to.be.within(20_000, 150_000);
  }).timeout(120_000);
});
