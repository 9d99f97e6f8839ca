import { expect } from 'chai';
import { Recent } from '../lib/Recent.js';

describe('Recent', () => {
  const value = {};
  const many = (count: number) => Array.from({ length: count }, (_, i) => `t/${i}`);

  it('should remember', () => {
    const cache = new Recent<string, object>(1_024);
    cache.set('a', value, 10);
    expect([cache.get('a'), cache.get('b')]).to.deep.equal([value, undefined]);
  });

  it('should stay bounded by bytes whatever comes', () => {
    const cache = new Recent<string, object>(102_400);
    for (const key of many(10_000)) cache.set(key, value, 100);
    const found = many(10_000)
      .reverse()
      .map((key) => cache.get(key))
      .filter(Boolean);
    expect(found.length).to.be.within(1_024, 2_048);
  });

  it('should hold fewer of those that are larger, and none that is larger than its budget', () => {
    const cache = new Recent<string, object>(102_400);
    for (const key of many(100)) cache.set(key, value, 10_240);
    expect(many(100).filter((key) => cache.get(key)).length).to.be.within(10, 20);
    cache.set('huge', value, 102_401);
    expect(cache.get('huge')).to.equal(undefined);
  });

  it('should count an entry that is set again once', () => {
    const cache = new Recent<string, object>(1_000);
    cache.set('kept', value, 100);
    for (let i = 0; i < 1_000; i++) cache.set('other', value, 800);
    expect(cache.get('kept')).to.equal(value);
  });

  it('should keep what is in use while others pass by', () => {
    const cache = new Recent<string, object>(102_400);
    cache.set('hot', value, 100);
    for (const key of many(10_000)) {
      cache.set(key, value, 100);
      expect(cache.get('hot')).to.equal(value);
    }
  });

  it('should forget one, of the older generation too', () => {
    const cache = new Recent<string, object>(102_400);
    for (const key of many(1_500)) cache.set(key, value, 100);
    for (const i of [0, 1_499]) cache.delete(`t/${i}`);
    expect([0, 1, 1_498, 1_499].map((i) => cache.get(`t/${i}`))).to.deep.equal([undefined, value, value, undefined]);
  });
});
