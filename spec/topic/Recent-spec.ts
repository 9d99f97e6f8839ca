import { expect } from 'chai';
import { Recent } from '../../lib/topic/Recent.js';

describe('Recent', () => {
  const value = {};

  it('should remember', () => {
    const cache = new Recent<string, object>(1_024);
    cache.set('a', value);
    expect([cache.get('a'), cache.get('b')]).to.deep.equal([value, undefined]);
  });

  it('should stay bounded whatever comes', () => {
    const cache = new Recent<string, object>(1_024);
    for (let i = 0; i < 10_000; i++) cache.set(`t/${i}`, value);
    const found = Array.from({ length: 10_000 }, (_, i) => cache.get(`t/${9_999 - i}`)).filter(Boolean);
    expect(found.length).to.be.within(1_024, 2_048);
  });

  it('should keep what is in use while others pass by', () => {
    const cache = new Recent<string, object>(1_024);
    cache.set('hot', value);
    for (let i = 0; i < 10_000; i++) {
      cache.set(`t/${i}`, value);
      expect(cache.get('hot')).to.equal(value);
    }
  });

  it('should forget one, of the older generation too', () => {
    const cache = new Recent<string, object>(1_024);
    for (let i = 0; i < 1_500; i++) cache.set(`t/${i}`, value);
    for (const i of [0, 1_499]) cache.delete(`t/${i}`);
    expect([0, 1, 1_498, 1_499].map((i) => cache.get(`t/${i}`))).to.deep.equal([undefined, value, value, undefined]);
  });
});
