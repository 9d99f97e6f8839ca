import { expect } from 'chai';
import fc from 'fast-check';
import { Backlog, type Overflow } from '../../lib/session/Backlog.js';
import { Sent } from './Sent.js';

function message(name: string): Sent<string> {
  return new Sent(name, new Uint8Array(0), 1, false, name);
}

function filled(limit: number, overflow: Overflow, ...names: string[]): Backlog<Sent<string>> {
  const backlog = new Backlog<Sent<string>>(limit, overflow);
  for (const name of names) backlog.push(message(name), true);
  return backlog;
}

function names(backlog: Backlog<Sent<string>>): string[] {
  return backlog.takeAll().map(({ topic }) => topic);
}

describe('Backlog', () => {
  it('should be first in, first out', () => {
    const backlog = filled(10, 'error', 'a', 'b', 'c');
    expect([backlog.peek()?.topic, backlog.shift()?.topic, backlog.peek()?.topic]).to.deep.equal(['a', 'a', 'b']);
    expect(backlog.size).to.equal(2);
    expect(names(backlog)).to.deep.equal(['b', 'c']);
    expect([backlog.size, backlog.peek(), backlog.shift()]).to.deep.equal([0, undefined, undefined]);
  });

  for (const [overflow, dropped, left] of [
    ['error', 'c', ['a', 'b']],
    ['drop-newest', 'c', ['a', 'b']],
    ['drop-oldest', 'a', ['b', 'c']],
  ] as const) {
    it(`should turn ${dropped} of a, b, c away when it holds two: ${overflow}`, () => {
      const backlog = filled(2, overflow, 'a', 'b');
      expect(backlog.push(message('c'), true)?.topic).to.equal(dropped);
      expect(names(backlog)).to.deep.equal(left);
    });

    it(`should hold nothing with limit 0: ${overflow}`, () => {
      const backlog = filled(0, overflow);
      expect(backlog.push(message('a'), true)?.topic).to.equal('a');
      expect(backlog.size).to.equal(0);
    });
  }

  it('should not count what waits for the end of the turn only', () => {
    const backlog = filled(1, 'error', 'a');
    expect(backlog.push(message('b'), false)).to.equal(undefined);
    expect(backlog.push(message('c'), true)?.topic).to.equal('c');
    expect(names(backlog)).to.deep.equal(['a', 'b']);
  });

  it('should say of a message whether it is in the queue', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(message) as [Sent<string>, Sent<string>, Sent<string>, Sent<string>]; // prettier-ignore
    const backlog = new Backlog<Sent<string>>(3, 'error');
    for (const each of [a, b, c, d]) backlog.push(each, true);
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['queue', 'queue', 'queue', 'write']);
    backlog.delete(b);
    backlog.shift();
    backlog.takeAll();
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['write', 'write', 'write', 'write']);
  });

  it('should be a bounded list from which one may take anything, whatever it is asked', () => {
    const step = fc.oneof(
      { arbitrary: fc.record({ is: fc.constant('push' as const), bounded: fc.boolean() }), weight: 40 },
      { arbitrary: fc.record({ is: fc.constant('shift' as const) }), weight: 10 },
      { arbitrary: fc.record({ is: fc.constant('delete' as const), at: fc.nat() }), weight: 20 },
      { arbitrary: fc.record({ is: fc.constant('takeAll' as const) }), weight: 1 },
    );
    const overflows = fc.constantFrom<Overflow>('error', 'drop-oldest', 'drop-newest');
    fc.assert(
      fc.property(fc.nat(8), overflows, fc.array(step, { maxLength: 60 }), (limit, overflow, steps) => {
        const backlog = new Backlog<Sent<string>>(limit, overflow);
        const list: Sent<string>[] = [];
        steps.forEach((step, i) => {
          if (step.is === 'push') {
            const outgoing = message(String(i));
            const full = step.bounded && list.length >= limit;
            const dropped = full ? (overflow === 'drop-oldest' && list.length > 0 ? list.shift() : outgoing) : undefined; // prettier-ignore
            if (dropped !== outgoing) list.push(outgoing);
            expect(backlog.push(outgoing, step.bounded)).to.equal(dropped);
          } else if (step.is === 'shift') {
            expect(backlog.shift()).to.equal(list.shift());
          } else if (step.is === 'delete') {
            if (list.length > 0) backlog.delete(list.splice(step.at % list.length, 1)[0]!);
          } else {
            expect(backlog.takeAll()).to.deep.equal(list.splice(0));
          }
          expect([backlog.size, backlog.peek()]).to.deep.equal([list.length, list[0]]);
        });
        expect(backlog.takeAll()).to.deep.equal(list);
      }),
    );
  });

  it('should keep its order when places close up', () => {
    const backlog = new Backlog<Sent<string>>(10_000, 'error');
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
    const backlog = new Backlog<Sent<string>>(Infinity, 'error');
    const all = Array.from({ length: 200_000 }, (_, i) => message(String(i)));
    for (const outgoing of all) backlog.push(outgoing, true);
    for (let i = all.length - 1; i > 0; i--) backlog.delete(all[i]!); // minutes, were it a search or a splice
    expect(names(backlog)).to.deep.equal(['0']);
  });
});
