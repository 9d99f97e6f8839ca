import { expect } from 'chai';
import { SerialQueue } from '../../lib/stream/SerialQueue.js';

function failing(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

describe('SerialQueue', () => {
  it('should run a task at once when nothing runs', () => {
    const order: string[] = [];
    new SerialQueue().run(() => order.push('task'));
    order.push('code');
    expect(order).to.deep.equal(['task', 'code']);
  });

  it('should run what comes meanwhile afterwards, in order, and before it returns', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    queue.run(() => {
      queue.run(() => {
        order.push('b');
        queue.run(() => order.push('d'));
      });
      queue.later(() => order.push('c'));
      order.push('a');
    });
    expect(order).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('should let a caller run its task without a closure', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    expect([queue.begin(), queue.begin()]).to.deep.equal([true, false]);
    queue.later(() => order.push('waited'));
    queue.run(() => order.push('came'));
    order.push('task');
    queue.end();
    expect(order).to.deep.equal(['task', 'waited', 'came']);
    expect(queue.begin()).to.equal(true);
  });

  it('should cost nothing but itself that a task throws', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    const run = () =>
      queue.run(() => {
        queue.run(failing('second'));
        queue.run(() => order.push('third'));
        queue.run(failing('fourth'));
        queue.run(() => order.push('fifth'));
        order.push('first');
      });
    expect(run).to.throw('second');
    expect(order).to.deep.equal(['first', 'third', 'fifth']);
    queue.run(() => order.push('later'));
    expect(order.at(-1)).to.equal('later');
  });

  it('should run what waits when the task before it throws, and throw the first error', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    const run = () =>
      queue.run(() => {
        queue.run(() => order.push('second'));
        queue.run(failing('third'));
        failing('first')();
      });
    expect(run).to.throw('first');
    expect(order).to.deep.equal(['second']);
    expect(queue.begin()).to.equal(true);
  });

  it('should run what waits though a caller without a closure throws', () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    expect(() => {
      queue.begin();
      try {
        queue.later(() => order.push('waited'));
        failing('task')();
      } finally {
        queue.end();
      }
    }).to.throw('task');
    expect([order, queue.begin()]).to.deep.equal([['waited'], true]);
  });

  it('should not run a task inside another one, however deep', () => {
    const queue = new SerialQueue();
    let running = 0;
    let left = 10_000;
    const task = () => {
      expect(++running).to.equal(1);
      if (left-- > 0) queue.run(task);
      running--;
    };
    queue.run(task);
    expect(left).to.equal(-1);
  });
});
