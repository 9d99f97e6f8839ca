import { expect } from 'chai';
import { Observable, asapScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { endOfTurn } from '../../lib/stream/endOfTurn.js';
import { turn } from '../support/turn.js';

/** Collects rejections that nobody handles while something runs; mocha and the hook for leaks do not see them. */
async function rejectionsOf(act: () => void): Promise<unknown[]> {
  const others = process.listeners('unhandledRejection');
  const rejections: unknown[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => rejections.push(reason));
  try {
    act();
    await turn();
    await turn();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return rejections;
}

describe('endOfTurn', () => {
  it('should call back when the code that runs is done, before timers and I/O, in the order of the calls', async () => {
    const order: string[] = [];
    const immediate = new Promise<void>((resolve) => {
      setImmediate(() => {
        order.push('immediate');
        resolve();
      });
    });
    endOfTurn(() => order.push('first'));
    endOfTurn(() => order.push('second'));
    order.push('code');
    await immediate;
    expect(order).to.deep.equal(['code', 'first', 'second', 'immediate']);
  });

  it('should not call back when it is unsubscribed from', async () => {
    let calls = 0;
    const waiting = endOfTurn(() => calls++);
    waiting.unsubscribe();
    await turn();
    expect(calls).to.equal(0);
  });

  it('should be closed when it calls back, and once it has', async () => {
    const closed: boolean[] = [];
    const waiting = endOfTurn(() => closed.push(waiting.closed));
    expect(waiting.closed).to.equal(false);
    await turn();
    expect([closed, waiting.closed]).to.deep.equal([[true], true]);
  });

  it('should call back for what is asked for in the callback', async () => {
    const order: number[] = [];
    endOfTurn(() => {
      order.push(1);
      endOfTurn(() => order.push(2));
    });
    await turn();
    expect(order).to.deep.equal([1, 2]);
  });

  it('should call back although an action of the application, on the asapScheduler, throws before', async () => {
    const called: string[] = [];
    const rejections = await rejectionsOf(() => {
      asapScheduler.schedule(() => {
        throw new Error('of the application');
      });
      asapScheduler.schedule(() => called.push('by asapScheduler')); // is dropped: why it is not what ends our turns
      endOfTurn(() => called.push('by endOfTurn'));
    });
    expect(rejections.map(String)).to.deep.equal(['Error: of the application']);
    expect(called).to.deep.equal(['by endOfTurn']);
  });

  it('should call back although another callback throws', async () => {
    const called: string[] = [];
    const rejections = await rejectionsOf(() => {
      endOfTurn(() => {
        throw new Error('of the first');
      });
      endOfTurn(() => called.push('second'));
    });
    expect([rejections.map(String), called]).to.deep.equal([['Error: of the first'], ['second']]);
  });

  it('should run in virtual time', () => {
    new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(
      ({ cold, expectObservable }) => {
        const ended = new Observable<string>((observer) => {
          observer.next('code');
          const waiting = endOfTurn(() => {
            observer.next('turn');
            observer.complete();
          });
          observer.next('more');
          return waiting;
        });
        expectObservable(ended).toBe('(cmt|)', { c: 'code', m: 'more', t: 'turn' });
        const left = new Observable((observer) => endOfTurn(() => observer.next('never')));
        expectObservable(left, '(^!)').toBe('');
        expectObservable(cold('--a|')).toBe('--a|');
      },
    );
  });
});
