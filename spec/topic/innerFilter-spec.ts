import { expect } from 'chai';
import { innerFilter } from '../../lib/topic/innerFilter.js';

describe('innerFilter', () => {
  const table: [filter: string, inner: string][] = [
    ['a/b', 'a/b'],
    ['$share/g/a/b', 'a/b'],
    ['$share/g//a', '/a'],
    ['$share/g/#', '#'],
    ['$share/g/$share/h/a', '$share/h/a'],
    ['$queue/a/b', 'a/b'],
    ['$queue//a', '/a'],
    ['$exclusive/a/+', 'a/+'],
    ['$exclusive/#', '#'],
    ['$queue/$share/g/a', '$share/g/a'],
    ['$share/$queue/a', 'a'],
    ['$share', '$share'],
    ['$queue', '$queue'],
    ['$exclusive', '$exclusive'],
    ['$shared/g/a', '$shared/g/a'],
    ['$queues/a', '$queues/a'],
    ['$QUEUE/a', '$QUEUE/a'],
    ['a/$share/g/b', 'a/$share/g/b'],
    ['a/$queue/b', 'a/$queue/b'],
  ];
  for (const [filter, inner] of table) {
    it(`should route ${filter} by ${inner}`, () => {
      expect(innerFilter(filter)).to.equal(inner);
    });
  }
});
