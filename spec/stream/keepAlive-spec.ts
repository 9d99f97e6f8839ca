import { expect } from 'chai';
import sinon, { type SinonFakeTimers } from 'sinon';
import { keepAlive } from '../../lib/stream/keepAlive.js';

describe('keepAlive', () => {
  let clock: SinonFakeTimers;
  let pings: number[];
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
    pings = [];
  });
  afterEach(() => {
    const timers = clock.countTimers();
    clock.restore();
    expect(timers).to.equal(0);
  });

  /** Something that pings: a PINGREQ is a thing sent, too, and is answered after so many ms. */
  const pulse = (answerTime: number, then: () => void = () => undefined) => {
    const self = {
      lastSent: performance.now(),
      lastReceived: performance.now(),
      lastPing: 0,
      answersAt: Infinity,
      ping: () => {
        pings.push(performance.now());
        self.lastPing = self.lastSent = performance.now();
        self.answersAt = Math.min(self.answersAt, performance.now() + answerTime);
        then();
      },
    };
    return self;
  };

  /** Lets time pass, in which answers come. */
  const pass = (ms: number, self: ReturnType<typeof pulse>) => {
    for (let i = 0; i < ms; i += 100) {
      clock.tick(100);
      if (performance.now() < self.answersAt) continue;
      self.lastReceived = self.answersAt;
      self.answersAt = Infinity;
    }
  };

  it('should ping whenever nothing was sent and nothing came for the interval [MQTT-3.1.2-23]', () => {
    const self = pulse(0);
    const alive = keepAlive(self, 10_000);
    pass(35_000, self);
    expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
    alive.unsubscribe();
  });

  it('should ping later while both ends send', () => {
    const self = pulse(0);
    const alive = keepAlive(self, 10_000);
    for (let i = 0; i < 20; i++) {
      clock.tick(5_000);
      self.lastSent = self.lastReceived = performance.now();
    }
    expect(pings).to.deep.equal([]);
    clock.tick(10_000);
    expect(pings).to.deep.equal([110_000]);
    alive.unsubscribe();
  });

  for (const [who, silent] of [
    ['the server says nothing', 'lastReceived'],
    ['we say nothing', 'lastSent'],
  ] as const) {
    it(`should ping all the same while ${who}`, () => {
      const self = pulse(Infinity);
      const alive = keepAlive(self, 10_000);
      for (let i = 0; i < 35; i++) {
        clock.tick(1_000);
        self[silent === 'lastSent' ? 'lastReceived' : 'lastSent'] = performance.now();
      }
      expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
      alive.unsubscribe();
    });
  }

  it('should never ping with 0', () => {
    const alive = keepAlive(pulse(0), 0);
    clock.tick(1e9);
    expect([pings, clock.countTimers()]).to.deep.equal([[], 0]);
    alive.unsubscribe();
  });

  it('should ping again though the last ping is not answered', () => {
    const self = pulse(Infinity);
    const alive = keepAlive(self, 10_000);
    pass(35_000, self);
    expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
    alive.unsubscribe();
  });

  it('should count from when PINGREQ was sent, not from the answer', () => {
    const self = pulse(4_000);
    const alive = keepAlive(self, 10_000);
    pass(30_000, self);
    expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
    alive.unsubscribe();
  });

  it('should count a ping that somebody else sent', () => {
    const self = pulse(0);
    const alive = keepAlive(self, 10_000);
    pass(6_000, self);
    self.ping();
    pass(13_000, self);
    expect(pings).to.deep.equal([6_000, 16_000]);
    alive.unsubscribe();
  });

  it('should wait no more when it is unsubscribed from by what the ping brings about', () => {
    const alive = keepAlive(
      pulse(0, () => alive.unsubscribe()),
      10_000,
    );
    clock.tick(100_000);
    expect(pings).to.deep.equal([10_000]);
  });

  it('should stop when it is unsubscribed from', () => {
    const alive = keepAlive(pulse(0), 10_000);
    clock.tick(5_000);
    alive.unsubscribe();
    clock.tick(100_000);
    expect([pings, clock.countTimers()]).to.deep.equal([[], 0]);
  });

  for (const [way, time] of [
    ['back', 1_000],
    ['forward', 9_000_000],
  ] as const) {
    it(`should ping at the same times though the wall clock is set ${way}, between pings and during one`, () => {
      const self = pulse(0, () => clock.setSystemTime(time));
      const alive = keepAlive(self, 10_000);
      for (let i = 0; i < 3; i++) {
        pass(5_000, self);
        clock.setSystemTime(time);
        pass(7_000, self);
      }
      expect(pings).to.deep.equal([10_000, 20_000, 30_000]);
      alive.unsubscribe();
    });
  }
});
