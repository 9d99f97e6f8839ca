import { expect } from 'chai';
import { sparkline } from '../../lib/cli/sparkline.js';

describe('sparkline', () => {
  it('should have the largest the highest, and nothing for 0', () => {
    expect(sparkline([0, 1, 4, 8])).to.equal(' ▁▄█');
  });

  it('should be empty for nothing, and blank for zeros', () => {
    expect(sparkline([])).to.equal('');
    expect(sparkline([0, 0])).to.equal('  ');
  });
});
