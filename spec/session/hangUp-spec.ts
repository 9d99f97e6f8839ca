import { expect } from 'chai';
import { type Transcript, play } from './Transcript.js';

/** Three connections that are lost 10 ms after CONNACK, with `a@1` unanswered and suspected then. */
function suspicious(): Transcript {
  return play(`
    listen a@1       |
    up               | > subscribe 1 a@1; started
    down uptime=10   |
    up resumed       | > subscribe 2 a@1; resumed
    down uptime=10   |
    up resumed       | > subscribe 3 a@1; resumed
    down uptime=10   | suspected a
  `);
}

describe('Session, with a server that hangs up', () => {
  it('should send a suspected filter apart, after a PINGREQ that is answered', () => {
    suspicious().play(`
      listen b@0         |
      publish m@1        |
      up resumed         | > subscribe 4 b@0; resumed; > publish 5 m@1; probe
      < suback 4 0       | subscribed b@0/0
      turn               |
      probed             | remind 10000; > subscribe 6 a@1
      turn               |
      publish n@0        | turn?
      listen c@0         | turn?
      turn               |
      < suback 6 1       | subscribed a@1/1; turn?
      turn               | > subscribe 7 c@0; > publish n@0
    `);
  });

  it('should not wait for the trial of a filter that the next server cannot take', () => {
    play(`
      listen +@1       |
      up               | > subscribe 1 +@1; started
      down uptime=10   |
      up resumed       | > subscribe 2 +@1; resumed
      down uptime=10   |
      up resumed       | > subscribe 3 +@1; resumed
      down uptime=10   | suspected +
      publish m@1      |
      listen b/#@1     |
      up resumed v5 wildcards=0 | refused b/# NOT_SUPPORTED; resumed; > publish 4 m@1; probe
      probed           | remind 10000; refused + NOT_SUPPORTED; turn?
      listen a@0       | turn?
      turn             | > subscribe 5 #1 a@0
      publish n@1      | > publish 6 n@1
    `);
  });

  it('should give a filter up that it hung up on in each trial, while it left the controls alone', () => {
    const transcript = suspicious();
    transcript.play(`
      subscribe s a@0    |
      up resumed         | resumed; probe
      probed             | remind 10000; > subscribe 4 a@1
      down uptime=100    |
      up resumed         | resumed; remind 250
      reminded           | probe
      probed             | remind 10000; > subscribe 5 a@1
      down uptime=300    |
      up resumed         | resumed; remind 650
      reminded           | probe
      probed             | remind 10000; > subscribe 6 a@1
      down uptime=700    |
      up resumed         | resumed; remind 1450
      reminded           | probe
      probed             | remind 10000; > subscribe 7 a@1
      down uptime=1500   |
      up resumed         | resumed; remind 3050
      reminded           | probe
      probed             | remind 10000; > subscribe 8 a@1
      down uptime=3100   | given-up a 5; refused a; answered s SUBSCRIPTION_REFUSED
      up resumed         | resumed
    `);
    expect(transcript.session.isIdle).to.equal(true);
  });

  it('should not forget a filter that is left and wanted again while it has to wait', () => {
    suspicious().play(`
      up                 | started; probe
      leave a@1          | turn?
      listen a@0         | turn?
      turn               | > subscribe 4 a@0
      down               |
      up                 | > subscribe 5 a@0; started
      < suback 5 0       | subscribed a@0/0
      turn               |
    `);
  });

  it('should not suspect a filter that nobody wants any more: it would never be tried', () => {
    play(`
      listen a@1         |
      listen b@0         |
      up                 | > subscribe 1 a@1 b@0; started
      down uptime=10     |
      up                 | > subscribe 2 a@1 b@0; started
      down uptime=10     |
      up                 | > subscribe 3 a@1 b@0; started
      leave a@1          | turn?
      turn               | > unsubscribe 4 a
      down uptime=10     | suspected b
      up                 | started; probe
      probed             | remind 10000; > subscribe 5 b@0
      < suback 5 0       | subscribed b@0/0; turn?
    `);
  });

  it('should give a message up, let the others through, and free its identifier', () => {
    const transcript = play('up | started\npublish bad@1 | > publish 1 bad@1\npublish good@2 | > publish 2 good@2', {
      giveUpAfter: 1,
    });
    transcript.shows.add('kept').add('dropped');
    transcript.play(`
      down uptime=10     |
      up resumed         | resumed; > publish 1 bad@1 dup; > publish 2 good@2 dup
      down uptime=10     |
      up resumed         | resumed; > publish 1 bad@1 dup; > publish 2 good@2 dup
      down uptime=10     | suspected bad good
      publish more@1     | keep more queue
      up resumed         | resumed; probe
      turn               |
      probed             | remind 10000; > publish 1 bad@1 dup
      down uptime=10     | given-up bad 1; dropped bad refused; forget bad; settle bad PUBLISH_REFUSED
      up resumed         | resumed; probe
      probed             | remind 10000; > publish 2 good@2 dup
      < pubrec 2         | keep good pubcomp; turn?; > pubrel 2; keep more puback; > publish 3 more@1
      < pubcomp 2        | forget good; settle good
      < puback 3         | forget more; settle more
    `);
    expect([transcript.session.isIdle, transcript.outgoing('bad').isInFlight]).to.deep.equal([true, false]);
  });

  it('should suspect nobody for a connection that the client ended, or that was stable', () => {
    play(`
      listen a@1         |
      up                 | > subscribe 1 a@1; started
      down uptime=10     |
      up                 | > subscribe 2 a@1; started
      down uptime=10     |
      up                 | > subscribe 3 a@1; started
      down left uptime=10 |
      up                 | > subscribe 4 a@1; started
      down uptime=10000  |
      up                 | > subscribe 5 a@1; started
      down uptime=10     |
      up                 | > subscribe 6 a@1; started
      down uptime=10     |
      up                 | > subscribe 7 a@1; started
      down uptime=9999   | suspected a
    `);
  });

  it('should clear everybody when a control is lost as well', () => {
    suspicious().play(`
      up resumed         | resumed; probe
      probed             | remind 10000; > subscribe 4 a@1
      down uptime=100    |
      up resumed         | resumed; remind 250
      down uptime=120    |
      up resumed         | > subscribe 5 a@1; resumed
    `);
  });

  it('should go on with the others when a suspect is not answered for long, and clear it with its answer', () => {
    suspicious().play(`
      up resumed         | resumed; probe
      probed             | remind 10000; > subscribe 4 a@1
      publish m@1        | turn?
      listen b@0         | turn?
      turn               |
      reminded           | > subscribe 5 b@0; > publish 6 m@1
      < suback 4 1       | subscribed a@1/1; turn?
      turn               |
    `);
  });

  it('should forget a suspect that nobody wants any more, however that came', () => {
    for (const [way, effects] of [
      ['leave a@1', ''],
      ['give-up kept', ''],
    ] as const) {
      const transcript = suspicious().play(`
        ${way}           | ${effects}
        up resumed       | > unsubscribe 4 a; resumed
        < unsuback 4     | unsubscribed a
      `);
      expect(transcript.session.isBusy, way).to.equal(false);
    }
    const transcript = play(`
      subscribe s a@1  |
      up               | > subscribe 1 a@1; started
      down uptime=10   |
      up resumed       | > subscribe 2 a@1; resumed
      down uptime=10   |
      up resumed       | > subscribe 3 a@1; resumed
      down uptime=10   | suspected a
      up resumed       | resumed; probe
      unsubscribe u a  | turn?
      turn             | > unsubscribe 4 a
      probed           |
      < unsuback 4     | unsubscribed a; answered s; answered u
    `);
    expect([transcript.session.isBusy, transcript.session.isIdle]).to.deep.equal([false, true]);
  });

  it('should forget a suspect that could not be kept', () => {
    const transcript = play(`
      up                 | started
      publish a@1        | > publish 1 a@1
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     | suspected a
      up                 | started; probe
      unkept a           | turn?; settle a STORE
      probed             |
      publish b@1        | > publish 2 b@1
    `);
    expect(transcript.session.inFlight).to.equal(1);
  });

  it('should try a suspected message when the window has room for it', () => {
    play(
      `
      up                 | started
      publish a@1        | > publish 1 a@1
      publish b@1        | > publish 2 b@1
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup; > publish 2 b@1 dup
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup; > publish 2 b@1 dup
      down uptime=10     | suspected a b
      up resumed         | resumed; probe
      probed             | remind 10000; > publish 1 a@1 dup
      publish c@1        | turn?
      publish d@1        | turn?
      reminded           | > publish 3 c@1
      publish e@1        | turn?
      turn               |
      down uptime=20000  |
      up resumed         | resumed; > publish 1 a@1 dup; > publish 2 b@1 dup
      < puback 1         | settle a; > publish 3 c@1 dup
      < puback 2         | settle b; > publish 4 d@1
    `,
      { maxInflight: 2 },
    );
  });

  it('should keep later messages behind a suspect: a bad network changes no order [MQTT-4.6.0-1]', () => {
    play(
      `
      up                 | started
      publish a@1        | > publish 1 a@1
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     | suspected a
      up resumed         | resumed; probe
      probed             | remind 10000; > publish 1 a@1 dup
      down uptime=10     |
      publish b@1        |
      up resumed         | resumed; remind 70
      reminded           | probe
      probed             | remind 10000; > publish 1 a@1 dup
      < puback 1         | turn?; settle a; > publish 2 b@1
    `,
      { maxInflight: 1 },
    );
  });
});
