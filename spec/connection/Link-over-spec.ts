import { expect } from 'chai';
import { NEVER, Subscription } from 'rxjs';
import sinon from 'sinon';
import { Link } from '../../lib/connection/Link.js';
import { Traffic } from '../../lib/connection/Traffic.js';

/** A link over a transport that throws at each write. It is closed when it fails, as an attempt does. */
function broken(): Link {
  const write = () => {
    throw new Error('EPIPE');
  };
  const records = { traffic: new Traffic(), events: { observed: false, next: () => undefined } };
  const link: Link = new Link({ bytes$: NEVER, write, buffered: 0 }, records, () => link.close(), 1_000);
  return link;
}

describe('a link that is over', () => {
  it('should wait for no answer to a PINGREQ whose write threw', () => {
    const clock = sinon.useFakeTimers();
    try {
      broken().ping();
      expect(clock.countTimers()).to.equal(0);
    } finally {
      clock.restore();
    }
  });

  it('should end at once what is to end with it', () => {
    const link = broken();
    link.close();
    const late = new Subscription();
    link.lifetime.add(late);
    expect(late.closed).to.equal(true);
  });
});
