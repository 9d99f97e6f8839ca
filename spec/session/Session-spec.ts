import { expect } from 'chai';
import { Outgoing } from '../../lib/session/Outgoing.js';
import { Transcript, play } from './Transcript.js';

/** A session that is up, with `count` QoS 1 publishes in flight from identifier 1 on. */
function busy(count: number, up = 'up'): Transcript {
  const transcript = new Transcript();
  transcript.step(up);
  for (let i = 1; i <= count; i++) transcript.step(`publish m${i}@1`);
  return transcript;
}

describe('Session', () => {
  describe('publish', () => {
    it('should send QoS 0 once, without an identifier [MQTT-2.3.1-5]', () => {
      const { session } = play(`
        up           | started
        publish a@0  | > publish a@0
        written taken=1 | settle a
        down         |
        up resumed   | resumed
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should settle QoS 0 when the transport has it, in order', () => {
      const transcript = play(`
        up              | started
        publish a@0     | > publish a@0
        publish b@0     | > publish b@0
        publish c@0     | > publish c@0
        written taken=2 | settle a; settle b
        written taken=2 |
      `);
      expect(transcript.session.isIdle).to.equal(false);
      transcript.play('written taken=3 | settle c');
      expect(transcript.session.isIdle).to.equal(true);
    });

    it('should send QoS 0 again that the transport did not take, ahead of what waits, and never with DUP [MQTT-3.3.1-2]', () => {
      const { session } = play(`
        up              | started
        publish a@0     | > publish a@0
        publish b@0     | > publish b@0
        publish c@1     | > publish 1 c@1
        publish d@0     | > publish d@0
        written taken=1 | settle a
        down taken=2    | settle b
        publish e@0     |
        up resumed      | resumed; > publish 1 c@1 dup; > publish d@0; > publish e@0
        written taken=2 | settle d; settle e
        < puback 1      | settle c
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should not send QoS 0 again whose caller has left, and tell nobody that it was taken', () => {
      const { session } = play(`
        up              | started
        publish a@0     | > publish a@0
        publish b@0     | > publish b@0
        publish c@0     | > publish c@0
        withdraw a      |
        withdraw c      |
        down taken=1    |
        up              | started; > publish b@0
        written taken=1 | settle b
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should settle QoS 1 on PUBACK [MQTT-4.3.2-1]', () => {
      const { session } = play(`
        up           | started
        publish a@1  | > publish 1 a@1
        < puback 1   | settle a
        < puback 1   |
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should settle QoS 2 on PUBCOMP, after PUBREC and PUBREL [MQTT-4.3.3-1]', () => {
      const { session } = play(`
        up           | started
        publish a@2  | > publish 1 a@2
        < pubrec 1   | > pubrel 1
        < pubcomp 1  | settle a
        < pubcomp 1  |
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should let go of the payload at PUBREC: it is not sent again [MQTT-4.3.3-1]', () => {
      for (const [onSessionLost, length] of [
        ['error', 0],
        ['republish', 3],
      ] as const) {
        // prettier-ignore
        const transcript = play('up | started\npublish a@2 | > publish 1 a@2\n< pubrec 1 | > pubrel 1', { onSessionLost });
        expect(transcript.outgoing('a').payload).to.have.length(length);
      }
    });

    it('should give identifiers in turn, not the one that was just free [MQTT-2.3.1-2]', () => {
      play(`
        up           | started
        publish a@1  | > publish 1 a@1
        < puback 1   | settle a
        publish b@2  | > publish 2 b@2
        publish c@1  | > publish 3 c@1
      `);
    });

    for (const [up, clauses] of [
      ['up', 'MQTT-2.3.1-2] [MQTT-2.3.1-3'],
      ['up v5 ids=0', 'MQTT5-2.2.1-3] [MQTT5-4.3.2-1'],
    ] as const) {
      it(`should pass over identifiers in use when they start over [${clauses}]`, () => {
        const transcript = busy(65_533, up);
        transcript.play(`
          listen x@0     | turn?
          turn           | > subscribe 65534 x@0
          publish a@1    | > publish 65535 a@1
          < puback 3     | settle m3
          < puback 65533 | settle m65533
          publish b@1    | > publish 3 b@1
          publish c@2    | > publish 65533 c@2
          publish d@1    | turn?
          turn           |
          < suback 65534 0 | subscribed x@0/0; turn?
          turn           | > publish 65534 d@1
        `);
      });
    }

    it('should wait while all 65,535 identifiers are in use, and go on when one is free [MQTT-2.3.1-3]', () => {
      const transcript = busy(65_535);
      expect(transcript.session.inFlight).to.equal(65_535);
      transcript.play(`
        publish a@1   | turn?
        publish b@0   | turn?
        turn          |
        < puback 777  | settle m777; > publish 777 a@1
        < puback 3    | settle m3; > publish b@0
      `);
    });

    it('should keep the order across QoS levels when the window is full', () => {
      play(
        `
        up           | started
        publish a@2  | > publish 1 a@2
        publish b@1  | > publish 2 b@1
        publish c@0  | turn?
        publish d@1  | turn?
        publish e@0  | turn?
        turn         |
        < puback 2   | settle b; > publish c@0; > publish 3 d@1
        < pubrec 1   | > pubrel 1
        < pubcomp 1  | settle a; > publish e@0
      `,
        { maxInflight: 2 },
      );
    });

    it('should count an exchange until PUBCOMP', () => {
      play(
        `
        up           | started
        publish a@2  | > publish 1 a@2
        publish b@2  | turn?
        < pubrec 1   | > pubrel 1
        < pubcomp 1  | settle a; > publish 2 b@2
      `,
        { maxInflight: 1 },
      );
    });

    it('should wait while the transport holds too much, and acknowledge all the same', () => {
      play(`
        up               | started
        publish a@2      | > publish 1 a@2
        written unsent=16777216 |
        publish b@0      | turn?
        turn             |
        < pubrec 1       | > pubrel 1
        < publish 9 x@1  | deliver x@1; > puback 9
        < pubcomp 1      | settle a
        publish c@1      | turn?
        written unsent=8388608 |
        publish d@1      | turn?
        turn             |
        written unsent=8388607 | > publish b@0; > publish 2 c@1; > publish 3 d@1
        written unsent=16777216 taken=1 | settle b
        down             |
        up resumed       | resumed; > publish 2 c@1 dup; > publish 3 d@1 dup
        publish e@0      | > publish e@0
      `);
    });
  });

  describe('the queue', () => {
    it('should send what was published offline in order, and without DUP [MQTT-3.3.1-1] [MQTT-3.3.1-3]', () => {
      play(`
        publish a@1  |
        publish b@0  |
        publish c@2  |
        turn         |
        up           | started; > publish 1 a@1; > publish b@0; > publish 2 c@2
        down taken=1 | settle b
        publish d@1  |
        up resumed   | resumed; > publish 1 a@1 dup; > publish 2 c@2 dup; > publish 3 d@1
      `);
    });

    for (const [overflow, dropped, left] of [
      ['error', 'c', 'a@1; > publish 2 b@1'],
      ['drop-newest', 'c', 'a@1; > publish 2 b@1'],
      ['drop-oldest', 'a', 'b@1; > publish 2 c@1'],
    ] as const) {
      it(`should turn away ${dropped} of a, b, c when it holds two: ${overflow}`, () => {
        play(
          `
          publish a@1  |
          publish b@1  |
          publish c@1  | settle ${dropped} QUEUE_OVERFLOW
          withdraw ${dropped} |
          up           | started; > publish 1 ${left}
        `,
          { queue: { size: 2, bytes: Infinity, overflow } },
        );
      });
    }

    it('should be of no use with size 0, and not hinder what can be sent', () => {
      for (const overflow of ['error', 'drop-newest', 'drop-oldest'] as const) {
        play(
          `
          publish a@1  | settle a QUEUE_OVERFLOW
          up           | started
          publish b@1  | > publish 1 b@1
          listen x@0   | turn?
          publish c@1  | turn?
          turn         | > subscribe 2 x@0; > publish 3 c@1
          written unsent=16777216 |
          publish d@1  | settle d QUEUE_OVERFLOW
        `,
          { queue: { size: 0, bytes: Infinity, overflow } },
        );
      }
    });

    it('should not tell one who has left that there was no room', () => {
      play(
        `
        publish a@1  |
        publish b@1  |
        withdraw a   |
        publish c@1  |
        publish d@1  | settle b QUEUE_OVERFLOW
        up           | started; > publish 1 c@1; > publish 2 d@1
      `,
        { queue: { size: 2, bytes: Infinity, overflow: 'drop-oldest' } },
      );
    });
  });

  describe('withdraw', () => {
    it('should take a message back that was not written', () => {
      const { session } = play(`
        publish a@1  |
        publish b@2  |
        publish c@0  |
        withdraw b   |
        withdraw b   |
        up           | started; > publish 1 a@1; > publish c@0
        written taken=1 | settle c
        < puback 1   | settle a
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should let an exchange run on that was begun, and tell nobody', () => {
      const { session } = play(`
        up           | started
        publish a@1  | > publish 1 a@1
        publish b@2  | > publish 2 b@2
        withdraw a   |
        withdraw b   |
        down         |
        up resumed   | resumed; > publish 1 a@1 dup; > publish 2 b@2 dup
        < puback 1   |
        < pubrec 2   | > pubrel 2
        withdraw b   |
        < pubcomp 2  |
        withdraw a   |
      `);
      expect(session.isIdle).to.equal(true);
    });
  });

  describe('resume', () => {
    it('should repeat PUBRELs in the order of the PUBRECs, then PUBLISHes in their order, with DUP [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.6.0-4]', () => {
      play(`
        up           | started
        publish a@2  | > publish 1 a@2
        publish b@1  | > publish 2 b@1
        publish c@2  | > publish 3 c@2
        publish d@2  | > publish 4 d@2
        publish e@1  | > publish 5 e@1
        < pubrec 4   | > pubrel 4
        < pubrec 1   | > pubrel 1
        down         |
        up resumed   | > pubrel 4; > pubrel 1; resumed; > publish 2 b@1 dup; > publish 3 c@2 dup; > publish 5 e@1 dup
        < pubcomp 4  | settle d
        < puback 5   | settle e
        < pubrec 3   | > pubrel 3
        down         |
        up resumed   | > pubrel 1; > pubrel 3; resumed; > publish 2 b@1 dup
      `);
    });

    it('should repeat everything ahead of what waits', () => {
      play(
        `
        up           | started
        publish a@1  | > publish 1 a@1
        publish b@1  | > publish 2 b@1
        publish c@1  | turn?
        down         |
        up resumed   | resumed; > publish 1 a@1 dup; > publish 2 b@1 dup
        < puback 1   | settle a; > publish 3 c@1
      `,
        { maxInflight: 2 },
      );
    });

    it('should repeat no more than the window takes, and go on as acknowledgements come', () => {
      play(
        `
        up           | started
        publish a@1  | > publish 1 a@1
        publish b@2  | > publish 2 b@2
        publish c@1  | > publish 3 c@1
        publish d@0  | turn?
        < pubrec 2   | > pubrel 2
        down         |
        up resumed   | > pubrel 2; resumed; > publish 1 a@1 dup; > publish 3 c@1 dup
        down         |
      `,
        { maxInflight: 3 },
      );
      const transcript = new Transcript({ maxInflight: 2 });
      const inherited = ['a', 'b', 'c', 'd'].map((name, i) => {
        const outgoing = new Outgoing<string>(
          name,
          Uint8Array.of(1),
          name === 'b' ? 2 : 1,
          false,
          undefined,
          undefined,
        );
        return Object.assign(outgoing, { packetId: i + 1, writtenAt: 0 });
      });
      const [, b] = inherited;
      transcript.session.step({ type: 'restore', inherited: { inFlight: inherited, received: [b!], queued: [], packetIds: [] } }); // prettier-ignore
      transcript.play(`
        publish e@1  |
        up resumed   | > pubrel 2; resumed; > publish 1 a@1 dup
        turn         |
        < puback 1   | > publish 3 c@1 dup
        < pubcomp 2  | > publish 4 d@1 dup
        turn         |
        < puback 4   | > publish 1 e@1
        < puback 3   |
        < puback 1   | settle e
      `);
      expect(transcript.session.isIdle).to.equal(true);
    });

    it('should repeat no more than the transport takes, and go on when it drains', () => {
      const transcript = busy(5);
      for (let i = 1; i <= 5; i++) transcript.outgoing(`m${i}`).payload = new Uint8Array(6_000_000);
      transcript.play(`
        down                      |
        up resumed                | resumed; > publish 1 m1@1 dup; > publish 2 m2@1 dup; > publish 3 m3@1 dup
        publish x@0               | turn?
        < puback 1                | settle m1
        written unsent=12000000   |
        written unsent=6000000    | > publish 4 m4@1 dup; > publish 5 m5@1 dup
        written unsent=5          | > publish x@0
      `);
    });

    it('should repeat without DUP what waited for the store and was never written [MQTT-3.3.1-1]', () => {
      const transcript = new Transcript();
      transcript.step('up');
      transcript.writes = false;
      transcript.play(`
        publish a@1  | > publish 1 a@1
        < puback 1   |
        < pubrec 1   |
        down         |
        up resumed   | resumed; > publish 1 a@1
      `);
      transcript.outgoing('a').written(5);
      transcript.play('down |\nup resumed | resumed; > publish 1 a@1 dup\n< puback 1 | settle a');
    });

    it('should repeat with DUP what was written by a clock that was set back [MQTT-3.3.1-1]', () => {
      const transcript = new Transcript();
      transcript.step('up');
      transcript.play('publish a@1 | > publish 1 a@1');
      transcript.outgoing('a').written(-5);
      transcript.play('down |\nup resumed | resumed; > publish 1 a@1 dup\n< puback 1 | settle a');
    });

    it('should give away no identifier that waits for its acknowledgement [MQTT-2.3.1-2]', () => {
      const transcript = busy(3);
      transcript.play(`
        < puback 2   | settle m2
        down         |
        up resumed   | resumed; > publish 1 m1@1 dup; > publish 3 m3@1 dup
        publish x@1  | > publish 4 x@1
      `);
    });
  });

  describe('when the session is lost', () => {
    it('should publish QoS 1 as new, without DUP, and fail QoS 2 [MQTT-3.3.1-3]', () => {
      const { session } = play(`
        up           | started
        publish a@2  | > publish 1 a@2
        publish b@1  | > publish 2 b@1
        publish c@2  | > publish 3 c@2
        publish d@1  | > publish 4 d@1
        publish e@2  | > publish 5 e@2
        withdraw e   |
        < pubrec 3   | > pubrel 3
        down         |
        publish f@2  |
        up           | settle a SESSION_LOST; settle c SESSION_LOST; started; > publish 2 b@1; > publish 4 d@1; > publish 6 f@2
        < pubcomp 3  |
        down         |
        up resumed   | resumed; > publish 2 b@1 dup; > publish 4 d@1 dup; > publish 6 f@2 dup
        < puback 2   | settle b
        < puback 4   | settle d
        < pubrec 6   | > pubrel 6
        < pubcomp 6  | settle f
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should publish QoS 2 as new as well with republish, everything in its old order', () => {
      const { session } = play(
        `
        up           | started
        publish a@1  | > publish 1 a@1
        publish b@2  | > publish 2 b@2
        publish c@2  | > publish 3 c@2
        < pubrec 3   | > pubrel 3
        down         |
        up           | started; > publish 1 a@1; > publish 2 b@2; > publish 3 c@2
        < pubrec 3   | > pubrel 3
        < pubcomp 3  | settle c
        < puback 1   | settle a
        down         |
        up           | started; > publish 2 b@2
        < pubrec 2   | > pubrel 2
        < pubcomp 2  | settle b
      `,
        { onSessionLost: 'republish' },
      );
      expect(session.isIdle).to.equal(true);
    });

    it('should take an old QoS 2 identifier for a new message [MQTT-4.3.3-2] [MQTT-3.1.2-6]', () => {
      play(`
        up               | started
        < publish 7 x@2  | deliver x@2; > pubrec 7
        down             |
        up               | started
        < publish 7 y@2  | deliver y@2; > pubrec 7
      `);
    });
  });

  describe('incoming messages', () => {
    it('should be delivered at QoS 0 and 1 each time they come [MQTT-4.3.2-2]', () => {
      play(`
        up                   | started
        < publish 0 x@0      | deliver x@0
        < publish 3 x@1      | deliver x@1; > puback 3
        < publish 3 x@1 dup  | deliver x@1; > puback 3
      `);
    });

    it('should be delivered once at QoS 2, redelivered with DUP 0 or 1, and answered each time [MQTT-4.3.3-2] [MQTT-4.1.0-1]', () => {
      play(`
        up                   | started
        < publish 3 x@2      | deliver x@2; > pubrec 3
        < publish 3 x@2      | > pubrec 3
        < publish 3 x@2 dup  | > pubrec 3
        down                 |
        up resumed           | resumed
        < publish 3 x@2 dup  | > pubrec 3
        < publish 3 x@2      | > pubrec 3
        < pubrel 3           | > pubcomp 3
        < publish 3 y@2      | deliver y@2; > pubrec 3
      `);
    });

    it('should be delivered when the first that comes of them carries DUP', () => {
      play(`
        up                   | started
        < publish 3 x@2 dup  | deliver x@2; > pubrec 3
        < publish 4 x@1 dup  | deliver x@1; > puback 4
      `);
    });

    it('should have a PUBREL answered although nobody knows it, so that the broker is not stuck [MQTT-4.3.3-2]', () => {
      play(`
        up          | started
        < pubrel 9  | > pubcomp 9
        < pubrel 9  | > pubcomp 9
      `);
    });

    it('should have identifiers of their own', () => {
      play(`
        up               | started
        publish a@2      | > publish 1 a@2
        < publish 1 x@2  | deliver x@2; > pubrec 1
        publish b@1      | > publish 2 b@1
        < publish 2 y@1  | deliver y@1; > puback 2
        < pubrec 1       | > pubrel 1
        < pubrel 1       | > pubcomp 1
        < publish 1 z@2  | deliver z@2; > pubrec 1
        < pubcomp 1      | settle a
        < puback 2       | settle b
        < publish 1 z@2  | > pubrec 1
      `);
    });

    it('should be acknowledged in the order in which they come [MQTT-4.6.0-2] [MQTT-4.6.0-3]', () => {
      play(`
        up               | started
        < publish 5 x@1  | deliver x@1; > puback 5
        < publish 2 y@2  | deliver y@2; > pubrec 2
        < publish 4 z@1  | deliver z@1; > puback 4
        < publish 1 w@2  | deliver w@2; > pubrec 1
      `);
    });
  });

  describe('acknowledgements', () => {
    it('should be harmless when late: PUBACK and PUBCOMP for nothing are passed over', () => {
      play(`
        up           | started
        < puback 1   |
        < pubcomp 1  |
        < suback 1 0 |
        < unsuback 1 |
      `);
    });

    it('should have a PUBREC for nothing answered with PUBREL, so that the broker is not stuck [MQTT-4.3.3-1]', () => {
      play(`
        up           | started
        < pubrec 8   | > pubrel 8
        < pubcomp 8  |
      `);
    });

    it('should have a repeated PUBREC answered again, the order of PUBRELs kept [MQTT-4.6.0-4]', () => {
      play(`
        up           | started
        publish a@2  | > publish 1 a@2
        publish b@2  | > publish 2 b@2
        < pubrec 1   | > pubrel 1
        < pubrec 2   | > pubrel 2
        < pubrec 1   | > pubrel 1
        down         |
        up resumed   | > pubrel 1; > pubrel 2; resumed
      `);
    });

    for (const [qos, before, wrong, clause] of [
      [1, '', 'pubrec', 'MQTT-4.3.2-2'],
      [1, '', 'pubcomp', 'MQTT-4.3.2-2'],
      [2, '', 'puback', 'MQTT-4.3.3-2'],
      [2, '', 'pubcomp', 'MQTT-4.3.3-2'],
      [2, '< pubrec 1 | > pubrel 1', 'puback', 'MQTT-4.3.3-2'],
    ] as const) {
      it(`should break the connection: ${wrong} at QoS ${qos}${before && ' after PUBREC'} [${clause}]`, () => {
        const { session } = play(`
          up            | started
          publish a@${qos} | > publish 1 a@${qos}
          ${before || 'turn |'}
          < ${wrong} 1  | violation ${clause}
        `);
        expect(session.inFlight).to.equal(1);
      });
    }

    for (const type of ['connect', 'subscribe 1', 'unsubscribe 1', 'pingreq', 'disconnect']) {
      it(`should break the connection: ${type.split(' ')[0]!} comes from a client only [MQTT-4.8.0-1]`, () => {
        play(`
          up        | started
          < ${type} | violation MQTT section 2.2.1
        `);
      });
    }

    it('should break the connection: a second CONNACK [MQTT-3.2.0-1] [MQTT-4.8.0-1]', () => {
      play(`
        up         | started
        < connack  | violation MQTT-3.2.0-1
        < pingresp |
      `);
    });
  });

  describe('a turn', () => {
    it('should send SUBSCRIBE before a publish that was asked for later, whose answer it wants', () => {
      play(`
        up             | started
        publish a@0    | > publish a@0
        listen reply@0 | turn?
        publish ask@1  | turn?
        publish b@0    | turn?
        turn           | > subscribe 1 reply@0; > publish 2 ask@1; > publish b@0
      `);
    });

    it('should send SUBSCRIBE before the queue when the link comes up', () => {
      play(`
        publish ask@1  |
        listen reply@0 |
        up             | > subscribe 1 reply@0; started; > publish 2 ask@1
      `);
    });

    it('should keep that order when an acknowledgement comes in between', () => {
      play(`
        up             | started
        publish a@1    | > publish 1 a@1
        listen reply@0 | turn?
        publish ask@1  | turn?
        < puback 1     | settle a; turn?
        turn           | > subscribe 2 reply@0; > publish 3 ask@1
      `);
    });

    it('should have nothing to do while there is no link', () => {
      play(`
        listen x@0   |
        publish a@0  |
        turn         |
        written unsent=16777216 |
        written unsent=8388608 |
        turn         |
      `);
    });
  });

  describe('what expires', () => {
    it('should be dropped when it has waited too long, whether or not it could be sent', () => {
      const transcript = new Transcript();
      transcript.shows.add('dropped');
      transcript.play(`
        publish a@1 expiry=100  |
        publish b@1 expiry=500  |
        wait 99                 |
        expire                  |
        wait 1                  |
        expire                  | dropped a expired; settle a MESSAGE_EXPIRED
        wait 400                |
        up                      | started; dropped b expired; settle b MESSAGE_EXPIRED
      `);
      expect([transcript.session.isIdle, transcript.session.expiring.size]).to.deep.equal([true, 0]);
    });

    it('should not be dropped once it is sent', () => {
      const { session } = play(`
        up                      | started
        publish a@1 expiry=100  | > publish 1 a@1
        publish b@2 expiry=100  | > publish 2 b@2
        wait 200                |
        expire                  |
        down                    |
        up resumed              | resumed; > publish 1 a@1 dup; > publish 2 b@2 dup
        < puback 1              | settle a
      `);
      expect(session.expiring.size).to.equal(0);
    });

    it('should expire when it waits again because the transport did not take it', () => {
      const transcript = play(`
        up                      | started
        publish a@0 expiry=100  | > publish a@0
        down                    |
      `);
      expect(transcript.session.expiring.size).to.equal(1);
      transcript.play(`
        wait 100                |
        expire                  | settle a MESSAGE_EXPIRED
      `);
      expect(transcript.session.expiring.size).to.equal(0);
    });

    it('should be forgotten however it leaves the queue', () => {
      for (const way of ['withdraw a', 'give-up', 'give-up kept', 'end', 'unkept a']) {
        const transcript = new Transcript();
        transcript.shows.add('dropped');
        transcript.step('publish a@1 expiry=100');
        transcript.step(way);
        expect(transcript.session.expiring.size, way).to.equal(0);
        transcript.play('wait 200 |\nexpire |');
      }
    });
  });

  describe('give-up', () => {
    it('should tell everybody who waits, once, in flight before queued', () => {
      const { session } = play(`
        up               | started
        publish a@1      | > publish 1 a@1
        publish b@2      | > publish 2 b@2
        < pubrec 2       | > pubrel 2
        publish w@1      | > publish 3 w@1
        withdraw w       |
        subscribe s x@1  | turn?
        turn             | > subscribe 4 x@1
        down             |
        publish c@0      |
        publish d@1      |
        unsubscribe u y  |
        give-up kept     | settle b PUBLISH_UNFINISHED; settle a PUBLISH_UNFINISHED; settle c CLIENT_ENDED; settle d CLIENT_ENDED; answered s CLIENT_ENDED; answered u CLIENT_ENDED
        withdraw c       |
        give-up kept     |
      `);
      expect(session.queued).to.equal(0);
    });

    it('should end exchanges with the session that is not kept', () => {
      const transcript = new Transcript();
      transcript.shows.add('kept');
      transcript.play(`
        up           | started
        publish a@1  | keep a puback; > publish 1 a@1
        publish b@2  | keep b pubrec; > publish 2 b@2
        < pubrec 2   | keep b pubcomp; > pubrel 2
        down         |
        publish c@1  | keep c queue
        give-up      | forget c; forget b; settle b CLIENT_ENDED; forget a; settle a CLIENT_ENDED; settle c CLIENT_ENDED
        up           | started
      `);
      expect(transcript.session.isIdle).to.equal(true);
    });

    it('should let exchanges run on that were begun: the protocol demands it [MQTT-4.4.0-1]', () => {
      const { session } = play(`
        up           | started
        publish a@1  | > publish 1 a@1
        publish b@2  | > publish 2 b@2
        down         |
        give-up kept     | settle a PUBLISH_UNFINISHED; settle b PUBLISH_UNFINISHED
        up resumed   | resumed; > publish 1 a@1 dup; > publish 2 b@2 dup
        < puback 1   |
        < pubrec 2   | > pubrel 2
        < pubcomp 2  |
      `);
      expect(session.isIdle).to.equal(true);
    });
  });

  describe('end', () => {
    it('should tell everybody who waits, and take nothing out of the store', () => {
      const transcript = new Transcript();
      transcript.shows.add('kept');
      transcript.play(`
        up               | started
        publish a@1      | keep a puback; > publish 1 a@1
        publish b@2      | keep b pubrec; > publish 2 b@2
        < pubrec 2       | keep b pubcomp; > pubrel 2
        subscribe s x@1  | turn?
        down             |
        publish c@1      | keep c queue
        publish d@0      |
        end              | settle b CLIENT_ENDED; settle a CLIENT_ENDED; settle c CLIENT_ENDED; settle d CLIENT_ENDED; answered s CLIENT_ENDED
        end              |
      `);
    });
  });

  it('should not look as if it were in flight when it failed with its session', () => {
    const transcript = play(`
      up           | started
      publish a@2  | > publish 1 a@2
      publish b@2  | > publish 2 b@2
      < pubrec 2   | > pubrel 2
      down         |
      up           | settle a SESSION_LOST; settle b SESSION_LOST; started
    `);
    expect(['a', 'b'].map((name) => transcript.outgoing(name).isInFlight)).to.deep.equal([false, false]);
  });

  it('should be idle when no message, exchange or request waits', () => {
    const rows = [
      ['publish a@1', false, '< puback 1', true],
      ['publish b@2', false, '< pubrec 2', false],
      ['turn', false, '< pubcomp 2', true],
      ['subscribe s x@0', false, 'turn', false],
      ['turn', false, '< suback 3 0', true],
      ['unsubscribe u x', false, 'turn', false],
      ['turn', false, '< unsuback 4', true],
      ['down', true, 'publish c@0', false],
    ] as const;
    const transcript = new Transcript();
    transcript.step('up');
    for (const [first, then, second, last] of rows) {
      transcript.step(first);
      expect(transcript.session.isIdle, first).to.equal(then);
      transcript.step(second);
      expect(transcript.session.isIdle, second).to.equal(last);
    }
  });
});
