import { expect } from 'chai';
import type { QoS } from '../../lib/index.js';
import { Ledger, exitCode } from '../../examples/house/ledger.js';

/** A ledger of messages 1, 2, … of one room, sent at every QoS, of which these came, in this order. */
function ledger(sent: number, came: Readonly<Record<QoS, readonly number[]>>): Ledger {
  const books = new Ledger();
  for (const qos of [0, 1, 2] as const) {
    for (let n = 1; n <= sent; n++) books.sent({ room: 'bath', qos, n });
    for (const n of came[qos]) books.received({ room: 'bath', qos, n });
  }
  return books;
}

describe('Ledger', () => {
  it('should count what was sent, received, lost and doubled, for each QoS', () => {
    const books = ledger(4, { 0: [1, 3], 1: [1, 2, 2, 3, 4, 1], 2: [1, 2, 3, 4] });
    expect(books.account(0)).to.deep.equal({ sent: 4, received: 2, missing: 1, lost: 2, duplicated: 0 });
    expect(books.account(1)).to.deep.equal({ sent: 4, received: 4, missing: 0, lost: 0, duplicated: 2 });
    expect(books.account(2)).to.deep.equal({ sent: 4, received: 4, missing: 0, lost: 0, duplicated: 0 });
  });

  it('should take one that comes late for received, and one that comes again after that for doubled', () => {
    const books = ledger(3, { 0: [], 1: [1, 3, 2, 2], 2: [3, 2, 1] });
    expect(books.account(1)).to.include({ received: 3, missing: 0, duplicated: 1 });
    expect(books.account(2)).to.include({ received: 3, missing: 0, duplicated: 0 });
  });

  it('should keep rooms apart', () => {
    const books = ledger(1, { 0: [1], 1: [1], 2: [1] });
    books.sent({ room: 'attic', qos: 2, n: 1 });
    books.received({ room: 'attic', qos: 2, n: 1 });
    expect(books.account(2)).to.deep.equal({ sent: 2, received: 2, missing: 0, lost: 0, duplicated: 0 });
  });

  const all = [1, 2, 3];
  const cases: readonly [string, Readonly<Record<QoS, readonly number[]>>, 0 | 1][] = [
    ['everything came', { 0: all, 1: all, 2: all }, 0],
    ['QoS 0 was lost, which is allowed', { 0: [2], 1: all, 2: all }, 0],
    ['QoS 1 was doubled, which is allowed', { 0: all, 1: [1, 1, 2, 3], 2: all }, 0],
    ['QoS 1 was lost', { 0: all, 1: [1, 3], 2: all }, 1],
    ['the last at QoS 1 was lost', { 0: all, 1: [1, 2], 2: all }, 1],
    ['QoS 2 was lost', { 0: all, 1: all, 2: [2, 3] }, 1],
    ['QoS 2 was doubled', { 0: all, 1: all, 2: [1, 2, 2, 3] }, 1],
    ['one was lost and another doubled', { 0: all, 1: all, 2: [1, 1, 2] }, 1],
  ];
  for (const [what, came, code] of cases) {
    it(`should exit with ${code} when ${what}`, () => expect(exitCode(ledger(3, came))).to.equal(code));
  }

  it('should exit with 1 when nothing was sent at all', () => expect(exitCode(new Ledger())).to.equal(1));
});
