import { expect } from 'chai';
import fc from 'fast-check';
import { Outgoing } from '../../lib/session/Outgoing.js';
import { type Overflow, Queue } from '../../lib/session/Queue.js';

type Message = Outgoing<string>;

function message(name: string, bytes = 0): Message {
  return new Outgoing<string>(name, new Uint8Array(bytes), 1, false, name, undefined);
}

function holding(size: number, overflow: Overflow, bytes = Infinity): Queue<Message> {
  return new Queue<Message>({ size, bytes, overflow });
}

function filled(limit: number, overflow: Overflow, ...names: string[]): Queue<Message> {
  const queue = holding(limit, overflow);
  for (const name of names) queue.push(message(name), true);
  return queue;
}

function topics(messages: readonly Message[]): string[] {
  return messages.map(({ topic }) => topic);
}

function names(queue: Queue<Message>): string[] {
  return topics(queue.takeAll());
}

function sum(messages: readonly Message[]): number {
  return messages.reduce((bytes, { payload }) => bytes + payload.length, 0);
}

describe('Queue', () => {
  it('should be first in, first out', () => {
    const queue = filled(10, 'error', 'a', 'b', 'c');
    expect(queue.shift()?.topic).to.equal('a');
    expect(queue.size).to.equal(2);
    expect(names(queue)).to.deep.equal(['b', 'c']);
    expect([queue.size, queue.shift()]).to.deep.equal([0, undefined]);
  });

  for (const [overflow, dropped, left] of [
    ['error', 'c', ['a', 'b']],
    ['drop-newest', 'c', ['a', 'b']],
    ['drop-oldest', 'a', ['b', 'c']],
  ] as const) {
    it(`should turn ${dropped} of a, b, c away when it holds two: ${overflow}`, () => {
      const queue = filled(2, overflow, 'a', 'b');
      expect(topics(queue.push(message('c'), true))).to.deep.equal([dropped]);
      expect(names(queue)).to.deep.equal(left);
    });

    it(`should hold nothing with limit 0: ${overflow}`, () => {
      const queue = filled(0, overflow);
      expect(topics(queue.push(message('a'), true))).to.deep.equal(['a']);
      expect(queue.size).to.equal(0);
    });
  }

  for (const [overflow, dropped, left] of [
    ['error', ['c'], ['a', 'b']],
    ['drop-oldest', ['a', 'b'], ['c']],
  ] as const) {
    it(`should turn ${dropped.join(', ')} away when a, b and c have too many bytes: ${overflow}`, () => {
      const queue = holding(10, overflow, 100);
      expect([...queue.push(message('a', 40), true), ...queue.push(message('b', 60), true)]).to.deep.equal([]);
      expect(topics(queue.push(message('c', 61), true))).to.deep.equal(dropped);
      expect(names(queue)).to.deep.equal(left);
    });

    it(`should turn away who is larger than the whole queue, and nobody else: ${overflow}`, () => {
      const queue = holding(10, overflow, 100);
      queue.push(message('a', 1), true);
      expect(topics(queue.push(message('b', 101), true))).to.deep.equal(['b']);
      expect(names(queue)).to.deep.equal(['a']);
    });
  }

  it('should not count what waits for the end of the turn only', () => {
    const queue = filled(1, 'error', 'a');
    expect(queue.push(message('b'), false)).to.deep.equal([]);
    expect(topics(queue.push(message('c'), true))).to.deep.equal(['c']);
    expect(names(queue)).to.deep.equal(['a', 'b']);
  });

  it('should put in front what was in front, whatever its limits, and count it from then on', () => {
    const queue = holding(2, 'error', 100);
    queue.push(message('b', 10), true);
    queue.prepend([message('x', 80), message('y', 80)]);
    expect([...queue].map(({ topic }) => topic)).to.deep.equal(['x', 'y', 'b']);
    expect(topics(queue.push(message('c'), true))).to.deep.equal(['c']);
    expect([queue.shift()?.topic, queue.shift()?.topic]).to.deep.equal(['x', 'y']);
    expect([queue.push(message('d', 90), true), names(queue)]).to.deep.equal([[], ['b', 'd']]);
  });

  it('should say of a message whether it is in the queue', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(message) as [Message, Message, Message, Message]; // prettier-ignore
    const queue = holding(3, 'error');
    for (const each of [a, b, c, d]) queue.push(each, true);
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['queue', 'queue', 'queue', 'nothing']);
    queue.delete(b);
    queue.shift();
    queue.takeAll();
    expect([a, b, c, d].map(({ awaited }) => awaited)).to.deep.equal(['nothing', 'nothing', 'nothing', 'nothing']);
  });

  it('should be a bounded list from which one may take anything, whatever it is asked', () => {
    const step = fc.oneof(
      {
        arbitrary: fc.record({ type: fc.constant('push' as const), bounded: fc.boolean(), bytes: fc.nat(5) }),
        weight: 40,
      },
      { arbitrary: fc.record({ type: fc.constant('shift' as const) }), weight: 10 },
      { arbitrary: fc.record({ type: fc.constant('delete' as const), at: fc.nat() }), weight: 20 },
      { arbitrary: fc.record({ type: fc.constant('takeAll' as const) }), weight: 1 },
      { arbitrary: fc.record({ type: fc.constant('prepend' as const), count: fc.nat(3) }), weight: 3 },
    );
    const overflows = fc.constantFrom<Overflow>('error', 'drop-oldest', 'drop-newest');
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.nat(20),
        overflows,
        fc.array(step, { maxLength: 60 }),
        (limit, bytes, overflow, steps) => {
          const queue = holding(limit, overflow, bytes);
          const list: Message[] = [];
          steps.forEach((step, i) => {
            if (step.type === 'push') {
              const outgoing = message(String(i), step.bytes);
              const isFull = () => list.length >= limit || step.bytes + sum(list) > bytes;
              const dropped: Message[] = [];
              if (step.bounded && isFull()) {
                const isHopeless = limit === 0 || step.bytes > bytes || overflow !== 'drop-oldest';
                if (isHopeless) dropped.push(outgoing);
                else while (isFull()) dropped.push(list.shift()!);
              }
              if (dropped[0] !== outgoing) list.push(outgoing);
              expect(queue.push(outgoing, step.bounded)).to.deep.equal(dropped);
            } else if (step.type === 'shift') {
              expect(queue.shift()).to.equal(list.shift());
            } else if (step.type === 'delete') {
              if (list.length > 0) queue.delete(list.splice(step.at % list.length, 1)[0]!);
            } else if (step.type === 'prepend') {
              const messages = Array.from({ length: step.count }, (_, k) => message(`${i}.${k}`, k));
              queue.prepend(messages);
              list.unshift(...messages);
              expect(messages.every(({ awaited }) => awaited === 'queue')).to.equal(true);
            } else {
              expect(queue.takeAll()).to.deep.equal(list.splice(0));
            }
            expect(queue.size).to.equal(list.length);
            expect([...queue]).to.deep.equal(list);
          });
          expect(queue.takeAll()).to.deep.equal(list);
        },
      ),
    );
  });

  it('should keep its order when places close up', () => {
    const queue = holding(10_000, 'error');
    const all = Array.from({ length: 10_000 }, (_, i) => message(String(i)));
    for (const outgoing of all) queue.push(outgoing, true);
    for (let i = 0; i < 10_000; i++) if (i % 3 > 0) queue.delete(all[i]!);
    queue.push(message('last'), true);
    queue.delete(all[9_999]!);
    for (let i = 0; i < 1_500; i++) expect(queue.shift()).to.equal(all[i * 3]);
    expect(names(queue)).to.deep.equal([...all.filter((_, i) => i >= 4_500 && i % 3 === 0 && i < 9_999).map(({ topic }) => topic), 'last']); // prettier-ignore
  });

  it('should take no more room for messages that come and go behind one that stays', () => {
    const queue = filled(10, 'error', 'stays');
    for (let i = 0; i < 100_000; i++) {
      const passing = message('passing');
      queue.push(passing, true);
      expect(passing.place).to.be.lessThan(2_048);
      queue.delete(passing);
    }
    expect(names(queue)).to.deep.equal(['stays']);
  });

  it('should take a message out as fast from a long queue as from a short one', () => {
    const queue = holding(Infinity, 'error');
    const all = Array.from({ length: 200_000 }, (_, i) => message(String(i)));
    for (const outgoing of all) queue.push(outgoing, true);
    for (let i = all.length - 1; i > 0; i--) queue.delete(all[i]!); // minutes, were it a search or a splice
    expect(names(queue)).to.deep.equal(['0']);
  });
});
