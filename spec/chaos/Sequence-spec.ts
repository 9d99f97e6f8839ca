import { expect } from 'chai';
import { Sequence, lostOf } from '../../chaos/Sequence.js';

function after(...numbers: readonly number[]) {
  const sequence = new Sequence();
  for (const n of numbers) sequence.receive(n);
  return sequence.state;
}

describe('the sequence of the chaos run', () => {
  it('should find nothing wrong with 1, 2, 3', () => {
    const state = after(1, 2, 3);
    expect(state).to.deep.equal({ next: 4, missing: [], duplicated: 0, reordered: 0 });
    expect(lostOf(state, 3)).to.equal(0);
  });

  it('should count what did not come, in the middle and at the end', () => {
    expect(lostOf(after(1, 4), 6)).to.equal(4);
    expect(lostOf(after(), 2)).to.equal(2);
  });

  it('should count each time that one comes again', () => {
    expect(after(1, 1, 2, 1)).to.include({ duplicated: 2, reordered: 0, next: 3 });
  });

  it('should count what comes late once, and what comes again after that as doubled', () => {
    const state = after(1, 3, 4, 2, 2);
    expect(state).to.include({ reordered: 1, duplicated: 1 });
    expect(lostOf(state, 4)).to.equal(0);
  });

  it('should know what has come', () => {
    const sequence = new Sequence(after(1, 4));
    expect([1, 2, 3, 4, 5].filter((n) => sequence.has(n))).to.deep.equal([1, 4]);
  });

  it('should go on where it was written down', () => {
    const sequence = new Sequence(after(1, 3));
    sequence.receive(2);
    sequence.receive(3);
    expect(sequence.state).to.deep.equal({ next: 4, missing: [], duplicated: 1, reordered: 1 });
  });
});
