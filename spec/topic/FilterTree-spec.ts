import { expect } from 'chai';
import fc from 'fast-check';
import { FilterTree } from '../../lib/topic/FilterTree.js';
import { matches } from '../../lib/topic/matches.js';
import { invalidLevels } from '../../lib/topic/invalidLevels.js';

const word = fc.constantFrom('', '$', '$share', 'a', 'b', '__proto__');
const topics = fc.array(word, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(
    fc.constantFrom('', '', '$share/g/', '$share/h/'),
    fc.array(fc.oneof(word, fc.constant('+')), { maxLength: 4 }),
    fc.constantFrom([], ['#']),
  )
  .map(([share, levels, rest]) => share + [...levels, ...rest].join('/'))
  .filter((filter) => filter !== '' && invalidLevels(filter.split('/')) === undefined);

interface Value {
  readonly filter: string;
}

function treeOf(...filters: string[]): FilterTree<Value> {
  const tree = new FilterTree<Value>();
  for (const filter of filters) tree.add(filter, { filter });
  return tree;
}

function found(tree: FilterTree<Value>, topic: string): string[] {
  return tree
    .match(topic)
    .map(({ filter }) => filter)
    .sort();
}

/** Takes out all that is filed under a filter. */
function remove(tree: FilterTree<Value>, filter: string): void {
  for (const value of tree.get(filter)) if (value.filter === filter) tree.delete(filter, value);
}

describe('FilterTree', () => {
  it('should hold values under filters', () => {
    const tree = new FilterTree<Value>();
    const values: Value[] = [];
    for (const filter of ['a', 'a/+', 'a/#', '#', '$share/g/b', '$share/g/a/b/+']) {
      const [one, two] = [{ filter }, { filter }];
      expect(tree.get(filter)).to.deep.equal([]);
      expect(tree.delete(filter, one)).to.equal(false);
      tree.add(filter, one);
      tree.add(filter, two);
      expect(tree.get(filter)).to.have.ordered.members([one, two]);
      expect(tree.delete(filter, two)).to.equal(true);
      expect(tree.delete(filter, two)).to.equal(false);
      expect(tree.get(filter)).to.have.ordered.members([one]);
      values.push(one);
    }
    expect([...tree]).to.have.ordered.members(values);
    expect(found(tree, 'a/x')).to.deep.equal(['#', 'a/#', 'a/+']);
    remove(tree, 'a/+');
    expect([[...tree].length, tree.get('a/+')]).to.deep.equal([5, []]);
    expect(found(tree, 'a/x')).to.deep.equal(['#', 'a/#']);
  });

  it('should match shared subscriptions of one filter together with it, and give up each alone', () => {
    const tree = treeOf('x', '$share/a/x', '$share/b/x');
    expect(found(tree, 'x')).to.deep.equal(['$share/a/x', '$share/b/x', 'x']);
    expect(tree.get('x')).to.equal(tree.get('$share/b/x')).and.to.have.length(3);
    remove(tree, '$share/a/x');
    expect(found(tree, 'x')).to.deep.equal(['$share/b/x', 'x']);
    remove(tree, 'x');
    expect(found(tree, 'x')).to.deep.equal(['$share/b/x']);
  });

  it('should show changes at once although it remembers topics', () => {
    const tree = treeOf('a/+');
    expect(found(tree, 'a/b')).to.deep.equal(['a/+']);
    tree.add('a/b', { filter: 'a/b' });
    expect(found(tree, 'a/b')).to.deep.equal(['a/+', 'a/b']);
    tree.add('a/+', { filter: 'another' });
    expect(found(tree, 'a/b')).to.deep.equal(['a/+', 'a/b', 'another']);
    remove(tree, 'a/b');
    expect(found(tree, 'a/b')).to.deep.equal(['a/+', 'another']);
    remove(tree, 'a/+');
    expect(found(tree, 'a/b')).to.deep.equal(['another']);
  });

  it('should agree with matches, whatever is added and deleted, and hold nothing in the end', () => {
    const step = fc.record({ is: fc.constantFrom('add', 'add', 'delete'), filter: filters, topics: fc.array(topics) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const tree = new FilterTree<Value>();
        let model: Value[] = [];
        for (const { is, filter, topics } of steps) {
          const value = { filter };
          if (is === 'add') {
            tree.add(filter, value);
            model.push(value);
          } else {
            expect(tree.delete(filter, value)).to.equal(false);
            const one = model.find((each) => each.filter === filter);
            if (one) expect(tree.delete(filter, one)).to.equal(true);
            model = model.filter((each) => each !== one);
          }
          expect([...tree]).to.have.ordered.members(model);
          for (const topic of ['a/b', '$', ...topics, ...topics]) {
            const expected = model.filter(({ filter }) => matches(filter, topic));
            expect(tree.match(topic), topic).to.have.members(expected);
          }
        }
        for (const value of model) expect(tree.delete(value.filter, value)).to.equal(true);
        expect([[...tree].length, tree.nodeCount, tree.match('a')]).to.deep.equal([0, 0, []]);
      }),
      { numRuns: 400 },
    );
  });

  it('should drop with a filter the nodes that only it needed', () => {
    const tree = treeOf('a/b/+/c', 'a/b/+', 'a/#', '#', 'x');
    expect(tree.nodeCount).to.equal(7);
    remove(tree, 'a/b/+');
    expect(tree.nodeCount).to.equal(7);
    remove(tree, 'a/b/+/c');
    expect(tree.nodeCount).to.equal(4);
    for (const filter of ['a/#', '#', 'x']) remove(tree, filter);
    expect(tree.nodeCount).to.equal(0);
  });

  it('should give a snapshot: who iterates it is not disturbed by add and delete', () => {
    for (const filter of ['a', '+', '#']) {
      const tree = treeOf(filter, `$share/g/${filter}`);
      const seen: string[] = [];
      for (const value of tree.match('a')) {
        seen.push(value.filter);
        for (const each of tree) tree.delete(each.filter, each);
        tree.add(`$share/h/${filter}`, { filter: `$share/h/${filter}` });
      }
      expect(seen).to.deep.equal([filter, `$share/g/${filter}`]);
      expect(found(tree, 'a')).to.deep.equal([`$share/h/${filter}`]);
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
    expect(found(tree, '__proto__/x')).to.deep.equal(['__proto__/+']);
    expect(found(tree, 'constructor')).to.deep.equal(['constructor']);
    for (const topic of ['toString', '__proto__', 'hasOwnProperty/x']) expect(tree.match(topic)).to.deep.equal([]);
  });
});
