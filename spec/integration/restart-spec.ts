import { expect } from 'chai';
import { range } from 'rxjs';
import { publishEach } from '../../lib/index.js';
import { BROKERS, brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';

const COUNT = 2_000;
const KILLS = [200, 700, 1_400];
const ALL = [...Array(COUNT).keys()];

/**
 * Mosquitto acknowledges a message before it is on its disk, `autosave_on_changes` or not, and that option overlooks the
 * messages that go (eclipse-mosquitto/mosquitto#1726): killed at the wrong moment it forgets what it took charge of and
 * repeats what is done, and no client can make up for that. What the client promises shows only if the copy on disk is
 * no older than what the client has heard. Therefore, at each kill:
 *
 * 1. in the middle of whatever is going on, nobody hears the broker any more;
 * 2. it takes in what the reader has said by then: a message whose PUBREL it has sent, but whose PUBCOMP it lacks, it
 *    would publish anew after a restart;
 * 3. it saves, and is killed with SIGKILL, with all that it did or said since.
 *
 * To the clients it was killed at 1, and whatever was on its way is lost: PUBACK, PUBREC, PUBREL, PUBCOMP, PUBLISH.
 */
for (const { version, name } of BROKERS.filter(({ kind }) => kind === 'Mosquitto')) {
  describe(`${name} killed in mid-stream and started again`, function () {
    this.timeout(60_000);
    const on = brokerStage(version);

    for (const qos of [1, 2] as const) {
      it(`should lose nothing${qos === 2 ? ' and double nothing' : ''} at QoS ${qos} [MQTT-4.4.0-1]`, async () => {
        const broker = await on.mosquitto({ persistence: true, verbose: true });
        const proxy = await on.proxy(broker);
        const reader = on.client(proxy.url, { clientId: 'reader', cleanSession: false });
        const writer = on.client(proxy.url, { clientId: 'writer', cleanSession: false });
        const received = record(reader.topic$('n/+', { qos }));
        const connections = record(reader.connection$);
        await granted(reader, 'n/+');

        const results = record(
          range(COUNT).pipe(
            publishEach(writer, (n) => ({ topic: 'n/a', payload: String(n), qos }), { concurrency: 100 }),
          ),
        );
        for (const [i, kill] of KILLS.entries()) {
          await received.first(kill);
          proxy.hold();
          const heard = broker.says('Received PINGREQ from reader');
          reader.ping().subscribe({ error: () => undefined }); // the last word of the reader: it is never answered
          await heard;
          await broker.save();
          await broker.restart();
          proxy.cut();
          proxy.release();
          expect((await connections.first(i + 2))[i + 1]).to.have.property('sessionPresent', true);
        }

        const failed = (await results.first(COUNT)).filter(({ error }) => error);
        expect(failed).to.deep.equal([]);
        record(writer.publish('n/end', '', { qos }));
        const numbers = (await received.until(({ topic }) => topic === 'n/end'))
          .slice(0, -1)
          .map((m) => Number(m.text()));
        // At QoS 1 some came twice; the order of the first ones is kept at both [MQTT-4.6.0-6].
        expect(qos === 2 ? numbers : [...new Set(numbers)]).to.deep.equal(ALL);
      });

      it(`should settle every publish at QoS ${qos} when it is killed without further ado`, async () => {
        const broker = await on.mosquitto({ persistence: true });
        const writer = on.client(broker.url, { clientId: 'writer', cleanSession: false, onSessionLost: 'republish' });
        const results = record(
          range(COUNT).pipe(
            publishEach(writer, (n) => ({ topic: 'n', payload: String(n), qos }), { concurrency: 100 }),
          ),
        );
        await results.first(COUNT / 4);
        await broker.save(); // an old state comes back to life, or none
        await results.first(COUNT / 2);
        await broker.restart();
        expect((await results.first(COUNT)).filter(({ error }) => error)).to.deep.equal([]);
      });
    }
  });
}
