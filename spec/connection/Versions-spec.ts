import { expect } from 'chai';
import { Versions } from '../../lib/connection/Versions.js';
import { ConnectTimeoutError, ConnectionLostError, ConnectionRefusedError } from '../../lib/errors.js';

const CLOSED = new ConnectionLostError('closed');

describe('the version that is spoken with a server', () => {
  for (const option of [4, 5] as const) {
    it(`should be ${option} if the option says so, whatever happens`, () => {
      const versions = new Versions(option);
      expect(versions.failed('a', option, new ConnectionRefusedError(0x84), false)).to.equal(false);
      expect(versions.failed('a', option, CLOSED, true)).to.equal(false);
      expect(versions.failed('a', option, CLOSED, true)).to.equal(false);
      versions.works('a', option);
      expect(versions.for('a')).to.equal(option);
    });
  }

  describe("with 'auto'", () => {
    let versions: Versions;
    beforeEach(() => (versions = new Versions('auto')));

    it('should be 5 at first', () => {
      expect(versions.for('a')).to.equal(5);
    });

    for (const [what, code] of [
      ['CONNACK 0x84', 0x84],
      ['CONNACK 1 of 3.1.1', 1],
    ] as const) {
      it(`should be 3.1.1 at once after ${what}, for that server`, () => {
        expect(versions.failed('a', 5, new ConnectionRefusedError(code), false)).to.equal(true);
        expect([versions.for('a'), versions.for('b')]).to.deep.equal([4, 5]);
      });
    }

    it('should be 3.1.1 when the server closes on CONNECT twice running', () => {
      expect(versions.failed('a', 5, CLOSED, true)).to.equal(false);
      expect(versions.failed('b', 5, CLOSED, true)).to.equal(false);
      expect([versions.for('a'), versions.for('b')]).to.deep.equal([5, 5]);
      expect(versions.failed('a', 5, CLOSED, true)).to.equal(true);
      expect([versions.for('a'), versions.for('b')]).to.deep.equal([4, 5]);
    });

    it('should stay 5 after other failures', () => {
      for (const error of [new ConnectionRefusedError(0x87), new ConnectTimeoutError('late'), CLOSED]) {
        for (let times = 0; times < 3; times++) expect(versions.failed('a', 5, error, false)).to.equal(false);
      }
      expect(versions.for('a')).to.equal(5);
    });

    it('should stay 5 once a server has spoken it, however often it closes', () => {
      versions.works('a', 5);
      for (let times = 0; times < 3; times++) expect(versions.failed('a', 5, CLOSED, true)).to.equal(false);
      expect(versions.for('a')).to.equal(5);
    });

    it('should be 4 from then on once that works, and 5 be tried anew when it fails: it may be another server', () => {
      versions.failed('a', 5, new ConnectionRefusedError(0x84), false);
      versions.works('a', 4);
      expect(versions.for('a')).to.equal(4);
      expect(versions.failed('a', 4, new ConnectTimeoutError('late'), false)).to.equal(false);
      expect(versions.for('a')).to.equal(5);
    });

    it('should begin to count closes anew after a connection', () => {
      versions.failed('a', 5, CLOSED, true);
      versions.works('a', 4);
      versions.failed('a', 4, CLOSED, true);
      expect(versions.failed('a', 5, CLOSED, true)).to.equal(false);
    });

    it('should be remembered of about a hundred servers', () => {
      for (let number = 0; number < 10_000; number++) {
        versions.works(`server ${number}`, 4);
        versions.failed(`other ${number}`, 5, CLOSED, true);
      }
      const maps = Object.values(versions).filter((value) => value instanceof Map) as Map<string, unknown>[];
      expect(maps.map(({ size }) => size <= 101)).to.deep.equal([true, true]);
      expect(versions.for('server 9999')).to.equal(4);
    });
  });
});
