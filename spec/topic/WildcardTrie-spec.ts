import { expect } from 'chai';
import { WildcardTrie } from '../../lib/topic/WildcardTrie.js';

function trieOf(...filters: string[]): WildcardTrie<{ filter: string }> {
  const trie = new WildcardTrie<{ filter: string }>();
  for (const filter of filters) trie.set(filter, { filter });
  return trie;
}

function found(trie: WildcardTrie<{ filter: string }>, topic: string): string[] {
  return trie.match(topic).map(({ filter }) => filter);
}

// FilterTree-spec.ts has a property for arbitrary filters and topics. These are the extreme cases.
describe('WildcardTrie', () => {
  it('should change nothing when a filter is deleted that is not there', () => {
    const trie = trieOf('a/+/c', 'b/#');
    for (const filter of ['a', 'a/+', 'a/+/c/d', 'a/#', 'b', 'b/+', '#', '+', 'x/+']) trie.delete(filter);
    expect(trie.nodeCount).to.equal(5);
    expect(found(trie, 'a/b/c')).to.deep.equal(['a/+/c']);
    expect(found(trie, 'b')).to.deep.equal(['b/#']);
  });

  it('should support filters and topics of 65,535 levels', () => {
    const deep = '/'.repeat(65_534);
    const filters = [deep.slice(1) + '+', deep.slice(1) + '#', '+' + deep.slice(1), '+/#'];
    const trie = trieOf(...filters);
    expect(found(trie, deep.slice(1)).sort()).to.deep.equal([...filters].sort());
    expect(found(trie, deep).sort()).to.deep.equal([deep.slice(1) + '#', '+/#'].sort());
    for (const filter of filters) trie.delete(filter);
    expect(trie.nodeCount).to.equal(0);
    expect(trie.isEmpty).to.equal(true);
  });

  it('should not walk a topic further than its filters are deep', () => {
    const trie = trieOf('a/+', '+/b');
    const topic = 'a/b' + '/x'.repeat(30_000);
    // Takes about 10 ms. Would take about 10 s if every level of the topic were looked at.
    for (let i = 0; i < 10_000; i++) trie.match(topic);
  }).timeout(2_000);

  it('should visit each node once, however many + there are', () => {
    const pluses = (count: number) => Array<string>(count).fill('+');
    const trie = trieOf();
    for (let depth = 1; depth <= 200; depth++) {
      for (const filter of [pluses(depth).join('/'), [...pluses(depth), 'a', '#'].join('/')])
        trie.set(filter, { filter });
    }
    const matched = found(trie, Array<string>(200).fill('a').join('/'));
    expect(matched).to.have.length(1 + 199);
    expect(new Set(matched)).to.have.property('size', 200);
  });
});
