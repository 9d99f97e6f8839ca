import { expect } from 'chai';
import { type Outcome, complaints } from '../soak/Outcome.js';
import { run } from './examples/run.js';

const ALL = { next: 11, missing: [], duplicated: 0, reordered: 0 };
const MB = 1_048_576;

const GOOD: Outcome = {
  seconds: 1,
  sent: [10, 10, 10],
  seen: [{ ...ALL, missing: [4] }, { ...ALL, duplicated: 3 }, ALL],
  failed: 0,
  reconnects: 3,
  heap: [8, 9, 10, 10.5, 10, 10, 10.4, 10, 10.1, 10.2].map((megabytes) => megabytes * MB),
  left: [],
};

const BAD: readonly (readonly [complaint: string, change: Partial<Outcome>])[] = [
  ['1 messages of QoS 1 are lost', { seen: [ALL, { ...ALL, next: 10 }, ALL] }],
  ['2 messages of QoS 2 are lost', { seen: [ALL, ALL, { ...ALL, missing: [3, 4] }] }],
  ['1 messages of QoS 1 came after a later one', { seen: [ALL, { ...ALL, reordered: 1 }, ALL] }],
  ['4 messages of QoS 2 came twice', { seen: [ALL, ALL, { ...ALL, duplicated: 4 }] }],
  ['5 publishes failed', { failed: 5 }],
  ['there was no reconnect', { reconnects: 0 }],
  [
    'the heap grew by 2097152 bytes after the warm-up',
    { heap: [8, 9, 10, 10, 11, 11, 12, 12, 12, 12].map((m) => m * MB) },
  ],
  ['left behind: Timeout, TCPSocketWrap', { left: ['Timeout', 'TCPSocketWrap'] }],
];

describe('the long run', () => {
  it('should end with a flat heap, nothing lost and nothing left behind, in a small version', async () => {
    const args = ['--messages', '3000', '--reconnects', '20', '--rounds', '10'];
    const ending = await run('soak/run.ts', { args, patience: 110_000 });
    expect(ending.stdout + ending.stderr).to.match(/^reconnects +20$/m);
    expect(ending.stdout).to.match(/^left behind nothing$/m);
    expect(ending.stdout).to.contain('All is well.');
    expect(ending.code).to.equal(0);
  }).timeout(120_000);

  it('should have nothing against QoS 0 that is lost, nor QoS 1 that comes again', () => {
    expect(complaints(GOOD)).to.deep.equal([]);
  });

  for (const [complaint, change] of BAD) {
    it(`should complain that ${complaint}`, () =>
      expect(complaints({ ...GOOD, ...change })).to.deep.equal([complaint]));
  }
});
