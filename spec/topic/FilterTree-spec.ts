import { expect } from 'chai';
import fc from 'fast-check';
import { FilterTree } from '../../lib/topic/FilterTree.js';
import { invalidLevels } from '../../lib/topic/invalidLevels.js';
import { matches } from '../../lib/topic/matches.js';

const word = fc.constantFrom('', '$', '$share', '$queue', 'a', 'b', '__proto__');
const topics = fc.array(word, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(
    fc.constantFrom('', '', '$share/g/', '$share/h/', '$queue/', '$exclusive/'),
    fc.array(fc.oneof(word, fc.constant('+')), { maxLength: 4 }),
    fc.constantFrom([], ['#']),
  )
  .map(([prefix, levels, rest]) => prefix + [...levels, ...rest].join('/'))
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

function valuesAt(tree: FilterTree<Value>, filter: string): readonly Value[] {
  return tree.route(filter)?.values ?? [];
}

/** Deletes all values of a filter. */
function remove(tree: FilterTree<Value>, filter: string): void {
  for (const value of valuesAt(tree, filter)) tree.delete(filter, value);
}

describe('FilterTree', () => {
  it('should file values under filters', () => {
    const tree = new FilterTree<Value>();
    const values: Value[] = [];
    for (const filter of ['a', 'a/+', 'a/#', '#', '$share/g/b', '$share/g/a/b/+', '$queue/c', '$exclusive/c/#']) {
      const [one, two] = [{ filter }, { filter }];
      expect(tree.route(filter)).to.equal(undefined);
      expect(tree.delete(filter, one)).to.equal(false);
      const route = tree.add(filter, one);
      expect(tree.add(filter, two)).to.equal(route).and.to.equal(tree.route(filter));
      expect([route.filter, route.size]).to.deep.equal([filter, 2]);
      expect(route.values).to.have.ordered.members([one, two]);
      expect(tree.delete(filter, two)).to.equal(true);
      expect(tree.delete(filter, two)).to.equal(false);
      expect([route.size, ...route.values]).to.have.ordered.members([1, one]);
      values.push(one);
    }
    expect([...tree]).to.have.ordered.members(values);
    expect([...tree.routes()].map(({ filter }) => filter)).to.deep.equal(values.map(({ filter }) => filter));
    expect(found(tree, 'a/x')).to.deep.equal(['#', 'a/#', 'a/+']);
    remove(tree, 'a/+');
    expect([[...tree].length, tree.route('a/+')]).to.deep.equal([values.length - 1, undefined]);
    expect(found(tree, 'a/x')).to.deep.equal(['#', 'a/#']);
  });

  for (const inner of ['x', '+', '#']) {
    it(`should find the filters with a prefix together with ${inner}, each as a route of its own`, () => {
      const filters = [`$exclusive/${inner}`, `$queue/${inner}`, `$share/a/${inner}`, `$share/b/${inner}`, inner];
      const tree = treeOf(...filters);
      expect(found(tree, 'x')).to.deep.equal([...filters].sort());
      expect(new Set(filters.map((filter) => tree.route(filter)))).to.have.property('size', 5);
      remove(tree, `$share/a/${inner}`);
      remove(tree, inner);
      expect(found(tree, 'x')).to.deep.equal([`$exclusive/${inner}`, `$queue/${inner}`, `$share/b/${inner}`]);
    });
  }

  it('should show changes at once although it caches topics', () => {
    const tree = treeOf('a/+');
    expect(found(tree, 'a/b')).to.deep.equal(['a/+']);
    tree.add('a/b', { filter: 'a/b' });
    expect(found(tree, 'a/b')).to.deep.equal(['a/+', 'a/b']);
    tree.add('$share/g/a/+', { filter: 'shared' });
    expect(found(tree, 'a/b')).to.deep.equal(['$share/g/a/+', 'a/+', 'a/b']);
    remove(tree, 'a/b');
    expect(found(tree, 'a/b')).to.deep.equal(['$share/g/a/+', 'a/+']);
    remove(tree, 'a/+');
    expect(found(tree, 'a/b')).to.deep.equal(['$share/g/a/+']);
  });

  it('should keep the cache when values are added to a filter that is there, or deleted and others stay', () => {
    const tree = treeOf('a', '+', '#');
    const routes = tree.match('a');
    const value = { filter: '#' };
    const route = tree.add('#', value);
    expect(tree.match('a')).to.equal(routes);
    expect(routes).to.include(route);
    expect(route.values).to.include(value).and.have.length(2);
    tree.delete('#', value);
    expect(tree.match('a')).to.equal(routes);
    expect(route.values).to.not.include(value);
  });

  for (const filter of ['a', '+', '#', '$share/g/a', '$queue/#']) {
    it(`should not return a route again whose last value was deleted: ${filter}`, () => {
      const tree = treeOf('+/b', filter);
      const [before] = tree.match('a');
      remove(tree, filter);
      expect([before?.size, before?.values, tree.match('a')]).to.deep.equal([0, [], []]);
      const now = tree.add(filter, { filter });
      expect(now).to.not.equal(before);
      expect(tree.match('a')).to.have.ordered.members([now]);
      expect([before?.size, now.size]).to.deep.equal([0, 1]);
    });
  }

  it('should agree with matches, whatever is added and deleted, and be empty in the end', () => {
    const step = fc.record({
      type: fc.constantFrom('add', 'add', 'delete'),
      filter: filters,
      topics: fc.array(topics),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const tree = new FilterTree<Value>();
        let model: Value[] = [];
        for (const { type, filter, topics } of steps) {
          const value = { filter };
          if (type === 'add') {
            expect(tree.add(filter, value)).to.equal(tree.route(filter));
            model.push(value);
          } else {
            expect(tree.delete(filter, value)).to.equal(false);
            const one = model.find((each) => each.filter === filter);
            if (one) expect(tree.delete(filter, one)).to.equal(true);
            model = model.filter((each) => each !== one);
          }
          const ofFilter = model.filter((each) => each.filter === filter);
          expect(valuesAt(tree, filter)).to.have.ordered.members(ofFilter);
          expect(tree.route(filter)?.size ?? 0).to.equal(ofFilter.length);
          expect([...tree]).to.have.members(model);
          for (const topic of ['a/b', '$', ...topics, ...topics]) {
            const expected = model.filter(({ filter }) => matches(filter, topic));
            const routes = tree.match(topic);
            expect(new Set(routes)).to.have.property('size', routes.length);
            expect(
              routes.flatMap(({ values }) => values),
              topic,
            ).to.have.members(expected);
          }
        }
        for (const value of model) expect(tree.delete(value.filter, value)).to.equal(true);
        expect([[...tree], [...tree.routes()], tree.nodeCount, tree.match('a')]).to.deep.equal([[], [], 0, []]);
      }),
      { numRuns: 400 },
    );
  });

  it('should drop with a filter the nodes that only it needed', () => {
    const tree = treeOf('a/b/+/c', 'a/b/+', 'a/#', '#', 'x', '$queue/x');
    expect(tree.nodeCount).to.equal(7);
    remove(tree, 'a/b/+');
    expect(tree.nodeCount).to.equal(7);
    remove(tree, 'a/b/+/c');
    expect(tree.nodeCount).to.equal(4);
    for (const filter of ['a/#', '#', 'x']) remove(tree, filter);
    expect(tree.nodeCount).to.equal(1);
    remove(tree, '$queue/x');
    expect(tree.nodeCount).to.equal(0);
  });

  for (const filter of ['a', '+', '#']) {
    it(`should not disturb those who iterate while values are added and deleted: ${filter}`, () => {
      const tree = treeOf(filter, filter, `$share/g/${filter}`);
      const seen: string[] = [];
      for (const route of tree.match('a')) {
        for (const value of route.values) {
          seen.push(value.filter);
          tree.delete(filter, value);
          tree.add(filter, { filter });
          tree.add(`$share/h/${filter}`, { filter: `$share/h/${filter}` });
        }
      }
      expect(seen).to.deep.equal([filter, filter, `$share/g/${filter}`]);
      expect(found(tree, 'a')).to.have.members([`$share/g/${filter}`, `$share/h/${filter}`, filter]);
    });
  }

  it('should not disturb those who iterate the tree or its routes while values are added and deleted', () => {
    const tree = treeOf('a', 'b/+');
    let count = 0;
    for (const value of tree) {
      count++;
      tree.delete(value.filter, value);
      tree.add(value.filter, { filter: value.filter });
    }
    for (const { filter } of tree.routes()) {
      count++;
      remove(tree, filter);
      tree.add(filter, { filter });
    }
    expect([count, [...tree].length]).to.deep.equal([4, 2]);
  });

  it('should return one array for a topic as long as its routes are the same, and one for all topics without any', () => {
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

  it('should add and delete many values of one filter in linear time', () => {
    const tree = new FilterTree<Value>();
    const values = Array.from({ length: 100_000 }, () => ({ filter: 'a' }));
    // Each loop takes about 20 ms. When every step copied the values, it took minutes.
    for (const value of values) tree.add('a', value);
    expect(tree.match('a').flatMap((route) => route.values)).to.have.length(100_000);
    for (const value of values) tree.delete('a', value);
    expect(tree.nodeCount).to.equal(0);
  }).timeout(2_000);

  it('should add and delete many groups of one shared filter in linear time', () => {
    const tree = new FilterTree<Value>();
    const values = Array.from({ length: 50_000 }, (_, i) => ({ filter: `$share/${i}/a/+` }));
    for (const value of values) tree.add(value.filter, value);
    expect(tree.match('a/b')).to.have.length(50_000);
    for (const value of values) tree.delete(value.filter, value);
    expect(tree.nodeCount).to.equal(0);
  }).timeout(2_000);
});

describe('the cache of FilterTree', () => {
  /** How many of the topics are in the cache: `match` returns the same array again. Asks for the newest first. */
  function cached(tree: FilterTree<Value>, topicAt: (i: number) => string, count: number): number {
    const first = Array.from({ length: count }, (_, i) => tree.match(topicAt(i)));
    return first.filter((_, i) => tree.match(topicAt(count - 1 - i)) === first[count - 1 - i]).length;
  }

  it('should hold all of ten thousand topics, however many values their filters have', () => {
    const tree = new FilterTree<Value>();
    for (const filter of ['#', '+/+']) for (let i = 0; i < 1_000; i++) tree.add(filter, { filter });
    expect(cached(tree, (i) => `topic/${i}`, 10_000)).to.equal(10_000);
  });

  it('should hold the fewer topics the more routes they have', () => {
    const tree = new FilterTree<Value>();
    for (let i = 0; i < 999; i++) tree.add(`$share/${i}/#`, { filter: '#' });
    tree.add('+/+', { filter: '+/+' });
    // 6 MB at 8 bytes a route and 1,000 routes a topic.
    expect(cached(tree, (i) => `topic/${i}`, 2_000)).to.be.within(300, 786);
  });

  it('should hold the fewer topics the longer they are', () => {
    const tree = treeOf('#', '+/+');
    expect(cached(tree, (i) => `${'x'.repeat(30_000)}/${i}`, 500)).to.be.within(40, 105);
  });
});
