import { expect } from 'chai';
import { TopicCache } from '../../lib/topic/TopicCache.js';

describe('TopicCache', () => {
  const value = {};

  it('should remember, forget one and forget all', () => {
    const cache = new TopicCache<object>();
    cache.set('a', value);
    cache.set('b', value);
    expect(cache.get('a')).to.equal(value);
    cache.delete('a');
    expect([cache.get('a'), cache.get('b')]).to.deep.equal([undefined, value]);
    cache.clear();
    expect([cache.get('b'), cache.size]).to.deep.equal([undefined, 0]);
  });

  it('should stay bounded whatever comes', () => {
    const cache = new TopicCache<object>();
    for (let i = 0; i < 10_000; i++) cache.set(`t/${i}`, value);
    expect(cache.size).to.be.within(1, 2_048);
    expect(cache.get('t/9999')).to.equal(value);
    expect(cache.get('t/0')).to.equal(undefined);
  });

  it('should keep what is in use while other topics pass by', () => {
    const cache = new TopicCache<object>();
    cache.set('hot', value);
    for (let i = 0; i < 10_000; i++) {
      cache.set(`t/${i}`, value);
      expect(cache.get('hot')).to.equal(value);
    }
  });

  it('should forget a topic of the older generation too', () => {
    const cache = new TopicCache<object>();
    for (let i = 0; i < 1_500; i++) cache.set(`t/${i}`, value);
    cache.delete('t/0');
    expect(cache.get('t/0')).to.equal(undefined);
    expect(cache.get('t/1')).to.equal(value);
    cache.clear();
    expect(cache.size).to.equal(0);
  });

  it('should not keep very long topics', () => {
    const cache = new TopicCache<object>();
    cache.set('x'.repeat(513), value);
    expect(cache.size).to.equal(0);
  });
});
