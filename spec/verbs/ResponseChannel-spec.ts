import { expect } from 'chai';
import { BehaviorSubject, NEVER, Subject } from 'rxjs';
import sinon from 'sinon';
import { Message } from '../../lib/client/Message.js';
import type { SubscriptionState } from '../../lib/session/SubscriptionState.js';
import { type Asker, type RequestClient, ResponseChannel } from '../../lib/verbs/ResponseChannel.js';
import { message } from '../support/message.js';

const KEY = 'k'.repeat(32);

describe('ResponseChannel', () => {
  let messages: Subject<Message>;
  let standing: BehaviorSubject<ReadonlyMap<string, SubscriptionState>>;
  let closed: number;
  let channel: ResponseChannel;
  let heard: string[];

  beforeEach(() => {
    messages = new Subject();
    standing = new BehaviorSubject<ReadonlyMap<string, SubscriptionState>>(new Map());
    closed = 0;
    heard = [];
    const client = { connection$: NEVER, publish: () => NEVER, topic$: () => messages, subscriptions$: standing };
    channel = new ResponseChannel(client as unknown as RequestClient, ['a/+x'], 1, () => closed++);
  });

  function asker(name: string, rest: Partial<Asker>): Asker {
    const note = (what: string) => heard.push(`${name} ${what}`);
    const { key, takes } = rest;
    const granted = () => note('granted');
    return {
      key,
      takes,
      granted,
      answered: (one) => note(one.text()),
      failed: (error) => note(String(error)),
      ...rest,
    };
  }

  const says = (state: SubscriptionState['state'], requested: 0 | 1 | 2) =>
    standing.next(new Map([['a/+', { filter: 'a/+', state, requested }]]));
  const come = (text: string, key?: string) =>
    messages.next(new Message(message('a/b', text, key === undefined ? {} : { properties: { correlationData: new TextEncoder().encode(key) } }))); // prettier-ignore

  it('should tell that it is granted when it is, at the QoS that is wanted, and look no further', () => {
    channel.join(asker('one', { key: KEY }));
    says('pending', 1);
    says('granted', 0);
    expect(heard).to.deep.equal([]);
    says('granted', 1);
    expect(heard).to.deep.equal(['one granted']);
    expect(standing.observed).to.equal(false);
    channel.join(asker('two', {}));
    expect(heard).to.deep.equal(['one granted', 'two granted']);
  });

  it('should hand an answer to the one with its key, and others to those who take them', () => {
    channel.join(asker('keyed', { key: KEY }));
    channel.join(asker('picky', { takes: (one) => one.text() === 'x' }));
    channel.join(asker('any', { takes: () => true }));
    come('to keyed', KEY);
    come('x');
    come('y', 'of others');
    expect(heard).to.deep.equal(['keyed to keyed', 'picky x', 'any x', 'any y']);
  });

  it('should forget who has left', () => {
    const clock = sinon.useFakeTimers();
    try {
      const [keyed, any] = [asker('keyed', { key: KEY }), asker('any', { takes: () => true })];
      channel.join(keyed);
      channel.join(any);
      channel.leave(keyed);
      come('late', KEY);
      channel.leave(any);
      come('later', KEY);
      expect(heard).to.deep.equal(['any late']);
      clock.tick(1_000);
      expect([closed, messages.observed, standing.observed]).to.deep.equal([1, false, false]);
    } finally {
      clock.restore();
    }
  });

  it('should not hand a message to one who has left because of it', () => {
    const second = asker('second', { takes: () => true });
    channel.join(asker('first', { takes: () => true, answered: () => channel.leave(second) }));
    channel.join(second);
    come('x');
    expect(heard).to.deep.equal([]);
  });

  it('should be closed before it says that it failed', () => {
    channel.join(asker('one', { failed: () => heard.push(`closed ${closed}`) }));
    channel.join(asker('two', {}));
    messages.error(new Error('no'));
    expect(heard).to.deep.equal(['closed 1', 'two Error: no']);
  });
});
