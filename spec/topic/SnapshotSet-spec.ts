import { expect } from 'chai';
import fc from 'fast-check';
import { SnapshotSet } from '../../lib/topic/SnapshotSet.js';

describe('SnapshotSet', () => {
  it('should do what a Set does, and never change a snapshot', () => {
    const step = fc.record({
      type: fc.constantFrom('add', 'add', 'delete', 'delete', 'snapshot'),
      member: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const set = new SnapshotSet<number>();
        const model = new Set<number>();
        const snapshots: [readonly number[], string][] = [];
        for (const { type, member } of steps) {
          if (type === 'add') {
            set.add(member);
            model.add(member);
          } else if (type === 'delete') {
            expect(set.delete(member)).to.equal(model.delete(member));
          } else {
            snapshots.push([set.snapshot, JSON.stringify([...model])]);
            expect(set.snapshot)
              .to.deep.equal([...model])
              .and.to.equal(set.snapshot).and.to.be.frozen;
          }
          expect(set.size).to.equal(model.size);
        }
        expect(set.snapshot).to.deep.equal([...model]);
        for (const [snapshot, text] of snapshots) expect(JSON.stringify(snapshot)).to.equal(text);
      }),
    );
  });
});
