import { expect } from 'chai';
import { Suspects } from '../../lib/session/Suspects.js';

const STABLE_AFTER = 10_000;

/** Suspects, and what they ask for: `remind 63`, `probe`. */
class Court {
  readonly suspects: Suspects<string>;
  private asked: string[] = [];

  constructor(giveUpAfter = 5) {
    this.suspects = new Suspects(STABLE_AFTER, giveUpAfter, {
      remind: (ms) => this.asked.push(`remind ${ms}`),
      probe: () => this.asked.push('probe'),
    });
  }

  /** Plays one of: `up`, `reminded`, `probed`, `clear a`, `down 10 a b`, `left 10 a b`. @returns what came of it */
  step(input: string): string {
    const [what = '', first = '', ...unanswered] = input.split(' ');
    this.asked = [];
    return [this.outcome(what, first, unanswered), ...this.asked].filter(Boolean).join('; ');
  }

  /** Plays a script as `Transcript` does. */
  play(script: string): this {
    const lines = script.trim().split('\n').map((line) => line.split('|').map((part) => part.trim())); // prettier-ignore
    const shown = (input: string, effects: string) => `${input.padEnd(16)} | ${effects}`.trimEnd();
    const played = lines.map(([input]) => shown(input!, this.step(input!)));
    expect(played.join('\n')).to.equal(lines.map(([input, effects = '']) => shown(input!, effects)).join('\n'));
    return this;
  }

  private outcome(what: string, first: string, unanswered: readonly string[]): string {
    const { suspects } = this;
    switch (what) {
      case 'up':
        suspects.up();
        return '';
      case 'reminded':
        suspects.reminded();
        return '';
      case 'probed': {
        const tried = suspects.probed();
        return tried ? `try ${tried}` : '';
      }
      case 'clear':
        return suspects.clear(first) ? 'cleared' : '';
      case 'down':
      case 'left': {
        const verdict = suspects.down(Number(first), what === 'down', () => new Set(unanswered));
        if (verdict?.type === 'suspected') return `suspected ${verdict.suspects.join(' ')}`;
        if (verdict?.type === 'given-up') return `given up ${verdict.suspect} ${verdict.trials}`;
        return verdict ? 'all cleared' : '';
      }
      default:
        throw new Error(`no such input: ${what}`);
    }
  }
}

function suspecting(names: string, giveUpAfter?: number): Court {
  return new Court(giveUpAfter).play(`down 10 ${names} |\ndown 10 ${names} |\ndown 10 ${names} | suspected ${names}`);
}

