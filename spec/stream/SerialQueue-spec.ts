import { expect } from 'chai';
import { SerialQueue } from '../../lib/stream/SerialQueue.js';

describe('SerialQueue', () => {
  const boom = (what: string): never => {
    throw new Error(what);
  };

  it('should run a task that comes in the middle of another when that is over, in order', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    queue.run(() => {
      queue.run(() => {
        order.push('b');
        queue.run(() => order.push('d'));
      });
      queue.run(() => order.push('c'));
      order.push('a');
    });
    queue.run(() => order.push('e'));
    expect(order).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('should keep the order, and lose no task, when one throws that others wait for', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    const run = () =>
      queue.run(() => {
        queue.run(() => order.push('a'));
        queue.run(() => {
          queue.run(() => order.push('c'));
          boom('1');
        });
        queue.run(() => order.push('b'));
        boom('0');
      });
    expect(run).to.throw();
    expect(order).to.deep.equal(['a', 'b', 'c']);
    queue.run(() => order.push('d'));
    expect(order).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('should keep the order for a caller without closures as well', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    expect(queue.begin()).to.equal(true);
    expect(queue.begin()).to.equal(false);
    queue.later(() => boom('late'));
    queue.later(() => order.push('a'));
    queue.run(() => order.push('b'));
    expect(() => queue.end()).to.throw('late');
    expect(order).to.deep.equal(['a', 'b']);
    expect(queue.begin()).to.equal(true);
    queue.end();
  });

  it('should throw the first error of those that wait, once', () => {
    const queue = new SerialQueue();
    expect(() =>
      queue.run(() => {
        queue.run(() => boom('first'));
        queue.run(() => boom('second'));
      }),
    ).to.throw('first');
    expect(() => queue.run(() => undefined)).not.to.throw();
  });
});
