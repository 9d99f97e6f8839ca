import { expect } from 'chai';
import { type Account, Books, isKept } from '../../examples/live/Books.js';
import type { QoS } from '../../lib/index.js';

const NOTHING: Account = { sent: 0, arrived: 0, notYet: 0, lost: 0, doubled: 0, gone: 0 };

describe('the books of the demo’s page', () => {
  let books: Books;
  beforeEach(() => (books = new Books()));

  const entry = (qos: QoS, n: number) => ({ room: 'attic', qos, n });
  const send = (qos: QoS, count: number) => {
    for (let n = 1; n <= count; n++) books.sent(entry(qos, n));
  };
  const expectBooks = (qos: QoS, expected: Partial<Account>) =>
    expect(books.account(qos)).to.deep.equal({ ...NOTHING, ...expected });

  it('should not call lost what has not arrived yet', () => {
    send(1, 3);
    books.arrived(entry(1, 1));
    expectBooks(1, { sent: 3, arrived: 1, notYet: 2 });
  });

  it('should call lost at QoS 0 what was overtaken', () => {
    send(0, 3);
    books.arrived(entry(0, 3));
    expectBooks(0, { sent: 3, arrived: 1, lost: 2 });
    expect(isKept(0, books.account(0))).to.equal(true);
  });

  it('should call lost at QoS 1 and 2 what was overtaken for more than ten seconds online', () => {
    for (const qos of [1, 2] as const) {
      send(qos, 3);
      books.arrived(entry(qos, 2));
      books.waited(10_000);
      expectBooks(qos, { sent: 3, arrived: 1, notYet: 2 });
      books.waited(1);
      expectBooks(qos, { sent: 3, arrived: 1, notYet: 1, lost: 1 });
      expect(isKept(qos, books.account(qos))).to.equal(false);
      books.arrived(entry(qos, 1));
      expectBooks(qos, { sent: 3, arrived: 2, notYet: 1 });
    }
  });

  it('should count what arrives again, which QoS 1 may do and QoS 2 may not', () => {
    for (const qos of [1, 2] as const) {
      send(qos, 1);
      for (let i = 0; i < 3; i++) books.arrived(entry(qos, 1));
      expectBooks(qos, { sent: 1, arrived: 1, doubled: 2 });
      expect(isKept(qos, books.account(qos))).to.equal(qos === 1);
    }
  });

  it('should count apart what died with the broker: what it had taken, and not what the publisher still has', () => {
    send(2, 3);
    books.settled(entry(2, 1));
    books.settled(entry(2, 2));
    books.arrived(entry(2, 1));
    books.forgotten();
    expectBooks(2, { sent: 3, arrived: 1, notYet: 1, gone: 1 });
    expect(isKept(2, books.account(2))).to.equal(true);
  });

  it('should count there as well a message whose publish failed, unless it arrives', () => {
    send(2, 2);
    books.settled(entry(2, 1), new Error('the session is lost'));
    books.settled(entry(2, 2), new Error('the session is lost'));
    expectBooks(2, { sent: 2, gone: 2 });
    books.arrived(entry(2, 2));
    expectBooks(2, { sent: 2, arrived: 1, gone: 1 });
  });
});