describe('Suspects', () => {
  describe('a strike', () => {
    for (const [what, script] of [
      ['three short connections with the same requests unanswered', 'down 10 a b |\ndown 9999 a b |\ndown 10 a b | suspected a b'], // prettier-ignore
      ['those that were unanswered each time', 'down 10 a b |\ndown 10 b c |\ndown 10 b d | suspected b'],
      ['not two', 'down 10 a |\ndown 10 a |\nup |'],
      ['not when each time another one is unanswered', 'down 10 a |\ndown 10 b |\ndown 10 c |\ndown 10 d |'],
      ['not when nothing is', 'down 10 |\ndown 10 |\ndown 10 |\ndown 10 |'],
      ['not when one of them was stable', 'down 10 a |\ndown 10 a |\ndown 10000 a |\ndown 10 a |\ndown 10 a |\ndown 10 a | suspected a'], // prettier-ignore
      ['not when it was answered once', 'down 10 a |\ndown 10 a |\ndown 10 |\ndown 10 a |\ndown 10 a |\ndown 10 a | suspected a'], // prettier-ignore
      ['from the second on when the first was of another', 'down 10 a |\ndown 10 b |\ndown 10 b |\ndown 10 b | suspected b'], // prettier-ignore
      ['without those that the client ended', 'down 10 a |\nleft 10 a |\ndown 10 a |\nleft 10 a |\ndown 10 a | suspected a'], // prettier-ignore
    ] as const) {
      it(`should make suspects: ${what}`, () => void new Court().play(script));
    }
  });

  describe('a trial', () => {
    it('should begin with a ping that is answered, and admit nothing else from there on', () => {
      const { suspects } = suspecting('a b').play('up | probe');
      const admitted = () => ['a', 'b', 'c'].filter((one) => suspects.admits(one));
      expect([admitted(), suspects.isExclusive]).to.deep.equal([[], true]);
      expect(suspects.probed()).to.equal('a');
      expect([admitted(), suspects.isExclusive]).to.deep.equal([['a'], true]);
    });

    it('should go from one suspect to the next as they are answered, without a control between', () => {
      const { suspects } = suspecting('a b').play(`
        up           | probe
        probed       | try a; remind 10000
        clear a      | cleared; probe
        probed       | try b; remind 10000
        clear b      | cleared
        reminded     |
        probed       |
      `);
      expect([suspects.isExclusive, suspects.admits('a'), suspects.admits('c')]).to.deep.equal([false, true, true]);
    });

    it('should be followed by a control that must live longer without the suspect', () => {
      const { suspects } = suspecting('a b').play(`
        up           | probe
        probed       | try a; remind 10000
        down 800     |
        up           | remind 1650
      `);
      expect([suspects.admits('a'), suspects.admits('b'), suspects.admits('c')]).to.deep.equal([false, false, true]);
      suspecting('a').play(`
        up           | probe
        probed       | try a; remind 10000
        down 3       |
        up           | remind 56
        reminded     | probe
        probed       | try a; remind 10000
        clear a      | cleared
      `);
    });

    it('should exclude nobody any longer when the suspect is not answered for long', () => {
      const { suspects } = suspecting('a b').play('up | probe\nprobed | try a; remind 10000\nreminded |');
      expect([suspects.isExclusive, suspects.admits('b'), suspects.admits('c')]).to.deep.equal([false, false, true]);
    });
  });

  describe('a verdict', () => {
    it('should be that a suspect is given up after so many failed trials in a row, and the next is tried', () => {
      suspecting('a b', 2).play(`
        up           | probe
        probed       | try a; remind 10000
        down 20      |
        up           | remind 90
        reminded     | probe
        probed       | try a; remind 10000
        down 120     | given up a 2
        up           | probe
        probed       | try b; remind 10000
        clear b      | cleared
      `);
    });

    for (const [when, script] of [
      ['before the time of the control', 'down 85 | all cleared'],
      ['before its ping was answered', 'reminded | probe\ndown 91 | all cleared'],
    ] as const) {
      it(`should clear everybody when a control is lost ${when}`, () => {
        const { suspects } = suspecting('a b').play(`
          up           | probe
          probed       | try a; remind 10000
          down 20      |
          up           | remind 90
          ${script}
          up           |
        `);
        expect([suspects.admits('a'), suspects.admits('b')]).to.deep.equal([true, true]);
      });
    }

    it('should be that what was unanswered in a short control is suspected with the others', () => {
      suspecting('a', 2).play(`
        up           | probe
        down 20 b    | suspected b
        up           | probe
        probed       | try a; remind 10000
        down 20 a    |
        up           | remind 90
        down 20 c d  | suspected c d
        up           | probe
        down 20      | all cleared
      `);
      suspecting('a').play(`
        up           | probe
        down 10000 b | all cleared
      `);
    });

    it('should clear everybody when the connection is lost long after the suspect was sent', () => {
      suspecting('a').play('up | probe\nprobed | try a; remind 10000\nreminded |\ndown 10100 | all cleared\nup |');
    });

    it('should say nothing of a connection that the client ended: the trial is held again', () => {
      suspecting('a', 1).play(`
        up           | probe
        probed       | try a; remind 10000
        left 20      |
        up           | probe
        left 20      |
        up           | probe
        probed       | try a; remind 10000
        down 20      | given up a 1
      `);
    });

    it('should never be that one is given up, with Infinity', () => {
      const court = suspecting('a', Infinity);
      for (let i = 0; i < 100; i++) {
        const asked = court.step('up');
        if (asked !== 'probe') court.play('reminded | probe');
        court.play('probed | try a; remind 10000\ndown 20 |');
      }
      expect(court.suspects.has('a')).to.equal(true);
    });

    it('should make strikes count from nought again', () => {
      suspecting('a b', 1).play(`
        up           | probe
        probed       | try a; remind 10000
        down 20      | given up a 1
        up           | probe
        probed       | try b; remind 10000
        clear b      | cleared
        down 20 c    |
        up           |
        down 20 c    |
        up           |
        down 20 c    | suspected c
      `);
    });
  });

  describe('a suspect that is withdrawn', () => {
    for (const [when, script] of [
      ['while there is no connection', 'clear a | cleared\nup |'],
      ['in the control', 'up | probe\nprobed | try a; remind 10000\ndown 20 |\nup | remind 90\nclear a | cleared\nreminded |'], // prettier-ignore
      ['while the ping is unanswered', 'up | probe\nclear a | cleared\nprobed |'],
      ['on trial', 'up | probe\nprobed | try a; remind 10000\nclear a | cleared\nreminded |'],
      ['when it is overdue', 'up | probe\nprobed | try a; remind 10000\nreminded |\nclear a | cleared'],
    ] as const) {
      it(`should leave nothing behind: ${when}`, () => {
        const { suspects } = suspecting('a').play(script);
        expect([suspects.isExclusive, suspects.admits('a')]).to.deep.equal([false, true]);
        expect(suspects.down(20, true, () => new Set())).to.equal(undefined);
      });
    }

    it('should leave the others to be tried', () => {
      suspecting('a b').play('clear a | cleared\nup | probe\nprobed | try b; remind 10000');
      suspecting('a b').play('up | probe\nclear a | cleared\nprobed | try b; remind 10000');
      suspecting('a b').play('up | probe\nprobed | try a; remind 10000\nclear b | cleared\nclear a | cleared');
    });

    it('should be nobody if it was none', () => void suspecting('a').play('clear b |\nup | probe\nclear b |'));
  });

  describe('with a bad network, over which a request never gets through', () => {
    it('should give up nothing when each connection lives 0.8 s', () => {
      for (const pingTime of [0, 1, 50, 799, 800, 5_000]) {
        expect(outcomes({ runs: 500, lifetime: () => 800, pingTime })['given-up'], `ping ${pingTime}`).to.equal(0);
      }
    });

    it('should give up nothing when PINGRESP takes longer than connections live', () => {
      const lifetime = exponential(800);
      expect(outcomes({ runs: 500, lifetime, pingTime: 20_000 })['given-up']).to.equal(0);
    });

    // Lifetimes without a memory make a control hold by chance, again and again.
    for (const mean of [200, 800, 3_000, 10_000, 30_000]) {
      it(`should give up nothing in 10,000 suspicions when connections live ${mean} ms, exponentially`, () => {
        for (const pingTime of [1, 50]) {
          const { suspected, 'given-up': given } = outcomes({ runs: 5_000, lifetime: exponential(mean), pingTime });
          expect([suspected, given], `ping ${pingTime}`).to.deep.equal([5_000, 0]);
        }
      });
    }
  });

  it('should find the one of many requests at which the server hangs up at once, and clear the others', () => {
    for (const hangsUpAfter of [0, 10, 700]) {
      const { suspects, clock } = simulated(5);
      const verdicts: string[] = [];
      for (let i = 0; i < 3; i++) suspects.down(hangsUpAfter, true, () => new Set(['a', 'bad', 'c']));
      while (suspects.has('bad') || suspects.has('c')) {
        const { uptime, tried } = connect(suspects, clock, {
          pingTime: 5,
          lifetime: 60_000,
          answerTime: 5,
          hangsUpAfter,
        });
        const verdict = suspects.down(uptime, true, () => new Set(tried));
        if (verdict?.type === 'given-up') verdicts.push(`${verdict.suspect} after ${verdict.trials}`);
      }
      expect(verdicts, `after ${hangsUpAfter} ms`).to.deep.equal(['bad after 5']);
    }
  });
});

