import { expect } from 'chai';
import { Progress } from '../../lib/store/Progress.js';

describe('the progress of a segment', () => {
  /** As classic-level gives it. */
  const fromBuffer = () => {
    const before = Progress.none();
    before.step(0, { packetId: 1, released: undefined });
    return Progress.read(Buffer.from(before.record()));
  };

  it('should give a record that later steps do not change, though an earlier process left it in a Buffer', () => {
    const progress = fromBuffer();
    const record = progress.record();
    progress.step(0, { packetId: 1, released: 7 }); // a slow store has not written the record yet
    expect(Progress.read(record).stepOf(0)).to.deep.equal({ packetId: 1, released: undefined });
    expect(Progress.read(progress.record()).stepOf(0)).to.deep.equal({ packetId: 1, released: 7 });
  });

  it('should leave the Buffer of the store as it is', () => {
    const buffer = Buffer.from(Progress.none().record());
    const before = Buffer.from(buffer).toString('hex');
    Progress.read(buffer).end(0);
    expect(buffer.toString('hex')).to.equal(before);
  });
});
