import { expect } from 'chai';
import { createHash, randomFillSync } from 'node:crypto';
import { firstValueFrom, range, take } from 'rxjs';
import { publishEach } from '../../lib/index.js';
import { BROKERS_OF_311, brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';

const ALL_IDS = 65_535;
const MORE = 100;
/**
 * Not QoS 2 at Mosquitto: it looks through the list of all exchanges at each packet, which takes 20 s. The test broker can,
 * but nobody tests an application with so many.
 */
const IN_FLIGHT = { aedes: [1, 2], Mosquitto: [1], kit: [] } as const;
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

for (const { kind, name } of BROKERS_OF_311) {
  describe(`load on ${name}`, function () {
    this.timeout(60_000);
    const on = brokerStage();

    for (const qos of IN_FLIGHT[kind]) {
      it(`should have 65,535 exchanges in flight at QoS ${qos}, every identifier in use [MQTT-2.3.1-2]`, async () => {
        const broker = await on.broker(kind);
        const proxy = await on.proxy(broker);
        const client = on.client(proxy.url, { keepAlive: 0 });
        record(client.connection$);
        await firstValueFrom(client.publish('a', '', { qos }));

        proxy.hold(); // nothing is acknowledged until all are in flight
        const results = record(
          range(ALL_IDS + MORE).pipe(
            publishEach(client, (n) => ({ topic: 'a', payload: String(n), qos }), { concurrency: Infinity }),
          ),
        );
        const { inFlight, queued } = await firstValueFrom(client.metrics$(1).pipe(take(1)));
        expect({ inFlight, queued }).to.deep.equal({ inFlight: ALL_IDS, queued: MORE });

        proxy.release();
        const settled = await results.first(ALL_IDS + MORE);
        expect(settled.filter(({ error }) => error)).to.deep.equal([]);
        const ids = new Set(settled.map(({ receipt }) => receipt!.packetId));
        expect(ids.size).to.equal(ALL_IDS);
      });
    }

    for (const qos of [0, 1, 2] as const) {
      it(`should carry 10 MB both ways at QoS ${qos}`, async () => {
        const { url } = await on.broker(kind);
        const payload = randomFillSync(new Uint8Array(10_000_000));
        const [reader, writer] = [on.client(url), on.client(url)];
        const received = record(reader.topic$('big', { qos }));
        await granted(reader, 'big');
        await firstValueFrom(writer.publish('big', payload, { qos }));
        const [message] = await received.first(1);
        expect(message!.payload).to.have.length(payload.length);
        expect(digest(message!.payload)).to.equal(digest(payload));
      });
    }
  });
}
