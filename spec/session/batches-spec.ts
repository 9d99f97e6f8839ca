import { expect } from 'chai';
import fc from 'fast-check';
import { encode } from '../../lib/packet/encode.js';
import { batches } from '../../lib/session/batches.js';

const filters = (...texts: readonly string[]) => texts.map((filter) => ({ filter }));
const counts = (all: readonly (readonly unknown[])[]) => all.map(({ length }) => length);

/** A packet of so many bytes: its header, identifier, and 65,536 of filters at the most. */
function sizeOf(batch: readonly { readonly filter: string }[]): number {
  const subscriptions = batch.map(({ filter }) => ({ filter, qos: 0 as const }));
  return encode({ type: 'subscribe', packetId: 1, subscriptions }).length;
}

describe('batches', () => {
  for (const [count, most, expected] of [
    [0, 10, []],
    [1, 10, [1]],
    [10, 10, [10]],
    [11, 10, [10, 1]],
    [5, 1, [1, 1, 1, 1, 1]],
    [3, Infinity, [3]],
  ] as const) {
    it(`should be ${expected.join(', ') || 'none'} for ${count} filters and ${most} a packet`, () => {
      expect(counts(batches(filters(...Array<string>(count).fill('a')), { most }))).to.deep.equal(expected);
    });
  }

  it('should hold 65,536 bytes at most, of whatever characters', () => {
    const wide = '\u{4e00}'.repeat(1_000);
    const all = batches(filters(...Array<string>(50).fill(wide)), { most: Infinity });
    expect(counts(all)).to.deep.equal([21, 21, 8]); // 3,003 bytes each
    expect(Math.max(...all.map(sizeOf))).to.be.within(3_003 * 21, 65_536 + 7);
  });

  it('should give a filter that is longer than that a packet of its own', () => {
    const long = 'x'.repeat(65_535);
    expect(counts(batches(filters('a', long, long, 'b', 'c'), { most: 10 }))).to.deep.equal([1, 1, 1, 2]);
  });

  it('should hold every filter once and in order, within both limits, and as many as fit', () => {
    const texts = fc.array(
      fc.oneof(
        fc.string(),
        fc.integer({ min: 1, max: 30_000 }).map((n) => 'x'.repeat(n)),
      ),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (texts, most) => {
        const all = batches(filters(...texts), { most });
        expect(all.flat().map(({ filter }) => filter)).to.deep.equal(texts);
        const size = (batch: readonly { filter: string }[]) => batch.reduce((sum, { filter }) => sum + 3 * filter.length + 3, 0); // prettier-ignore
        all.forEach((batch, i) => {
          expect(batch.length).to.be.within(1, most);
          if (batch.length > 1) expect(size(batch)).to.be.at.most(65_536);
          const next = all[i + 1]?.[0];
          if (next && batch.length < most) expect(size([...batch, next])).to.be.greaterThan(65_536);
        });
      }),
    );
  });

  it('should fit packets that the server takes, whatever properties they have', () => {
    const texts = Array.from({ length: 30 }, (_, i) => 'é'.repeat(i));
    const all = batches(filters(...texts.slice(1)), { most: Infinity, maximumPacketSize: 110 });
    const sizes = all.map((batch) => sizeOf(batch) + 6);
    expect(Math.max(...sizes)).to.be.at.most(110);
    expect(counts(all).some((count) => count > 1)).to.equal(true);
  });

  it('should give a packet of its own to each filter that must be alone', () => {
    const isAlone = (filter: string) => filter === 'b';
    const all = batches(filters('a', 'b', 'c', 'b', 'd'), { most: 2, isAlone });
    expect(all.map((batch) => batch.map(({ filter }) => filter).join())).to.deep.equal(['a,c', 'b', 'b', 'd']);
  });
});
