import { expect } from 'chai';
import { errorText } from '../../lib/verbs/errorText.js';
import { invalidText } from '../../lib/topic/invalidText.js';

class Nameless extends Error {
  override readonly name = 'Nameless';
}

describe('the text of an error in a user property', () => {
  for (const [what, error, text] of [
    ['an error', new Error('no such room'), 'no such room'],
    ['an error without words', new Nameless(), 'Nameless'],
    ['a string', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
    ['what has no text', Object.create(null), 'unknown error'],
    ['a line break, U+0000 and DEL', new Error('a\nb\0c\x7fd'), 'a b c d'],
    ['a lone surrogate, and a pair', new Error('a\ud800b😀'), 'a b😀'],
    ['what is no character', new Error('a\ufffeb'), 'a b'],
    ['a long one, cut within a pair', new Error(`${'x'.repeat(999)}😀`), `${'x'.repeat(999)} `],
  ] as const) {
    it(`should be fit for every broker: ${what}`, () => {
      expect(errorText(error)).to.equal(text);
      expect(invalidText(errorText(error), 'text')).to.equal(undefined);
    });
  }
});
