import { expect } from 'chai';
import { bytes, clock, counted, duration, number } from '../../lib/cli/figures.js';

describe('figures', () => {
  for (const [shown, expected] of [
    [number(0), '0'],
    [number(1234567), '1,234,567'],
    [number(1.234), '1.23'],
    [number(12.34), '12.3'],
    [number(123.4), '123'],
    [bytes(1), '1 byte'],
    [bytes(0), '0 bytes'],
    [bytes(999), '999 bytes'],
    [bytes(1_500), '1.50 kB'],
    [bytes(268_435_456), '268 MB'],
    [clock(6_900), '0:07'],
    [clock(754_000), '12:34'],
    [clock(3_723_000), '1:02:03'],
    [counted(1, 'message'), '1 message'],
    [counted(2_000, 'message'), '2,000 messages'],
    [duration(0.345), '0.35 ms'],
    [duration(1_234), '1.2 s'],
    [duration(2_000), '2 s'],
    [duration(12_340), '12 s'],
  ] as const) {
    it(`should be ${expected}`, () => expect(shown).to.equal(expected));
  }
});
