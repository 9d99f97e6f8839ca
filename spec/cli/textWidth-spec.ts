import { expect } from 'chai';
import { fitted, textWidth } from '../../lib/cli/textWidth.js';

describe('textWidth', () => {
  for (const [text, width] of [
    ['', 0],
    ['abc', 3],
    ['Grüße', 5],
    ['e\u0301', 1],
    ['世界', 4],
    ['🐢', 2],
  ] as const) {
    it(`should be ${width} for "${text}"`, () => expect(textWidth(text)).to.equal(width));
  }

  it('should be what a fitted text has, whatever there is', () => {
    for (const text of ['', 'abc', 'a long text indeed', '世界世界世界', '🐢🐢🐢', 'a世b界c']) {
      for (let columns = 0; columns < 12; columns++) {
        expect(textWidth(fitted(text, columns)), `${text} in ${columns}`).to.equal(columns);
      }
    }
  });

  it('should tell that a text was cut', () => expect(fitted('temperature', 6)).to.equal('tempe…'));
});
