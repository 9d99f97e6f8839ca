import { expect } from 'chai';
import { type Outcome, brokenPromises, table } from '../../chaos/Outcome.js';

const GOOD: Outcome = {
  seed: '7',
  seconds: 60,
  sent: { 1: 1_000, 2: 900 },
  lost: { 1: 0, 2: 0 },
  duplicated: { 1: 30, 2: 0 },
  reordered: { 1: 0, 2: 0 },
  repeated: 3,
  consumed: { hasStore: false, lost: { 1: 0, 2: 0 }, repeated: { 1: 40, 2: 0 }, recognised: 6 },
  misplaced: 0,
  unsettled: 0,
  left: { publisher: 0, subscriber: 0, consumer: 0 },
  faults: [],
  kills: { publisher: 4, subscriber: 5, consumer: 6, broker: 2 },
  suspicions: 2,
  mishaps: { cut: 8, stall: 2 },
  reconnects: { publisher: 11, subscriber: 13, consumer: 17 },
  slowest: { publisher: 1_234, subscriber: 999, consumer: 1_560 },
};

const BAD: readonly (readonly [broken: string, change: Partial<Outcome>])[] = [
  ['nothing was sent at QoS 2', { sent: { 1: 1_000, 2: 0 } }],
  ['1 messages of QoS 1 are lost', { lost: { 1: 1, 2: 0 } }],
  ['2 messages of QoS 2 are lost', { lost: { 1: 0, 2: 2 } }],
  ['1 messages of QoS 2 came twice', { duplicated: { 1: 0, 2: 1 } }],
  ['1 messages of QoS 1 came after a later one', { reordered: { 1: 1, 2: 0 } }],
  ['3 messages of QoS 2 came after a later one', { reordered: { 1: 0, 2: 3 } }],
  ['7 messages of QoS 1 were not worked on', { consumed: { ...GOOD.consumed, lost: { 1: 7, 2: 0 } } }],
  ['8 messages of QoS 2 were not worked on', { consumed: { ...GOOD.consumed, lost: { 1: 0, 2: 8 } } }],
  ['9 messages of QoS 2 were worked on twice', { consumed: { ...GOOD.consumed, repeated: { 1: 0, 2: 9 } } }],
  ['the consumer was never killed', { kills: { publisher: 1, subscriber: 1, consumer: 0, broker: 1 } }],
  ['4 messages were stored twice or out of order', { misplaced: 4 }],
  ['5 publishes have not settled', { unsettled: 5 }],
  ['the publisher has left 6 records in its store', { left: { publisher: 6, subscriber: 0, consumer: 0 } }],
  ['the subscriber did not end', { left: { publisher: 0, subscriber: undefined, consumer: 0 } }],
  ['the broker was never killed', { kills: { publisher: 1, subscriber: 1, consumer: 1, broker: 0 } }],
  ['somebody complained', { faults: ['somebody complained'] }],
];

describe('the outcome of the chaos run', () => {
  it('should have nothing against messages that come again at QoS 1', () => {
    expect(brokenPromises(GOOD)).to.deep.equal([]);
  });

  for (const [broken, change] of BAD) {
    it(`should say that ${broken}`, () => expect(brokenPromises({ ...GOOD, ...change })).to.deep.equal([broken]));
  }

  it('should be a table', () => {
    expect(table(GOOD)).to.match(/^sent +1000 +900$/m);
    expect(table(GOOD)).to.match(/^lost +0 +0$/m);
    expect(table(GOOD)).to.match(/^kills +4 +5 +6 +2$/m);
    expect(table(GOOD)).to.match(/^worst recovery +1\.2 s +1\.0 s +1\.6 s$/m);
    expect(table(GOOD)).to.match(/^not worked on +0 +0$/m);
    expect(table(GOOD)).to.match(/^worked on again +40 +0$/m);
    expect(table(GOOD)).to.match(/without looking into its ledger: 6$/m);
    expect(table(GOOD)).to.contain('8 × cut, 2 × stall');
  });
});
