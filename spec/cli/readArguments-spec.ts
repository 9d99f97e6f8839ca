import { expect } from 'chai';
import { UsageError } from '../../lib/cli/UsageError.js';
import { readArguments } from '../../lib/cli/readArguments.js';

const OPTIONS = [
  { name: 'qos', short: 'q', value: 'QOS', help: '' },
  { name: 'retain', short: 'r', help: '' },
  { name: 'property', value: 'NAME=VALUE', isRepeatable: true, help: '' },
];

const read = (...args: string[]) => readArguments(args, OPTIONS);

describe('the arguments of a command line', () => {
  it('should be options, long and short, and the rest', () => {
    const args = read('a/b', '-rq1', 'text', '--property', 'a=1', '--property=b=2', '--', '-x');
    expect(args.positionals).to.deep.equal(['a/b', 'text', '-x']);
    expect(args.number('qos', { min: 0, max: 2 })).to.equal(1);
    expect(args.has('retain')).to.equal(true);
    expect(args.list('property')).to.deep.equal(['a=1', 'b=2']);
    expect(read('-q=2').text('qos')).to.equal('2');
    expect(read('--qos=--x').text('qos')).to.equal('--x');
  });

  for (const [args, complaint] of [
    [['--qso', '1'], 'there is no option --qso; did you mean --qos?'],
    [['--colour'], 'there is no option --colour'],
    [['-5'], 'there is no option -5; an argument that begins with - goes behind --'],
    [['--qos'], '--qos needs a value: --qos QOS'],
    [['-q', '--retain'], '-q needs a value: -q QOS; if "--retain" is its value, write --qos=--retain'],
    [['--retain=yes'], '--retain takes no value'],
    [['-q', '1', '-q', '2'], '--qos is given more than once: give it once'],
  ] as const) {
    it(`should be refused: ${args.join(' ')}`, () => expect(() => read(...args)).to.throw(UsageError, complaint));
  }

  for (const text of ['3', '-1', '1.5', 'one', '', ' ']) {
    it(`should not take "${text}" for a QoS`, () => {
      expect(() => read(`--qos=${text}`).number('qos', { min: 0, max: 2 })).to.throw(
        UsageError,
        `--qos: expected a whole number from 0 to 2, got "${text}"`,
      );
    });
  }
});
