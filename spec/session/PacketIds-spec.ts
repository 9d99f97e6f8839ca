import { expect } from 'chai';
import fc from 'fast-check';
import { PacketIds } from '../../lib/session/PacketIds.js';

describe('PacketIds', () => {
  it('should hold what a Set would hold', () => {
    const packetId = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(32_767, 32_768, 65_504, 65_535));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), packetId), { maxLength: 60 }), (changes) => {
        const ids = new PacketIds();
        const set = new Set<number>();
        for (const [isAdded, id] of changes) {
          expect(ids.has(id)).to.equal(set.has(id));
          if (isAdded) {
            ids.add(id);
            set.add(id);
          } else expect(ids.delete(id)).to.equal(set.delete(id));
        }
        expect([...ids]).to.deep.equal([...set].sort((a, b) => a - b));
        ids.clear();
        expect([...ids]).to.deep.equal([]);
      }),
    );
  });
});
