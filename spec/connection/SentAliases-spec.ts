import { expect } from 'chai';
import fc from 'fast-check';
import { SentAliases } from '../../lib/connection/SentAliases.js';

const TOPICS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('topic aliases towards the server', () => {
  it('should be set with the topic name, and then known [MQTT5-3.3.2-8]', () => {
    const aliases = new SentAliases(2);
    expect(aliases.has('a')).to.equal(false);
    expect(aliases.use('a')).to.deep.equal({ alias: 1, isKnown: false });
    expect(aliases.use('a')).to.deep.equal({ alias: 1, isKnown: true });
    expect([aliases.has('a'), aliases.has('b')]).to.deep.equal([true, false]);
  });

  it('should go from the topic that was not used for longest to a new one', () => {
    const aliases = new SentAliases(2);
    const used = ['a', 'b', 'a', 'c', 'a', 'b'].map((topic) => aliases.use(topic));
    expect(used.map(({ alias }) => alias)).to.deep.equal([1, 2, 1, 2, 1, 2]);
    expect(used.map(({ isKnown }) => isKnown)).to.deep.equal([false, false, true, false, true, false]);
  });

  it('should never be 0 nor above the maximum, and mean at the server what they mean here [MQTT5-3.2.2-17] [MQTT5-3.3.2-9]', () => {
    const topics = fc.array(fc.constantFrom(...TOPICS), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), topics, (maximum, uses) => {
        const aliases = new SentAliases(maximum);
        const server = new Map<number, string>();
        for (const topic of uses) {
          const { alias, isKnown } = aliases.use(topic);
          expect(alias).to.be.within(1, maximum);
          if (!isKnown) server.set(alias, topic);
          expect(server.get(alias)).to.equal(topic);
        }
      }),
    );
  });

  it('should keep those that were used most recently', () => {
    const topics = fc.array(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), topics, (maximum, uses) => {
        const aliases = new SentAliases(maximum);
        for (const topic of uses) aliases.use(topic);
        const recent = [...new Set([...uses].reverse())];
        expect(recent.map((topic) => aliases.has(topic))).to.deep.equal(recent.map((_, place) => place < maximum));
      }),
    );
  });
});
