import { expect } from 'chai';
import { ClassicLevel } from 'classic-level';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { levelStore } from '../../lib/store/levelStore.js';
import { run } from '../examples/run.js';
import { brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { LEFT_COUNT, leftProperties } from '../support/leftProperties.js';
import { record } from '../support/record.js';

const PUBLISHER = join(import.meta.dirname, '../support/killedPublisher.ts');
const ALL = [...Array(LEFT_COUNT).keys()];

describe('a process killed while it publishes with properties, under MQTT 5 at Mosquitto', function () {
  this.timeout(60_000);
  const on = brokerStage();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tortoise-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const session of ['is still there', 'has expired'] as const) {
    it(`should leave every message with its properties to the next one, when the session ${session}`, async () => {
      const isLost = session === 'has expired';
      const broker = await on.mosquitto();
      const reader = on.client(broker.url, { clientId: 'reader', protocolVersion: 5, cleanSession: false });
      const received = record(reader.topic$('left/+', { qos: 2 }));
      await granted(reader, 'left/+');

      const proxy = await on.proxy(broker);
      let isKilled = false;
      void received.first(50).then(() => isKilled || proxy.hold()); // it must not be done before it is killed
      const onOutput = (stdout: string) => (stdout.includes('\n') ? 'SIGKILL' : undefined);
      const ending = await run(PUBLISHER, { args: [proxy.url, folder], patience: 30_000, onOutput });
      isKilled = true;
      proxy.cut();
      proxy.release();
      expect([ending.code, ending.stderr]).to.deep.equal([null, '']);
      expect(ending.stdout.split('\n').length - 1).to.be.within(1, 100);

      if (isLost) {
        const other = on.client(broker.url, { clientId: 'writer', protocolVersion: 5 }); // a clean start
        await record(other.connection$).first(1);
        await record(other.end()).until(() => false);
      }
      const db = new ClassicLevel(folder);
      const writer = on.client(proxy.url, {
        clientId: 'writer',
        protocolVersion: 5,
        cleanSession: false,
        onSessionLost: 'republish',
        store: levelStore(db),
      });
      const [connection] = await record(writer.connection$).first(1);
      expect(connection).to.have.property('sessionPresent', !isLost);
      record(writer.publish('left/end', '', { qos: 2 }));
      const messages = (await received.until(({ topic }) => topic === 'left/end')).slice(0, -1);

      const numbers = messages.map((one) => Number(one.text()));
      for (const [i, { properties }] of messages.entries()) {
        expect(properties).to.deep.include(leftProperties(numbers[i]!));
        expect(properties.messageExpiryInterval).to.be.within(400, 500);
      }
      // At QoS 1, and when the session was lost, some came twice.
      expect([...new Set(numbers)].sort((a, b) => a - b)).to.deep.equal(ALL);
      const atQoS2 = numbers.filter((n) => n % 2 === 1);
      if (!isLost) expect(new Set(atQoS2).size).to.equal(atQoS2.length);
      await record(writer.end()).until(() => false);
      await db.close();
    });
  }
});
