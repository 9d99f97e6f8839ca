import { expect } from 'chai';
import fc from 'fast-check';
import { FilterTree } from '../../lib/topic/FilterTree.js';
import { matches } from '../../lib/topic/matches.js';
import { invalidTopicFilter } from '../../lib/topic/topicFilter.js';

const word = fc.constantFrom('', '$', '$share', 'a', 'b', '__proto__');
const topics = fc.array(word, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(
    fc.constantFrom('', '', '$share/g/', '$share/h/'),
    fc.array(fc.oneof(word, fc.constant('+')), { maxLength: 4 }),
    fc.constantFrom([], ['#']),
  )
  .map(([share, levels, rest]) => share + [...levels, ...rest].join('/'))
  .filter((filter) => invalidTopicFilter(filter) === undefined);

function treeOf(...filters: string[]): FilterTree<string> {
  const tree = new FilterTree<string>();
  for (const filter of filters) tree.set(filter, filter);
  return tree;
}

describe('FilterTree', () => {
  it('should be a map from filter to value', () => {
    const tree = new FilterTree<number>();
    for (const filter of ['a', 'a/+', 'a/#', '#', '$share/g/a', '$share/h/a', '$share/g/a/+']) {
      expect(tree.get(filter)).to.equal(undefined);
      expect(tree.delete(filter)).to.equal(false);
      tree.set(filter, 1);
      tree.set(filter, 2);
      expect(tree.get(filter)).to.equal(2);
    }
    expect(tree.size).to.equal(7);
    expect([...tree].slice(0, 2)).to.deep.equal([
      ['a', 2],
      ['a/+', 2],
    ]);
    expect(tree.delete('a/+')).to.equal(true);
    expect([tree.size, tree.get('a/+')]).to.deep.equal([6, undefined]);
    expect([...tree.match('a/x')].sort()).to.deep.equal([2, 2, 2]);
  });

  it('should hold undefined as a value', () => {
    const tree = new FilterTree<undefined>();
    tree.set('a', undefined);
    tree.set('+', undefined);
    expect(tree.match('a')).to.deep.equal([undefined, undefined]);
    expect(tree.delete('a')).to.equal(true);
  });

  it('should tell shared subscriptions of one filter apart and match them all', () => {
    const tree = treeOf('x', '$share/a/x', '$share/b/x');
    expect([...tree.match('x')].sort()).to.deep.equal(['$share/a/x', '$share/b/x', 'x']);
    tree.delete('$share/a/x');
    expect([...tree.match('x')].sort()).to.deep.equal(['$share/b/x', 'x']);
    tree.delete('x');
    expect(tree.match('x')).to.deep.equal(['$share/b/x']);
  });

  it('should show changes at once although it remembers topics', () => {
    const tree = treeOf('a/+');
    expect(tree.match('a/b')).to.deep.equal(['a/+']);
    tree.set('a/b', 'exact');
    expect([...tree.match('a/b')].sort()).to.deep.equal(['a/+', 'exact']);
    tree.set('a/+', 'new');
    expect([...tree.match('a/b')].sort()).to.deep.equal(['exact', 'new']);
    tree.delete('a/b');
    expect(tree.match('a/b')).to.deep.equal(['new']);
    tree.delete('a/+');
    expect(tree.match('a/b')).to.deep.equal([]);
  });

  it('should agree with matches, whatever is set and deleted, and hold nothing in the end', () => {
    const step = fc.record({ is: fc.constantFrom('set', 'set', 'delete'), filter: filters, topics: fc.array(topics) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const tree = new FilterTree<string>();
        const model = new Map<string, string>();
        for (const [i, { is, filter, topics }] of steps.entries()) {
          const value = `${filter} ${i}`;
          if (is === 'delete') expect(tree.delete(filter)).to.equal(model.delete(filter));
          else tree.set(filter, value);
          if (is === 'set') model.set(filter, value);
          expect([...tree]).to.deep.equal([...model]);
          for (const topic of ['a/b', '$', ...topics, ...topics]) {
            const expected = [...model].filter(([wanted]) => matches(wanted, topic)).map(([, held]) => held);
            expect([...tree.match(topic)].sort(), topic).to.deep.equal(expected.sort());
          }
        }
        for (const filter of model.keys()) expect(tree.delete(filter)).to.equal(true);
        expect([tree.size, tree.nodeCount, tree.match('a')]).to.deep.equal([0, 0, []]);
      }),
      { numRuns: 400 },
    );
  });

  it('should drop with a filter the nodes that only it needed', () => {
    const tree = treeOf('a/b/+/c', 'a/b/+', 'a/#', '#', 'x');
    expect(tree.nodeCount).to.equal(7);
    tree.delete('a/b/+');
    expect(tree.nodeCount).to.equal(7);
    tree.delete('a/b/+/c');
    expect(tree.nodeCount).to.equal(4);
    for (const filter of ['a/#', '#', 'x']) tree.delete(filter);
    expect(tree.nodeCount).to.equal(0);
  });

  it('should give a snapshot: who iterates it is not disturbed by set and delete', () => {
    for (const filter of ['a', '+', '#']) {
      const tree = treeOf(filter, `$share/g/${filter}`);
      const seen: string[] = [];
      for (const value of tree.match('a')) {
        seen.push(value);
        tree.delete(filter);
        tree.delete(`$share/g/${filter}`);
        tree.set(`$share/h/${filter}`, 'late');
      }
      expect(seen).to.deep.equal([filter, `$share/g/${filter}`]);
      expect(tree.match('a')).to.deep.equal(['late']);
    }
  });

  it('should build no array for a topic that it has seen, nor for one that has a single filter', () => {
    const exact = treeOf('a');
    expect(exact.match('a')).to.equal(exact.match('a')).and.to.be.frozen;
    const mixed = treeOf('a', '+', '#');
    expect(mixed.match('a')).to.equal(mixed.match('a'));
    expect(mixed.match('b/c')).to.equal(mixed.match('d/e'));
    expect(mixed.match('$x')).to.equal(exact.match('b'));
  });

  it('should take levels that are names of Object.prototype as plain text', () => {
    const tree = treeOf('__proto__/+', 'constructor', 'a/__proto__');
    expect(tree.match('__proto__/x')).to.deep.equal(['__proto__/+']);
    expect(tree.match('constructor')).to.deep.equal(['constructor']);
    for (const topic of ['toString', '__proto__', 'hasOwnProperty/x']) expect(tree.match(topic)).to.deep.equal([]);
  });
});
