import { expect } from 'chai';
import fc from 'fast-check';
import { printable, printableJson } from '../../lib/cli/printable.js';

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Often one that matters. */
const CODE_UNIT = fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff }));

describe('printable', () => {
  for (const [what, text, shown] of [
    ['an escape sequence', 'a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['one of eight bits', 'a\x9b2Jb', 'a\\u009b2Jb'],
    ['a line feed, a carriage return and a tab', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['what turns the order of text round', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
    ['half a character', 'a\ud83d', 'a\\ud83d'],
    ['nothing in a plain text', 'Grüße, 世界 🐢', 'Grüße, 世界 🐢'],
  ] as const) {
    it(`should show ${what} as text`, () => expect(printable(text)).to.equal(shown));
  }

  it('should keep line feeds and tabs where they are wanted, and nothing else', () => {
    expect(printable('a\n\tb\r\x1b', { keepLines: true })).to.equal('a\n\tb\\r\\x1b');
  });

  it('should let no control character through, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(CODE_UNIT), (units) => {
        const text = String.fromCharCode(...units);
        expect(printable(text)).not.to.match(CONTROL);
        expect(printableJson({ text })).not.to.match(CONTROL);
        expect(JSON.parse(printableJson({ text }))).to.deep.equal({ text });
      }),
    );
  });
});
