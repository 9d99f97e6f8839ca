import { expect } from 'chai';
import fc from 'fast-check';
import { Backlog, type Overflow } from '../../lib/session/Backlog.js';
import { Sent } from './Sent.js';

function message(name: string, bytes = 0): Sent<string> {
  return new Sent(name, new Uint8Array(bytes), 1, false, name);
}

function holding(size: number, overflow: Overflow, bytes = Infinity): Backlog<Sent<string>> {
  return new Backlog<Sent<string>>({ size, bytes, overflow });
}

function filled(limit: number, overflow: Overflow, ...names: string[]): Backlog<Sent<string>> {
  const backlog = holding(limit, overflow);
  for (const name of names) backlog.push(message(name), true);
  return backlog;
}

function topics(messages: readonly Sent<string>[]): string[] {
  return messages.map(({ topic }) => topic);
}

function names(backlog: Backlog<Sent<string>>): string[] {
  return topics(backlog.takeAll());
}

function sum(messages: readonly Sent<string>[]): number {
  return messages.reduce((bytes, { payload }) => bytes + payload.length, 0);
}

describe('Backlog', () => {
  it('should be first in, first out', () => {
    const backlog = filled(10, 'error', 'a', 'b', 'c');
    expect(backlog.shift()?.topic).to.equal('a');
    expect(backlog.size).to.equal(2);
    expect(names(backlog)).to.deep.equal(['b', 'c']);
    expect([backlog.size, backlog.shift()]).to.deep.equal([0, undefined]);
  });

  for (const [overflow, dropped, left] of [
    ['error', 'c', ['a', 'b']],
    ['drop-newest', 'c', ['a', 'b']],
    ['drop-oldest', 'a', ['b', 'c']],
  ] as const) {
    it(`should turn ${dropped} of a, b, c away when it holds two: ${overflow}`, () => {
      const backlog = filled(2, overflow, 'a', 'b');
      expect(topics(backlog.push(message('c'), true))).to.deep.equal([dropped]);
      expect(names(backlog)).to.deep.equal(left);
    });

    it(`should hold nothing with limit 0: ${overflow}`, () => {
      const backlog = filled(0, overflow);
      expect(topics(backlog.push(message('a'), true))).to.deep.equal(['a']);
      expect(backlog.size).to.equal(0);
    });
  }

  for (const [overflow, dropped, left] of [
    ['error', ['c'], ['a', 'b']],
    ['drop-oldest', ['a', 'b'], ['c']],
  ] as const) {
    it(`should turn ${dropped.join(', ')} away when a, b and c have too many bytes: ${overflow}`, () => {
      const backlog = holding(10, overflow, 100);
      expect([...backlog.push(message('a', 40), true), ...backlog.push(message('b', 60), true)]).to.deep.equal([]);
      expect(topics(backlog.push(message('c', 61), true))).to.deep.equal(dropped);
      expect(names(backlog)).to.deep.equal(left);
    });

    it(`should turn away who is larger than the whole queue, and nobody else: ${overflow}`, () => {
      const backlog = holding(10, overflow, 100);
      backlog.push(message('a', 1), true);
      expect(topics(backlog.push(message('b', 101), true))).to.deep.equal(['b']);
      expect(names(backlog)).to.deep.equal(['a']);
    });
  }

  it('should not count what waits for the end of the turn only', () => {
    const backlog = filled(1, 'error', 'a');
    expect(backlog.push(message('b'), false)).to.deep.equal([]);
    expect(topics(backlog.push(message('c'), true))).to.deep.equal(['c']);
    expect(names(backlog)).to.deep.equal(['a', 'b']);
  });

  it('should say of a message whether it is in the queue', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(message) as [Sent<string>, Sent<string>, Sent<string>, Sent<string>]; // prettier-ignore
    const backlog = holding(3, 'error');
    for (const each of [a, b, c, d]) backlog.push(each, true);
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['queue', 'queue', 'queue', 'write']);
    backlog.delete(b);
    backlog.shift();
    backlog.takeAll();
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['write', 'write', 'write', 'write']);
  });

  it('should be a bounded list from which one may take anything, whatever it is asked', () => {
    const step = fc.oneof(
      {
        arbitrary: fc.record({ is: fc.constant('push' as const), bounded: fc.boolean(), bytes: fc.nat(5) }),
        weight: 40,
      },
      { arbitrary: fc.record({ is: fc.constant('shift' as const) }), weight: 10 },
      { arbitrary: fc.record({ is: fc.constant('delete' as const), at: fc.nat() }), weight: 20 },
      { arbitrary: fc.record({ is: fc.constant('takeAll' as const) }), weight: 1 },
    );
    const overflows = fc.constantFrom<Overflow>('error', 'drop-oldest', 'drop-newest');
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.nat(20),
        overflows,
        fc.array(step, { maxLength: 60 }),
        (limit, bytes, overflow, steps) => {
          const backlog = holding(limit, overflow, bytes);
          const list: Sent<string>[] = [];
          steps.forEach((step, i) => {
            if (step.is === 'push') {
              const outgoing = message(String(i), step.bytes);
              const isFull = () => list.length >= limit || step.bytes + sum(list) > bytes;
              const dropped: Sent<string>[] = [];
              if (step.bounded && isFull()) {
                const isHopeless = limit === 0 || step.bytes > bytes || overflow !== 'drop-oldest';
                if (isHopeless) dropped.push(outgoing);
                else while (isFull()) dropped.push(list.shift()!);
              }
              if (dropped[0] !== outgoing) list.push(outgoing);
              expect(backlog.push(outgoing, step.bounded)).to.deep.equal(dropped);
            } else if (step.is === 'shift') {
              expect(backlog.shift()).to.equal(list.shift());
            } else if (step.is === 'delete') {
              if (list.length > 0) backlog.delete(list.splice(step.at % list.length, 1)[0]!);
            } else {
              expect(backlog.takeAll()).to.deep.equal(list.splice(0));
            }
            expect(backlog.size).to.equal(list.length);
          });
          expect(backlog.takeAll()).to.deep.equal(list);
        },
      ),
    );
  });

  it('should keep its order when places close up', () => {
    const backlog = holding(10_000, 'error');
    const all = Array.from({ length: 10_000 }, (_, i) => message(String(i)));
    for (const outgoing of all) backlog.push(outgoing, true);
    for (let i = 0; i < 10_000; i++) if (i % 3 > 0) backlog.delete(all[i]!);
    backlog.push(message('last'), true);
    backlog.delete(all[9_999]!);
    for (let i = 0; i < 1_500; i++) expect(backlog.shift()).to.equal(all[i * 3]);
    expect(names(backlog)).to.deep.equal([...all.filter((_, i) => i >= 4_500 && i % 3 === 0 && i < 9_999).map(({ topic }) => topic), 'last']); // prettier-ignore
  });

  it('should take no more room for messages that come and go behind one that stays', () => {
    const backlog = filled(10, 'error', 'stays');
    for (let i = 0; i < 100_000; i++) {
      const passing = message('passing');
      backlog.push(passing, true);
      expect(passing.place).to.be.lessThan(2_048);
      backlog.delete(passing);
    }
    expect(names(backlog)).to.deep.equal(['stays']);
  });

  it('should take a message out as fast from a long queue as from a short one', () => {
    const backlog = holding(Infinity, 'error');
    const all = Array.from({ length: 200_000 }, (_, i) => message(String(i)));
    for (const outgoing of all) backlog.push(outgoing, true);
    for (let i = all.length - 1; i > 0; i--) backlog.delete(all[i]!); // minutes, were it a search or a splice
    expect(names(backlog)).to.deep.equal(['0']);
  });
});
