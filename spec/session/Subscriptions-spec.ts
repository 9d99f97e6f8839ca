import { expect } from 'chai';
import type { SessionOptions } from '../../lib/session/SessionOptions.js';
import { Transcript, play } from './Transcript.js';

/** Every filter of a snapshot: `a@1/0 granted`, `b@2 pending`. */
function snapshot({ session }: Transcript): string[] {
  return [...session.filters].map(([key, { filter, requested, granted, state }]) => {
    expect(key).to.equal(filter);
    return `${filter}@${requested}${granted === undefined ? '' : `/${granted}`} ${state}`;
  });
}

/** A session in which the broker granted `a@1`, to a listener. */
function listening(): Transcript {
  return play(`
    up              | started
    listen a@1      | turn?
    turn            | > subscribe 1 a@1
    < suback 1 1    | subscribed a@1/1
  `);
}

/** As many publishes in flight as there are identifiers, `free` left over. */
function crowded(free: number, options: Partial<SessionOptions> = {}): Transcript {
  const transcript = new Transcript(options);
  transcript.step('up');
  for (let i = 1; i <= 65_535 - free; i++) transcript.step(`publish m${i}@1`);
  return transcript;
}

describe('Subscriptions', () => {
  describe('listeners', () => {
    it('should subscribe with the first and unsubscribe with the last [MQTT-3.8.4-5] [MQTT-3.10.4-4]', () => {
      const { session } = play(`
        up              | started
        listen a@1      | turn?
        turn            | > subscribe 1 a@1
        < suback 1 1    | subscribed a@1/1
        leave a@1       | turn?
        turn            | > unsubscribe 2 a
        < unsuback 2    | unsubscribed a
        turn            |
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should share one SUBSCRIBE and one UNSUBSCRIBE for all filters of a turn [MQTT-3.8.3-3] [MQTT-3.10.3-2]', () => {
      play(`
        up                    | started
        listen a@1            | turn?
        listen b@0            | turn?
        subscribe s c@2 d@2   | turn?
        turn                  | > subscribe 1 a@1 b@0 c@2 d@2
        < suback 1 1 0 2 1    | subscribed a@1/1; subscribed b@0/0; subscribed c@2/2; subscribed d@2/1; answered s c@2/2 d@2/1
        leave a@1             | turn?
        leave b@0             | turn?
        unsubscribe u c d     | turn?
        listen e@0            | turn?
        turn                  | > subscribe 2 e@0; > unsubscribe 3 a b c d
        < unsuback 3          | unsubscribed a; unsubscribed b; unsubscribed c; unsubscribed d; answered u
      `);
    });

    it('should ask for the highest QoS, and again when it rises, but not when it falls', () => {
      play(`
        up              | started
        listen a@0      | turn?
        listen a@1      | turn?
        turn            | > subscribe 1 a@1
        < suback 1 1    | subscribed a@1/1
        listen a@2      | turn?
        turn            | > subscribe 2 a@2
        < suback 2 2    | subscribed a@2/2
        leave a@2       | turn?
        turn            |
        leave a@1       | turn?
        turn            |
        leave a@0       | turn?
        turn            | > unsubscribe 3 a
      `);
    });

    it('should lower what is subscribed too high with the next thing that is sent, never alone', () => {
      play(`
        up              | started
        listen a@0      | turn?
        listen a@2      | turn?
        turn            | > subscribe 1 a@2
        < suback 1 2    | subscribed a@2/2
        leave a@2       | turn?
        turn            |
        listen b@1      | turn?
        turn            | > subscribe 2 b@1 a@0
        < suback 2 1 0  | subscribed b@1/1; subscribed a@0/0
        listen a@1      | turn?
        turn            | > subscribe 3 a@1
        leave a@1       | turn?
        turn            |
        < suback 3 1    | subscribed a@1/1
        leave b@1       | turn?
        turn            | > subscribe 4 a@0; > unsubscribe 5 b
      `);
    });

    it('should not lower what has risen again meanwhile', () => {
      play(`
        up              | started
        listen a@0      | turn?
        listen a@2      | turn?
        turn            | > subscribe 1 a@2
        < suback 1 2    | subscribed a@2/2
        leave a@2       | turn?
        turn            |
        listen a@2      | turn?
        listen b@0      | turn?
        turn            | > subscribe 2 a@2 b@0
        < suback 2 2 0  | subscribed a@2/2; subscribed b@0/0
      `);
    });

    it('should say that a filter is being subscribed before it is', () => {
      const transcript = new Transcript();
      transcript.shows.add('subscribing');
      transcript.play(`
        listen a@1      |
        listen b@1      |
        up              | subscribing a; subscribing b; > subscribe 1 a@1 b@1; started
        leave a@1       | turn?
        turn            | > unsubscribe 2 a
      `);
    });

    it('should cut what is too much for one packet, and answer a call when the last part is answered', () => {
      play(
        `
        up                      | started
        subscribe s a@0 b@0 c@0 | turn?
        listen d@1              | turn?
        turn                    | > subscribe 1 a@0 b@0; > subscribe 2 c@0 d@1
        < suback 2 0 1          | subscribed c@0/0; subscribed d@1/1
        < suback 1 0 0          | subscribed a@0/0; subscribed b@0/0; answered s c@0/0 a@0/0 b@0/0
        unsubscribe u a b c     | turn?
        turn                    | > unsubscribe 3 a b; > unsubscribe 4 c
        < unsuback 3            | unsubscribed a; unsubscribed b
        < unsuback 4            | unsubscribed c; answered u
      `,
        { subscribeBatch: 2 },
      );
    });

    it('should keep the parts for which there is no identifier', () => {
      const transcript = crowded(1, { subscribeBatch: 1 }).play(`
        listen a@1        | turn?
        listen b@1        | turn?
        turn              | > subscribe 65535 a@1
        < suback 65535 1  | subscribed a@1/1; turn?
        turn              | > subscribe 65535 b@1
      `);
      expect(transcript.session.requested).to.equal(1);
    });

    it('should renew an active filter for one who joins: it wants the retained messages [MQTT-3.8.4-3]', () => {
      listening().play(`
        listen a@0      | turn?
        turn            | > subscribe 2 a@1
        listen a@0      | turn?
        turn            | > subscribe 3 a@1
        < suback 2 1    |
        < suback 3 1    | subscribed a@1/1
        down            |
        listen a@0      |
        up resumed      | > subscribe 4 a@1; resumed
      `);
    });

    it('should not renew a shared subscription: the broker sends it no retained messages', () => {
      play(`
        up                     | started
        listen $share/g/a@0    | turn?
        turn                   | > subscribe 1 $share/g/a@0
        < suback 1 0           | subscribed $share/g/a@0/0
        listen $share/g/a@0    | turn?
        turn                   |
        listen $share/g/a@1    | turn?
        turn                   | > subscribe 2 $share/g/a@1
      `);
    });

    it('should keep nothing of listeners that come and go while there is no connection', () => {
      const transcript = new Transcript();
      for (let i = 0; i < 100; i++) transcript.play(`listen f${i}@0 |\nleave f${i}@0 |`);
      expect(transcript.session.isBusy).to.equal(false);
      transcript.play('up | started');
    });

    it('should unsubscribe a filter that was granted and is refused when it is asked for again', () => {
      listening().play(`
        listen a@2         | turn?
        turn               | > subscribe 2 a@2
        < suback 2 128     | refused a; turn?
        turn               | > unsubscribe 3 a
        < unsuback 3       | unsubscribed a
      `);
    });

    it('should say nothing when all that was asked for in a turn was taken back in it', () => {
      listening().play(`
        listen b@0      | turn?
        leave b@0       |
        leave a@1       | turn?
        listen a@1      | turn?
        leave never@0   | turn?
        turn            | > subscribe 2 a@1
      `);
    });

    it('should subscribe anew while UNSUBSCRIBE is on its way', () => {
      const transcript = listening().play(`
        leave a@1       | turn?
        turn            | > unsubscribe 2 a
        listen a@0      | turn?
        turn            | > subscribe 3 a@0
        < unsuback 2    | unsubscribed a
        turn            |
        < suback 3 0    | subscribed a@0/0
      `);
      expect(snapshot(transcript)).to.deep.equal(['a@0/0 granted']);
    });

    it('should unsubscribe while SUBSCRIBE is on its way', () => {
      const transcript = play(`
        up              | started
        listen a@0      | turn?
        turn            | > subscribe 1 a@0
        leave a@0       | turn?
        turn            | > unsubscribe 2 a
        < suback 1 0    |
        < unsuback 2    | unsubscribed a
      `);
      expect(snapshot(transcript)).to.deep.equal([]);
      expect(transcript.session.isIdle).to.equal(true);
    });
  });

  describe('subscribe and unsubscribe', () => {
    it('should keep a filter whoever listens, until it is unsubscribed', () => {
      play(`
        up                | started
        subscribe s a@2   | turn?
        listen a@0        | turn?
        turn              | > subscribe 1 a@2
        < suback 1 2      | subscribed a@2/2; answered s a@2/2
        leave a@0         | turn?
        turn              |
        unsubscribe u a   | turn?
        turn              | > unsubscribe 2 a
        < unsuback 2      | unsubscribed a; answered u
      `);
    });

    it('should leave listeners their claim, and then have nothing to wait for', () => {
      listening().play(`
        subscribe s a@2   | turn?
        turn              | > subscribe 2 a@2
        < suback 2 2      | subscribed a@2/2; answered s a@2/2
        unsubscribe u a   | turn?
        turn              | answered u
        leave a@1         | turn?
        turn              | > unsubscribe 3 a
      `);
    });

    it('should ask again what is subscribed already, and take a lower QoS at its word', () => {
      play(`
        up                 | started
        subscribe s a@2    | turn?
        turn               | > subscribe 1 a@2
        < suback 1 2       | subscribed a@2/2; answered s a@2/2
        subscribe r a@1 a@1 | turn?
        turn               | > subscribe 2 a@1
        < suback 2 0       | subscribed a@1/0; answered r a@1/0
      `);
    });

    it('should unsubscribe what only the broker knows, from an earlier process', () => {
      play(`
        up resumed        | resumed
        unsubscribe u a   | turn?
        turn              | > unsubscribe 1 a
        < unsuback 1      | unsubscribed a; answered u
        unsubscribe u a   | turn?
        turn              | > unsubscribe 2 a
      `);
    });

    it('should subscribe for a listener who came in the same turn as unsubscribe', () => {
      for (const filter of ['a', '$share/g/a']) {
        play(`
          up                      | started
          listen ${filter}@0      | turn?
          unsubscribe u ${filter} | turn?
          turn                    | > subscribe 1 ${filter}@0
          < suback 1 0            | subscribed ${filter}@0/0; answered u
        `);
        play(`
          up                      | started
          unsubscribe u ${filter} | turn?
          listen ${filter}@0      | turn?
          turn                    | > subscribe 1 ${filter}@0
          < suback 1 0            | subscribed ${filter}@0/0; answered u
        `);
        play(`
          listen ${filter}@0      |
          unsubscribe u ${filter} |
          up resumed              | > subscribe 1 ${filter}@0; resumed
        `);
      }
    });

    it('should let the last word of a turn count, and answer both', () => {
      play(`
        up                | started
        subscribe s a@1   | turn?
        unsubscribe u a   | turn?
        turn              | > unsubscribe 1 a
        < unsuback 1      | unsubscribed a; answered s; answered u
        unsubscribe v a   | turn?
        subscribe t a@1   | turn?
        turn              | > subscribe 2 a@1
        < suback 2 1      | subscribed a@1/1; answered v; answered t a@1/1
      `);
    });

    it('should wait for the UNSUBACK that is on its way', () => {
      const { session } = listening().play(`
        leave a@1         | turn?
        turn              | > unsubscribe 2 a
        unsubscribe u a   | turn?
        turn              |
        < unsuback 2      | unsubscribed a; answered u
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should answer a call over several filters when the last is answered', () => {
      play(`
        up                  | started
        subscribe s a@0 b@0 | turn?
        turn                | > subscribe 1 a@0 b@0
        down                |
        unsubscribe u b     |
        up                  | answered u; > subscribe 2 a@0; started
        < suback 2 0        | subscribed a@0/0; answered s a@0/0
      `);
    });
  });

  describe('a refusal', () => {
    it('should end the claims of one filter of several, the others stay granted', () => {
      const transcript = play(`
        up                      | started
        listen a@1              | turn?
        subscribe s a@0 b@0 c@0 | turn?
        turn                    | > subscribe 1 a@1 b@0 c@0
        < suback 1 1 refused 0  | subscribed a@1/1; refused b; subscribed c@0/0; answered s a@1/1 c@0/0 SUBSCRIPTION_REFUSED
        turn                    |
      `);
      expect(snapshot(transcript)).to.deep.equal(['a@1/1 granted', 'c@0/0 granted', 'b@0 refused']);
      transcript.play(`
        down    |
        up      | > subscribe 2 a@1 c@0; started
      `);
    });

    it('should not keep anybody from trying again', () => {
      play(`
        up                | started
        listen a@0        | turn?
        turn              | > subscribe 1 a@0
        < suback 1 refused | refused a
        listen a@0        | turn?
        turn              | > subscribe 2 a@0
        < suback 2 0      | subscribed a@0/0
      `);
    });

    it('should be told to one who asked while it was on its way', () => {
      const { session } = play(`
        up                  | started
        listen a@0          | turn?
        turn                | > subscribe 1 a@0
        subscribe s a@0     | turn?
        unsubscribe u a     | turn?
        < suback 1 refused  | refused a; answered s SUBSCRIPTION_REFUSED; answered u; turn?
        turn                | 
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should not be told to one who unsubscribes', () => {
      play(`
        up                  | started
        listen a@0          | turn?
        unsubscribe u a     | turn?
        turn                | > subscribe 1 a@0
        < suback 1 refused  | refused a; answered u
      `);
    });

    it('should say nothing of a SUBSCRIBE that was sent later', () => {
      play(`
        up                  | started
        listen a@0          | turn?
        turn                | > subscribe 1 a@0
        subscribe s a@1     | turn?
        turn                | > subscribe 2 a@1
        < suback 1 refused  |
        < suback 2 1        | subscribed a@1/1; answered s a@1/1
      `);
    });

    it('should leave an unsubscribe of the filter possible', () => {
      play(`
        up                  | started
        subscribe s a@0     | turn?
        turn                | > subscribe 1 a@0
        < suback 1 refused  | refused a; answered s SUBSCRIPTION_REFUSED
        unsubscribe u a     | turn?
        turn                | > unsubscribe 2 a
        < unsuback 2        | unsubscribed a; answered u
      `);
    });
  });

  describe('a reconnect', () => {
    it('should renew all filters in one SUBSCRIBE when the session is lost, also one granted at a lower QoS', () => {
      play(`
        up                  | started
        listen a@1          | turn?
        subscribe s b@2     | turn?
        turn                | > subscribe 1 a@1 b@2
        < suback 1 1 0      | subscribed a@1/1; subscribed b@2/0; answered s b@2/0
        down                |
        listen c@0          |
        up                  | > subscribe 2 c@0 a@1 b@2; started
      `);
    });

    it('should say only what the broker does not know yet when the session is there', () => {
      play(`
        up                  | started
        listen a@1          | turn?
        subscribe s b@2     | turn?
        turn                | > subscribe 1 a@1 b@2
        < suback 1 1 0      | subscribed a@1/1; subscribed b@2/0; answered s b@2/0
        down                |
        up resumed          | resumed
        down                |
        listen c@0          |
        up resumed          | > subscribe 2 c@0; resumed
      `);
    });

    it('should give up what was given up meanwhile, if the session is there', () => {
      for (const [up, effects] of [
        ['up resumed', '> unsubscribe 2 a; resumed'],
        ['up', 'started'],
      ] as const) {
        // prettier-ignore
        listening().play(`
          down      |
          leave a@1 |
          ${up}     | ${effects}
        `);
      }
    });

    it('should ask again what was not answered', () => {
      for (const up of ['up', 'up resumed']) {
        play(`
          up                  | started
          listen a@1          | turn?
          subscribe s b@2     | turn?
          turn                | > subscribe 1 a@1 b@2
          down                |
          down                |
          ${up}               | > subscribe 2 a@1 b@2; ${up === 'up' ? 'started' : 'resumed'}
          < suback 1 1 0      |
          < suback 2 1 2      | subscribed a@1/1; subscribed b@2/2; answered s b@2/2
        `);
      }
    });

    it('should renew a grant whose SUBSCRIBE was not answered', () => {
      listening().play(`
        subscribe s a@0     | turn?
        turn                | > subscribe 2 a@1
        down                |
        up resumed          | > subscribe 3 a@1; resumed
        < suback 3 1        | subscribed a@1/1; answered s a@1/1
      `);
    });

    it('should ask again for a call that was not answered, though a later SUBSCRIBE was', () => {
      play(`
        up                  | started
        subscribe s a@0     | turn?
        turn                | > subscribe 1 a@0
        listen a@0          | turn?
        turn                | > subscribe 2 a@0
        < suback 2 0        | subscribed a@0/0
        down                |
        up resumed          | > subscribe 3 a@0; resumed
        < suback 3 0        | subscribed a@0/0; answered s a@0/0
      `);
    });

    it('should unsubscribe again what was not answered, if the session is there', () => {
      for (const [up, effects] of [
        ['up resumed', '> unsubscribe 3 a; resumed'],
        ['up', 'answered u; started'],
      ] as const) {
        listening().play(`
          subscribe s a@0   | turn?
          leave a@1         | turn?
          unsubscribe u a   | turn?
          turn              | > unsubscribe 2 a
          down              |
          ${up}             | ${effects === 'answered u; started' ? 'answered s; answered u; started' : effects}
        `);
      }
    });

    it('should subscribe again when UNSUBSCRIBE was not answered: the broker may have done it', () => {
      for (const filter of ['a', '$share/g/a']) {
        play(`
          up                 | started
          listen ${filter}@0 | turn?
          turn               | > subscribe 1 ${filter}@0
          < suback 1 0       | subscribed ${filter}@0/0
          leave ${filter}@0  | turn?
          turn               | > unsubscribe 2 ${filter}
          listen ${filter}@0 | turn?
          down               |
          up resumed         | > subscribe 3 ${filter}@0; resumed
        `);
      }
    });

    it('should unsubscribe when SUBSCRIBE was not answered and is not wanted any more', () => {
      play(`
        up              | started
        listen a@0      | turn?
        turn            | > subscribe 1 a@0
        down            |
        leave a@0       |
        up resumed      | > unsubscribe 2 a; resumed
      `);
    });

    it('should let a refused filter be forgotten', () => {
      const transcript = play(`
        up                 | started
        listen a@0         | turn?
        turn               | > subscribe 1 a@0
        < suback 1 refused | refused a
        down               |
        up resumed         | resumed
      `);
      expect(snapshot(transcript)).to.deep.equal([]);
    });
  });

  describe('answers', () => {
    it('should be harmless when they come twice', () => {
      const { session } = listening().play(`
        listen b@0       | turn?
        leave a@1        | turn?
        turn             | > subscribe 2 b@0; > unsubscribe 3 a
        < suback 2 0     | subscribed b@0/0
        < unsuback 3     | unsubscribed a
        < suback 2 0     |
        < unsuback 3     |
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should say nothing of the present when something newer was sent since', () => {
      const { session } = play(`
        up               | started
        listen a@0       | turn?
        subscribe s b@0  | turn?
        turn             | > subscribe 1 a@0 b@0
        leave a@0        | turn?
        turn             | > unsubscribe 2 a
        listen a@0       | turn?
        turn             | > subscribe 3 a@0
        unsubscribe u a  | turn?
        turn             | answered u
        < suback 1 0 0   | subscribed b@0/0; answered s b@0/0
        < unsuback 2     | unsubscribed a
        < suback 3 0     | subscribed a@0/0
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should never be asked for again on one connection, and at once on the next', () => {
      play(`
        up               | started
        listen b@0       | turn?
        turn             | > subscribe 1 b@0
        turn             |
        turn             |
        down             |
        up resumed       | > subscribe 2 b@0; resumed
        turn             |
      `);
    });

    for (const [sent, came, clause] of [
      ['listen b@0 | turn?\nturn | > subscribe 2 b@0', 'suback 2', 'MQTT-3.8.4-5'],
      ['listen b@0 | turn?\nturn | > subscribe 2 b@0', 'suback 2 0 0', 'MQTT-3.8.4-5'],
      ['listen b@0 | turn?\nturn | > subscribe 2 b@0', 'unsuback 2', 'MQTT-3.8.4-5'],
      ['leave a@1 | turn?\nturn | > unsubscribe 2 a', 'suback 2 0', 'MQTT-3.10.4-4'],
    ] as const) {
      it(`should break the connection: ${came} to ${sent.split('> ')[1]!} [${clause}]`, () => {
        const { session } = listening().play(`
          ${sent}
          < ${came}  | violation ${clause}
        `);
        expect(session.isIdle).to.equal(false);
      });
    }
  });

  describe('without a free identifier', () => {
    it('should wait, and go out when one is free [MQTT-2.3.1-2]', () => {
      const transcript = crowded(0).play(`
        listen a@1        | turn?
        subscribe s b@0   | turn?
        turn              |
        publish c@1       | turn?
        turn              |
        < puback 500      | settle m500; turn?
        turn              | > subscribe 500 a@1 b@0
        < puback 7        | settle m7; > publish 7 c@1
        < suback 500 1 0  | subscribed a@1/1; subscribed b@0/0; answered s b@0/0
        publish d@1       | > publish 500 d@1
      `);
      expect(transcript.session.isBusy).to.equal(false);
    });

    it('should send SUBSCRIBE with the last one, and UNSUBSCRIBE with the next', () => {
      const transcript = crowded(2).play(`
        listen a@1         | turn?
        turn               | > subscribe 65534 a@1
        < suback 65534 1   | subscribed a@1/1
        leave a@1          | turn?
        listen b@0         | turn?
        publish z@1        | turn?
        unsubscribe u c    | turn?
        turn               | > subscribe 65535 b@0; > unsubscribe 65534 a c
        publish y@1        | turn?
        < unsuback 65534   | unsubscribed a; unsubscribed c; answered u; turn?
        turn               | > publish 65534 z@1
        leave b@0          | turn?
        turn               |
        < suback 65535 0   | subscribed b@0/0; turn?
        turn               | > unsubscribe 65535 b
      `);
      expect(snapshot(transcript)).to.deep.equal([]);
    });
  });

  describe('give-up', () => {
    it('should take the listeners out, and withdraw what was never granted', () => {
      const transcript = listening().play(`
        subscribe s b@1     | turn?
        turn                | > subscribe 2 b@1
        < suback 2 1        | subscribed b@1/1; answered s b@1/1
        subscribe s b@2 c@2 | turn?
        turn                | > subscribe 3 b@2 c@2
        down                |
        subscribe t d@1     |
        give-up kept     | answered s CLIENT_ENDED; answered t CLIENT_ENDED
      `);
      expect(snapshot(transcript)).to.deep.equal(['b@2 pending']);
      transcript.play(`
        up resumed          | > subscribe 4 b@2; > unsubscribe 5 a c; resumed
      `);
    });

    it('should leave alone what was subscribed after the unsubscribe that fails', () => {
      play(`
        up                  | started
        unsubscribe u a     | turn?
        listen b@0          | turn?
        turn                | > subscribe 1 b@0; > unsubscribe 2 a
        subscribe s a@0     | turn?
        turn                | > subscribe 3 a@0
        listen a@0          | turn?
        turn                | > subscribe 4 a@0
        < suback 3 0        | answered s a@0/0
        give-up kept     | answered u CLIENT_ENDED
        down                |
        up                  | > subscribe 5 a@0; started
      `);
    });

    it('should send nothing: a persistent session keeps collecting after the end', () => {
      listening().play(`
        subscribe s b@1     | turn?
        turn                | > subscribe 2 b@1
        give-up kept     | answered s CLIENT_ENDED
        turn                |
        < suback 2 1        | subscribed b@1/1
        turn                |
        down                |
      `);
    });

    it('should not forget what was given up', () => {
      listening().play(`
        down                |
        unsubscribe u x     |
        give-up kept     | answered u CLIENT_ENDED
        up resumed          | > unsubscribe 2 x a; resumed
        < unsuback 2        | unsubscribed x; unsubscribed a
      `);
    });

    it('should tell what was granted of a call before it failed', () => {
      play(`
        up                  | started
        subscribe s a@1 b@1 | turn?
        turn                | > subscribe 1 a@1 b@1
        subscribe t a@1     | turn?
        turn                | > subscribe 2 a@1
        < suback 1 1 0      | subscribed b@1/0; answered s a@1/1 b@1/0
        give-up kept     | answered t CLIENT_ENDED
        < suback 2 1        | subscribed a@1/1
      `);
    });
  });

  it('should show every filter that is wanted or was refused', () => {
    const transcript = new Transcript();
    const rows: [string, string[]][] = [
      ['listen a@1', ['a@1 pending']],
      ['subscribe s b@0', ['a@1 pending', 'b@0 pending']],
      ['up', ['a@1 pending', 'b@0 pending']],
      ['< suback 1 0 refused', ['a@1/0 granted', 'b@0 refused']],
      ['listen a@2', ['a@1/0 granted', 'b@0 refused']],
      ['turn', ['a@2 pending', 'b@0 refused']],
      ['< suback 2 2', ['a@2/2 granted', 'b@0 refused']],
      ['leave a@2', ['a@2/2 granted', 'b@0 refused']],
      ['down', ['a@2/2 granted']],
      ['leave a@1', []],
      ['listen a@1', ['a@2/2 granted']],
      ['up', ['a@1 pending']],
      ['< suback 3 1', ['a@1/1 granted']],
      ['leave a@1', []],
      ['turn', []],
      ['unsubscribe u c', []],
      ['listen c@0', ['c@0 pending']],
    ];
    for (const [input, expected] of rows) {
      transcript.step(input);
      expect(snapshot(transcript), input).to.deep.equal(expected);
    }
  });

  describe('limits of an MQTT 5 server', () => {
    it('should refuse wildcards alone where there are none (MQTT5 section 3.2.2.3.11), and ask the next server', () => {
      play(`
        up v5 wildcards=0     | started
        subscribe s a@1 b/#@1 | turn?
        listen +@0            | turn?
        turn                  | refused b/# NOT_SUPPORTED; refused + NOT_SUPPORTED; > subscribe 1 #1 a@1
        < suback 1 1          | subscribed a@1/1; answered s a@1/1 NOT_SUPPORTED
        down                  |
        up v5                 | > subscribe 2 #1 a@1; started
        listen +@0            | turn?
        turn                  | > subscribe 3 #2 +@0
      `);
    });

    it('should refuse shared filters alone where there are none (MQTT5 section 3.2.2.3.13)', () => {
      play(`
        up v5 shared=0        | started
        listen $share/g/a@0   | turn?
        listen a@0            | turn?
        turn                  | refused $share/g/a NOT_SUPPORTED; > subscribe 1 #1 a@0
      `);
    });

    it('should decide for each connection, and take back what is not to be had any more', () => {
      const { session } = play(`
        up v5                 | started
        listen a/+@0          | turn?
        turn                  | > subscribe 1 #1 a/+@0
        < suback 1 0          | subscribed a/+@0/0
        down                  |
        up resumed v5 wildcards=0 | resumed
        listen a/+@1          | turn?
        turn                  | refused a/+ NOT_SUPPORTED; > unsubscribe 2 a/+
        < unsuback 2 0        | unsubscribed a/+
        turn                  |
      `);
      expect(session.isIdle).to.equal(true);
    });

    it('should not lower along what the server cannot take', () => {
      play(`
        up v5                 | started
        listen a/+@0          | turn?
        listen a/+@2          | turn?
        turn                  | > subscribe 1 #1 a/+@2
        < suback 1 2          | subscribed a/+@2/2
        leave a/+@2           | turn?
        turn                  |
        down                  |
        up resumed v5 wildcards=0 | resumed
        listen b@0            | turn?
        turn                  | > subscribe 2 #2 b@0
      `);
    });

    it('should refuse one filter that is too large, and ask for the others in packets that fit [MQTT5-3.2.2-15]', () => {
      const long = 'x'.repeat(24);
      const longer = 'y'.repeat(25);
      // 2 of the header, 2 of the packet identifier, 1 + 5 of properties, 3 beside the text: 37 bytes
      play(`
        up v5 size=37         | started
        listen ${long}@0      | turn?
        listen ${longer}@0    | turn?
        listen a@0            | turn?
        listen b@0            | turn?
        turn                  | refused ${longer} PACKET_TOO_LARGE; > subscribe 1 #1 ${long}@0; > subscribe 2 #2 a@0 b@0
      `);
    });

    it('should give up an UNSUBSCRIBE that has become too large', () => {
      play(`
        up v5                 | started
        subscribe s ${'x'.repeat(30)}@0 | turn?
        turn                  | > subscribe 1 #1 ${'x'.repeat(30)}@0
        < suback 1 0          | subscribed ${'x'.repeat(30)}@0/0; answered s ${'x'.repeat(30)}@0/0
        down                  |
        up resumed v5 size=30 | resumed
        unsubscribe u ${'x'.repeat(30)} | turn?
        turn                  | kept ${'x'.repeat(30)}; answered u PACKET_TOO_LARGE
        turn                  |
        down                  |
        up resumed v5         | > unsubscribe 2 ${'x'.repeat(30)}; resumed
      `);
    });
  });

  describe('reason codes of MQTT 5', () => {
    it('should refuse by each code from 0x80 on, and grant the others [MQTT5-3.9.3-1]', () => {
      play(`
        up v5                 | started
        subscribe s a@1 b@1 c@1 | turn?
        turn                  | > subscribe 1 #1 a@1 b@1 c@1
        < suback 1 0x87 1 0x97 | refused a; subscribed b@1/1; refused c; answered s b@1/1 SUBSCRIPTION_REFUSED
      `);
    });

    it('should err an unsubscribe that is refused, and ask again only on the next connection [MQTT5-3.11.3-1]', () => {
      play(`
        up v5                 | started
        subscribe s a@1 b@1   | turn?
        turn                  | > subscribe 1 #1 a@1 b@1
        < suback 1 1 1        | subscribed a@1/1; subscribed b@1/1; answered s a@1/1 b@1/1
        unsubscribe u a b     | turn?
        turn                  | > unsubscribe 2 a b
        < unsuback 2 0x87 0   | kept a; unsubscribed b; answered u SUBSCRIPTION_REFUSED
        turn                  |
        listen a@0            | turn?
        leave a@0             | turn?
        turn                  |
        down                  |
        up resumed v5         | > unsubscribe 3 a; resumed
        < unsuback 3 0x87     | kept a
        unsubscribe v a       | turn?
        turn                  | > unsubscribe 4 a
        < unsuback 4 0        | unsubscribed a; answered v
        turn                  |
      `);
    });

    it('should take 0x11, no subscription existed, for success', () => {
      play(`
        up v5                 | started
        unsubscribe u a       | turn?
        turn                  | > unsubscribe 1 a
        < unsuback 1 0x11     | unsubscribed a; answered u
      `);
    });

    it('should refuse an answer with another number of codes [MQTT5-3.11.3-1]', () => {
      play(`
        up v5                 | started
        unsubscribe u a b     | turn?
        turn                  | > unsubscribe 1 a b
        < unsuback 1 0        | violation MQTT-3.10.4-4
      `);
    });

    it('should subscribe again what is wanted again, although the server kept it', () => {
      play(`
        up v5                 | started
        listen a@0            | turn?
        turn                  | > subscribe 1 #1 a@0
        < suback 1 0          | subscribed a@0/0
        leave a@0             | turn?
        turn                  | > unsubscribe 2 a
        < unsuback 2 0x83     | kept a
        listen a@0            | turn?
        turn                  | > subscribe 3 #2 a@0
      `);
    });
  });

  describe('subscription identifiers', () => {
    it('should be one for topic names, and one for each filter with wildcards or a prefix', () => {
      play(`
        up v5                 | started
        subscribe s a@0 b/#@0 $share/g/a@0 c@0 | turn?
        turn                  | > subscribe 1 #1 a@0 c@0; > subscribe 2 #2 b/#@0; > subscribe 3 #3 $share/g/a@0
      `);
    });

    it('should respect the batch', () => {
      play(
        `
        up v5                 | started
        subscribe s a@0 b@0 c@0 d/#@0 | turn?
        turn                  | > subscribe 1 #1 a@0 b@0; > subscribe 2 #2 c@0; > subscribe 3 #3 d/#@0
      `,
        { subscribeBatch: 2 },
      );
    });

    it('should wait for packet identifiers when there are more filters with wildcards than these', () => {
      const transcript = play('up v5 | started');
      for (let i = 0; i < 70_000; i++) transcript.step(`listen ${i}/+@0`);
      const sent = () => transcript.step('turn').split('; ').filter((effect) => effect.startsWith('>')).length; // prettier-ignore
      expect([sent(), sent()]).to.deep.equal([65_535, 0]);
      for (let i = 1; i <= 10_000; i++) transcript.step(`< suback ${i} 0`);
      expect(sent()).to.equal(70_000 - 65_535);
    }).timeout(20_000);

    it('should not be sent to a server that has none (MQTT5 section 3.2.2.3.12)', () => {
      play(`
        up v5 ids=0           | started
        subscribe s a@0 b/#@0 | turn?
        turn                  | > subscribe 1 a@0 b/#@0
      `);
    });

    it('should be new for each SUBSCRIBE of a session, and begin anew with a new session', () => {
      play(`
        up v5                 | started
        listen a/+@0          | turn?
        turn                  | > subscribe 1 #1 a/+@0
        listen a/+@0          | turn?
        turn                  | > subscribe 2 #2 a/+@0
        < suback 1 0          |
        down                  |
        up resumed v5         | > subscribe 3 #3 a/+@0; resumed
        down                  |
        up v5                 | > subscribe 4 #1 a/+@0; started
      `);
    });

    it('should begin elsewhere in a session that an earlier process left', () => {
      play(
        `
        up resumed v5         | resumed
        listen a/+@0          | turn?
        turn                  | > subscribe 1 #1001 a/+@0
        down                  |
        up v5                 | > subscribe 2 #1 a/+@0; started
        `,
        { foreignFrom: 1_000 },
      );
    });
  });
});
