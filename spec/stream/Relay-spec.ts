import { expect } from 'chai';
import { take } from 'rxjs';
import { Relay } from '../../lib/stream/Relay.js';
import { watch } from '../support/watch.js';

describe('Relay', () => {
  it('should tell all observers from when they come to when they leave, and then complete', () => {
    const relay = new Relay<number>();
    relay.next(1);
    const first = watch(relay.stream());
    relay.next(2);
    const second = watch(relay.stream());
    relay.next(3);
    first.unsubscribe();
    relay.next(4);
    relay.complete();
    relay.next(5);
    expect([first.values, first.ends]).to.deep.equal([[2, 3], 0]);
    expect([second.values, second.completed]).to.deep.equal([[3, 4], true]);
  });

  it('should tell all observers in one order, though one of them reacts at once', () => {
    const relay = new Relay<number>();
    relay.stream().subscribe((value) => {
      if (value < 3) relay.next(value + 1);
    });
    const behind = watch(relay.stream());
    relay.next(1);
    expect(behind.values).to.deep.equal([1, 2, 3]);
  });

  it('should complete after what was told before, though that comes from an observer', () => {
    const relay = new Relay<number>();
    relay.stream().subscribe((value) => {
      if (value === 1) {
        relay.next(2);
        relay.complete();
        relay.next(3);
      }
    });
    const behind = watch(relay.stream());
    relay.next(1);
    expect([behind.values, behind.completed]).to.deep.equal([[1, 2], true]);
  });

  it('should know whether anybody looks', () => {
    const relay = new Relay<number>();
    expect(relay.observed).to.equal(false);
    const watched = watch(relay.stream());
    expect(relay.observed).to.equal(true);
    watched.unsubscribe();
    expect(relay.observed).to.equal(false);
  });

  it('should keep the last value from the first one on, whether or not anybody looks', () => {
    const relay = new Relay('a');
    relay.next('b');
    expect(relay.last).to.equal('b');
    const watched = watch(relay.stream(() => relay.last!));
    relay.next('c');
    expect([watched.values, relay.last]).to.deep.equal([['b', 'c'], 'c']);
    const none = new Relay<string>();
    watch(none.stream());
    none.next('x');
    expect(none.last).to.equal(undefined);
  });

  it('should tell a newcomer the present first, and then what follows from its reaction', () => {
    const relay = new Relay(0);
    const heard: number[] = [];
    relay
      .stream(() => relay.last!)
      .subscribe((value) => {
        heard.push(value);
        if (value < 3) relay.next(value + 1);
      });
    expect(heard).to.deep.equal([0, 1, 2, 3]);
  });

  it('should tell one who comes in the middle of a value that one, and the next ones, once each', () => {
    const relay = new Relay(0);
    const late: number[] = [];
    relay.stream().subscribe((value) => {
      if (value !== 1) return;
      relay.next(2);
      relay.stream(() => relay.last!).subscribe((value) => late.push(value));
    });
    relay.next(1);
    expect(late).to.deep.equal([1, 2]);
  });

  it('should let go of an observer that has enough with the present', () => {
    const relay = new Relay(7);
    const watched = watch(relay.stream(() => relay.last!).pipe(take(1)));
    expect([watched.values, watched.completed, relay.observed]).to.deep.equal([[7], true, false]);
  });

  it('should tell one who comes after the end the present, and complete', () => {
    const relay = new Relay('open');
    relay.next('closed');
    relay.complete();
    const watched = watch(relay.stream(() => relay.last!));
    expect([watched.values, watched.completed, relay.observed]).to.deep.equal([['closed'], true, false]);
  });
});
