import { expect } from 'chai';
import { innerFilter } from '../../lib/topic/innerFilter.js';

describe('innerFilter', () => {
  const table: [filter: string, inner: string][] = [
    ['a/b', 'a/b'],
    ['$share/g/a/b', 'a/b'],
    ['$share/g//a', '/a'],
    ['$share/g/#', '#'],
    ['$share/g/$share/h/a', '$share/h/a'],
    ['$share', '$share'],
    ['$shared/g/a', '$shared/g/a'],
    ['a/$share/g/b', 'a/$share/g/b'],
  ];
  for (const [filter, inner] of table) {
    it(`should route ${filter} by ${inner}`, () => {
      expect(innerFilter(filter)).to.equal(inner);
    });
  }
});
