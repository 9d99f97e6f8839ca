import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { Network } from '../../examples/live/Network.js';
import { QUICK, SLOW } from '../../examples/live/Stage.js';

describe('the bad network of the demo', () => {
  let clock: SinonFakeTimers;
  let network: Network;
  let arrived: string[];
  beforeEach(() => {
    clock = useFakeTimers();
    network = new Network();
    arrived = [];
  });
  afterEach(() => clock.restore());

  const open = () => network.open(() => arrived.push('broken'));
  const note = (what: string) => () => void arrived.push(what);

  it('should take its time, and keep the order when it becomes fast again', () => {
    const { up } = open();
    network.act('slow');
    up.pass(note('a'));
    network.act('fast');
    up.pass(note('b'));
    clock.tick(QUICK + 1);
    expect(arrived).to.deep.equal([]);
    clock.tick(SLOW);
    expect(arrived).to.deep.equal(['a', 'b']);
  });

  it('should let nothing pass while it is stalled, and lose nothing', () => {
    const { up, down } = open();
    up.pass(note('before'));
    network.act('stall');
    down.pass(note('after'));
    clock.tick(60_000);
    expect(arrived).to.deep.equal([]);
    network.act('flow');
    clock.tick(1);
    expect(arrived).to.deep.equal(['before', 'after']);
  });

  it('should lose what is on the way when it is cut, and tell both ends once', () => {
    const { up } = open();
    up.pass(note('lost'));
    network.cut();
    network.cut();
    clock.tick(1_000);
    expect(arrived).to.deep.equal(['broken']);
  });

  it('should swallow everything on half-open connections, and carry what comes on new ones', () => {
    const old = open();
    network.act('half-open');
    old.up.pass(note('lost'));
    open().up.pass(note('carried'));
    clock.tick(1_000);
    expect(arrived).to.deep.equal(['carried']);
  });

  it('should close behind what was said last, and at once where nothing arrives any more', () => {
    const one = open();
    one.up.pass(note('goodbye'));
    one.leave(note('closed'));
    clock.tick(QUICK + 1);
    expect(arrived).to.deep.equal(['goodbye', 'closed']);
    const other = open();
    network.act('half-open');
    other.leave(note('closed at once'));
    expect(arrived.at(-1)).to.equal('closed at once');
  });

  it('should break all connections with the broker, and say that it is down', () => {
    const seen: boolean[] = [];
    network.conditions$.subscribe(({ isBrokerUp }) => seen.push(isBrokerUp));
    open();
    network.act('kill');
    network.act('start');
    expect(arrived).to.deep.equal(['broken']);
    expect(seen).to.deep.equal([true, false, true]);
  });
});
