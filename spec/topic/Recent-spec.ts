import { expect } from 'chai';
import { Recent } from '../../lib/topic/Recent.js';

describe('Recent', () => {
  const value = {};

  it('should remember, forget one and forget all', () => {
    const cache = new Recent<string, object>(1_024);
    cache.set('a', value);
    cache.set('b', value);
    expect(cache.get('a')).to.equal(value);
    cache.delete('a');
    expect([cache.get('a'), cache.get('b')]).to.deep.equal([undefined, value]);
    cache.clear();
    expect([cache.get('b'), cache.size]).to.deep.equal([undefined, 0]);
  });

  it('should stay bounded whatever comes', () => {
    const cache = new Recent<string, object>(1_024);
    for (let i = 0; i < 10_000; i++) cache.set(`t/${i}`, value);
    expect(cache.size).to.be.within(1, 2_048);
    expect(cache.get('t/9999')).to.equal(value);
    expect(cache.get('t/0')).to.equal(undefined);
  });

  it('should keep what is in use while others pass by', () => {
    const cache = new Recent<string, object>(1_024);
    cache.set('hot', value);
    for (let i = 0; i < 10_000; i++) {
      cache.set(`t/${i}`, value);
      expect(cache.get('hot')).to.equal(value);
    }
  });

  it('should forget one of the older generation too', () => {
    const cache = new Recent<string, object>(1_024);
    for (let i = 0; i < 1_500; i++) cache.set(`t/${i}`, value);
    cache.delete('t/0');
    expect(cache.get('t/0')).to.equal(undefined);
    expect(cache.get('t/1')).to.equal(value);
    cache.clear();
    expect(cache.size).to.equal(0);
  });
});
