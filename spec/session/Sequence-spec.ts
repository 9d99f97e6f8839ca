import { expect } from 'chai';
import fc from 'fast-check';
import { type Placed, Sequence } from '../../lib/session/Sequence.js';

interface Item extends Placed {
  readonly name: number;
}

function item(name: number): Item {
  return { name, place: 0 };
}

function holding(count: number): { sequence: Sequence<Item>; items: Item[] } {
  const sequence = new Sequence<Item>();
  const items = Array.from({ length: count }, (_, i) => item(i));
  for (const one of items) sequence.append(one);
  return { sequence, items };
}

function names(items: Iterable<Item>): number[] {
  return [...items].map(({ name }) => name);
}

describe('Sequence', () => {
  it('should keep the order of what is appended, whatever is taken out', () => {
    const { sequence, items } = holding(5);
    sequence.remove(items[2]!);
    sequence.remove(items[0]!);
    sequence.append(item(5));
    expect([names(sequence), sequence.size]).to.deep.equal([[1, 3, 4, 5], 4]);
    expect([sequence.first?.name, sequence.shift()?.name, sequence.first?.name]).to.deep.equal([1, 1, 3]);
    expect([names(sequence.takeAll()), sequence.size, sequence.first]).to.deep.equal([[3, 4, 5], 0, undefined]);
  });

  it('should have a cursor that has passed what is appended, unless it was rewound', () => {
    const { sequence } = holding(2);
    expect([sequence.ahead, sequence.advance(), names(sequence.passed())]).to.deep.equal([0, undefined, [0, 1]]);
    sequence.rewind();
    expect([sequence.ahead, names(sequence.passed())]).to.deep.equal([2, []]);
    expect([sequence.advance()?.name, sequence.ahead]).to.deep.equal([0, 1]);
    sequence.append(item(2));
    expect([sequence.ahead, names(sequence.passed())]).to.deep.equal([2, [0]]);
    expect([sequence.advance()?.name, sequence.advance()?.name, sequence.advance()]).to.deep.equal([1, 2, undefined]);
    sequence.append(item(3));
    expect([sequence.ahead, names(sequence.passed())]).to.deep.equal([0, [0, 1, 2, 3]]);
  });

  it('should be walked through although what comes next is taken out, and what is new is not met', () => {
    const { sequence, items } = holding(4);
    const met: number[] = [];
    for (const { name } of sequence) {
      met.push(name);
      if (name === 0) sequence.remove(items[1]!);
      if (name === 2) sequence.append(item(9));
    }
    expect(met).to.deep.equal([0, 2, 3]);
  });

  it('should be walked through although gaps close meanwhile', () => {
    const { sequence, items } = holding(1_000);
    const met: number[] = [];
    for (const { name } of sequence) {
      met.push(name);
      if (name === 0) for (const one of items.slice(1, 999)) sequence.remove(one);
    }
    expect(met).to.deep.equal([0, 999]);
  });

  it('should be a list with a cursor, whatever it is asked', () => {
    const step = fc.oneof(
      {
        arbitrary: fc.record({ does: fc.constant('append' as const), at: fc.integer({ min: 1, max: 40 }) }),
        weight: 6,
      },
      { arbitrary: fc.record({ does: fc.constant('remove' as const), at: fc.nat() }), weight: 6 },
      { arbitrary: fc.record({ does: fc.constant('removeMany' as const), at: fc.nat() }), weight: 2 },
      { arbitrary: fc.record({ does: fc.constant('shift' as const), at: fc.nat() }), weight: 4 },
      { arbitrary: fc.record({ does: fc.constant('rewind' as const), at: fc.nat() }), weight: 2 },
      {
        arbitrary: fc.record({ does: fc.constant('advance' as const), at: fc.integer({ min: 1, max: 40 }) }),
        weight: 6,
      },
      { arbitrary: fc.record({ does: fc.constant('takeAll' as const), at: fc.nat() }), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const sequence = new Sequence<Item>();
        let list: Item[] = [];
        let passed = 0; // how many of the list are behind the cursor
        let count = 0;
        const remove = (at: number) => {
          sequence.remove(list[at]!);
          list.splice(at, 1);
          if (at < passed) passed--;
        };
        for (const { does, at } of steps) {
          if (does === 'append') {
            for (let i = 0; i < at; i++) {
              const isAtEnd = passed === list.length;
              const one = item(count++);
              sequence.append(one);
              list.push(one);
              if (isAtEnd) passed = list.length;
            }
          } else if (does === 'remove') {
            if (list.length > 0) remove(at % list.length);
          } else if (does === 'removeMany') {
            const kept = at % 5;
            for (let i = list.length - 1; i >= 0; i--) if (i % 5 !== kept) remove(i);
          } else if (does === 'shift') {
            expect(sequence.shift()).to.equal(list.shift());
            passed = Math.max(0, passed - 1);
          } else if (does === 'rewind') {
            sequence.rewind();
            passed = 0;
          } else if (does === 'advance') {
            for (let i = 0; i < at; i++) expect(sequence.advance()).to.equal(list[passed++]);
            passed = Math.min(passed, list.length);
          } else {
            expect(sequence.takeAll()).to.deep.equal(list);
            list = [];
            passed = 0;
          }
          expect([sequence.size, sequence.ahead]).to.deep.equal([list.length, list.length - passed]);
          expect(sequence.first).to.equal(list[0]);
          expect(names(sequence)).to.deep.equal(names(list));
          expect(names(sequence.passed())).to.deep.equal(names(list.slice(0, passed)));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('should take no more room than twice what is in it, and a few', () => {
    const { sequence } = holding(1);
    for (let i = 0; i < 50_000; i++) {
      const passing = item(i);
      sequence.append(passing);
      expect(passing.place).to.be.lessThan(200);
      sequence.remove(passing);
    }
    expect(names(sequence)).to.deep.equal([0]);
  });

  it('should cost the same for each of very many', () => {
    const { sequence, items } = holding(200_000);
    for (let i = items.length - 1; i > 0; i--) sequence.remove(items[i]!); // minutes, were it a search or a splice
    expect(names(sequence)).to.deep.equal([0]);
  });
});
