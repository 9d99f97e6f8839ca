import { expect } from 'chai';
import { Transcript, play } from './Transcript.js';

describe('Session, with a server that does not take everything', () => {
  it('should not repeat a message that this server cannot take, and go on with the others [MQTT5-3.2.2-11]', () => {
    const { session } = play(`
      up                 | started
      publish a@1        | > publish 1 a@1
      publish b@1        | > publish 2 b@1
      down               |
      up resumed qos=0   | resumed; settle a NOT_SUPPORTED; settle b NOT_SUPPORTED
      publish c@0        | > publish c@0
      written taken=1    | settle c
    `);
    expect(session.isIdle).to.equal(true);
  });

  it('should have the server forget the identifier of a QoS 2 message that it has, perhaps, and cannot take again [MQTT-4.3.3-2]', () => {
    const transcript = new Transcript();
    transcript.shows.add('kept').add('dropped');
    transcript.play(`
      up                 | started
      publish a@2        | keep a pubrec; > publish 1 a@2
      down               |
      up resumed qos=1   | resumed; dropped a not-supported; keep a pubcomp; settle a NOT_SUPPORTED; > pubrel 1
      down               |
      up resumed         | > pubrel 1; resumed
      < pubcomp 1        | forget a
    `);
    expect(transcript.session.isIdle).to.equal(true);
  });

  for (const onSessionLost of ['error', 'republish'] as const) {
    it(`should not say or send anything more of it when the session is lost, with onSessionLost: '${onSessionLost}'`, () => {
      const transcript = new Transcript({ onSessionLost });
      transcript.shows.add('kept').add('dropped');
      transcript.play(`
        up                 | started
        publish a@2        | keep a pubrec; > publish 1 a@2
        down               |
        up resumed qos=1   | resumed; dropped a not-supported; keep a pubcomp; settle a NOT_SUPPORTED; > pubrel 1
        down               |
        up                 | forget a; started
      `);
      expect(transcript.outgoing('a').payload).to.have.length(onSessionLost === 'error' ? 0 : 3);
      expect(transcript.session.isIdle).to.equal(true);
    });
  }

  it('should not try a suspected message that this server cannot take', () => {
    const { session } = play(`
      up                 | started
      publish a@1        | > publish 1 a@1
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     |
      up resumed         | resumed; > publish 1 a@1 dup
      down uptime=10     | suspected a
      up resumed qos=0   | resumed; probe
      probed             | remind 10000; turn?; settle a NOT_SUPPORTED
    `);
    expect(session.isIdle).to.equal(true);
  });

  it('should go on when a message is dropped while a suspected filter has to wait', () => {
    play(`
      listen a@1         |
      up                 | > subscribe 1 a@1; started
      down uptime=10     |
      up resumed         | > subscribe 2 a@1; resumed
      down uptime=10     |
      up resumed         | > subscribe 3 a@1; resumed
      down uptime=10     | suspected a
      up resumed         | resumed; probe
      probed             | remind 10000; > subscribe 4 a@1
      down uptime=100    |
      up resumed qos=1 window=1 | resumed; remind 250
      publish b@1        | > publish 5 b@1
      publish c@2        | turn?
      publish d@0        | turn?
      turn               |
      < puback 5         | settle b; settle c NOT_SUPPORTED; > publish d@0
    `);
  });

  it('should keep the window of the server while it repeats, and not count what it refuses [MQTT5-3.3.4-7]', () => {
    const { session } = play(`
      up                 | started
      publish a@1        | > publish 1 a@1
      publish b@2        | > publish 2 b@2
      publish c@1        | > publish 3 c@1
      down               |
      up resumed window=1 | resumed; > publish 1 a@1 dup
      publish d@1        | turn?
      < puback 1         | settle a; > publish 2 b@2 dup
      < pubrec 2         | > pubrel 2
      < pubcomp 2        | settle b; > publish 3 c@1 dup
      < puback 3         | settle c; > publish 4 d@1
      < puback 4         | settle d
    `);
    expect(session.isIdle).to.equal(true);
  });
});