interface Clock {
  /** Milliseconds until `reminded` is due, and whether `probed` is. */
  remind: number;
  isProbing: boolean;
}

interface Network {
  /** Milliseconds that a connection lives, and that PINGREQ takes to be answered. */
  readonly lifetime: number;
  readonly pingTime: number;
  /** Milliseconds in which a request is answered, and after which the server hangs up on the request `bad`. */
  readonly answerTime?: number;
  readonly hangsUpAfter?: number;
}

function simulated(giveUpAfter: number): { suspects: Suspects<string>; clock: Clock } {
  const clock: Clock = { remind: 0, isProbing: false };
  const suspects = new Suspects<string>(STABLE_AFTER, giveUpAfter, {
    remind: (ms) => (clock.remind = ms),
    probe: () => (clock.isProbing = true),
  });
  return { suspects, clock };
}

/** One connection, to its end. @returns how long it lived, and which suspect was unanswered then */
function connect(suspects: Suspects<string>, clock: Clock, network: Network): { uptime: number; tried: string[] } {
  const { pingTime, answerTime = Infinity, hangsUpAfter = Infinity } = network;
  let end = network.lifetime;
  let now = 0;
  let tried: string | undefined;
  Object.assign(clock, { remind: 0, isProbing: false });
  suspects.up();
  for (;;) {
    if (tried === 'bad') end = Math.min(end, now + hangsUpAfter);
    const answered = tried === undefined || tried === 'bad' ? Infinity : now + answerTime;
    const due = clock.isProbing ? now + pingTime : clock.remind > 0 ? now + clock.remind : Infinity;
    const next = Math.min(answered, due);
    if (next >= end) return { uptime: end, tried: tried === undefined ? [] : [tried] };
    now = next;
    if (answered === next) {
      suspects.clear(tried!);
      tried = undefined;
    } else if (clock.isProbing) {
      clock.isProbing = false;
      tried = suspects.probed();
    } else {
      clock.remind = 0;
      suspects.reminded();
    }
  }
}

/** How often what came of a request that is never answered, run after run, each to its verdict. */
function outcomes({ runs, lifetime, pingTime }: { runs: number; lifetime: () => number; pingTime: number }) {
  const counts = { suspected: 0, cleared: 0, 'given-up': 0 };
  const { suspects, clock } = simulated(5);
  while (counts.cleared + counts['given-up'] < runs) {
    const wasSuspected = suspects.has('r');
    const { uptime, tried } = connect(suspects, clock, { lifetime: lifetime(), pingTime });
    const verdict = suspects.down(uptime, true, () => new Set(wasSuspected ? tried : ['r']));
    if (verdict) counts[verdict.type]++;
  }
  return counts;
}

/** Random numbers, the same in each run: mulberry32. */
function random(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function exponential(mean: number): () => number {
  const next = random();
  return () => -mean * Math.log(1 - next());
}
