import { expect } from 'chai';
import { SubscriptionIds } from '../../lib/session/SubscriptionIds.js';

/** Identifiers of a session of our own. */
function ids(): SubscriptionIds {
  const made = new SubscriptionIds();
  made.up(false);
  return made;
}

describe('SubscriptionIds', () => {
  it('should begin at 1 and never use one twice (MQTT5 section 3.8.2.1.2)', () => {
    const made = ids();
    expect([['a', 'b'], ['+'], ['a'], ['+']].map((filters) => made.give(filters))).to.deep.equal([1, 2, 3, 4]);
  });

  it('should go on at 1 after 268,435,455, and pass those in use', () => {
    const made = new SubscriptionIds(268_435_453);
    made.up(true);
    expect([made.give(['+']), made.give(['#']), made.give(['a'])]).to.deep.equal([268_435_454, 268_435_455, 1]);
    const other = new SubscriptionIds(268_435_455);
    other.up(true);
    other.give(['a']);
    other.up(true);
    expect(other.give(['b'])).to.equal(2);
  });

  it('should know whom a message is for, also by an identifier of before', () => {
    const made = ids();
    made.give(['a/+']);
    made.give(['a/b', 'a/c']);
    made.give(['a/+']);
    expect(made.isFor('a/+', 'a/b', [1])).to.equal(true);
    expect(made.isFor('a/+', 'a/b', [2])).to.equal(false);
    expect(made.isFor('a/+', 'a/b', [2, 3])).to.equal(true);
    expect(made.isFor('a/b', 'a/b', [2])).to.equal(true);
    expect(made.isFor('a/b', 'a/b', [1, 3])).to.equal(false);
  });

  it('should not know what nobody gave, nor a message with one of these among others', () => {
    const made = ids();
    made.give(['a']);
    expect([[1], [2], [1, 2]].map((given) => made.know(given))).to.deep.equal([true, false, false]);
  });

  it('should take every message for a filter whose subscription has none', () => {
    const made = ids();
    made.give(['a/+']);
    made.give(['#']);
    expect(made.isFor('a/b', 'a/b', [1])).to.equal(true);
    made.release('#');
    expect(made.isFor('#', 'a/b', [1])).to.equal(true);
  });

  it('should remember a thousand that are out of use, and keep those in use for ever', () => {
    const made = ids();
    made.give(['a', 'b']); // 1: `b` keeps it
    for (let i = 0; i < 1_002; i++) made.give(['a']);
    expect([1, 2, 3, 1_003].map((one) => made.know([one]))).to.deep.equal([true, false, true, true]);
  });

  it('should forget all with the session', () => {
    const made = ids();
    made.give(['a/+']);
    made.up(true);
    expect(made.know([1])).to.equal(true);
    made.up(false);
    expect(made.know([1])).to.equal(false);
    expect(made.isFor('a/+', 'a/b', [])).to.equal(true);
  });
});
