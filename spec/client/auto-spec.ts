import { expect } from 'chai';
import type { ClientOptions, Connection, MqttClient } from '../../lib/index.js';
import type { ScriptedConnection } from '../support/ScriptedConnection.js';
import { connackBy } from '../support/connackBy.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const KEPT: ClientOptions = { cleanSession: false };

clientSpecs(
  "protocolVersion: 'auto'",
  (stage) => {
    const versionsSeen = () => stage.broker.connections.map(({ version }) => version);
    let client: MqttClient;
    let held: Watched<Connection>;

    async function auto(options: ClientOptions = {}) {
      client = stage.client({ protocolVersion: 'auto', ...options });
      held = watch(client.connection$);
      await stage.settle();
    }
    const spoken = () => held.values.map(({ protocolVersion }) => protocolVersion);

    for (const [what, refuse] of [
      [
        'CONNACK 0x84',
        (server: ScriptedConnection) => server.send({ type: 'connack', sessionPresent: false, reasonCode: 0x84 }),
      ],
      ['CONNACK 1 of 3.1.1', (server: ScriptedConnection) => server.sendBytes(Uint8Array.of(0x20, 2, 0, 1))],
    ] as const) {
      it(`should speak 3.1.1 at once after ${what}, and remember it (MQTT5 section 3.1.2.2)`, async () => {
        connackBy(stage.broker, () => {
          const { current } = stage.broker;
          if (current.version === 4) return {};
          refuse(current);
          if (current.open) current.close();
          return 'silent';
        });
        await auto();
        expect([versionsSeen(), spoken()]).to.deep.equal([[5, 4], [4]]);
        expect(held.values[0]!.properties).to.equal(undefined);
        stage.broker.current.fail();
        await stage.tick(1_000);
        expect([versionsSeen(), spoken()]).to.deep.equal([
          [5, 4, 4],
          [4, 4],
        ]);
      });
    }

    it('should speak 3.1.1 when the server closes on CONNECT twice running, and remember it', async () => {
      stage.broker.offends = ({ type }) => type === 'connect' && stage.broker.current.version === 5;
      await auto();
      expect(versionsSeen()).to.deep.equal([5]);
      await stage.tick(1_000);
      expect([versionsSeen(), spoken()]).to.deep.equal([[5, 5, 4], [4]]);
      stage.broker.current.fail();
      await stage.tick(5_000);
      expect(versionsSeen()).to.deep.equal([5, 5, 4, 4]);
    });

    it('should stay with 5 at a server that has spoken it, however often it closes', async () => {
      await auto();
      stage.broker.offends = ({ type }) => type === 'connect';
      stage.broker.current.fail();
      await stage.tick(60_000);
      expect(versionsSeen().length).to.be.above(4);
      expect(new Set(versionsSeen())).to.deep.equal(new Set([5]));
    });

    it('should not say to a 3.1.1 server what it does not understand, save what must be understood', async () => {
      connackBy(stage.broker, () => (stage.broker.current.version === 5 ? { reasonCode: 0x84 } : {}));
      const will = { topic: 'w', properties: { willDelayInterval: 5 } };
      await auto({ ...KEPT, will, userProperties: { a: '1' }, sessionExpiryInterval: 60, topicAliases: 5 });
      expect(spoken()).to.deep.equal([4]);
      watch(client.publish('t', 'x'));
      await stage.settle();
      expect(stage.broker.current.take('publish')[0]).to.include({ topic: 't' });

      const respond = () => [];
      const other = stage.client({ protocolVersion: 'auto', authentication: { method: 'x', respond } });
      const refused = watch(other.connection$);
      await stage.settle();
      expect(refused.error).to.include({ code: 'NOT_SUPPORTED' });
    });
  },
  [5],
);
