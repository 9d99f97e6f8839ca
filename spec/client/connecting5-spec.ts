import { expect } from 'chai';
import { Subject, of } from 'rxjs';
import {
  type ClientOptions,
  type Connection,
  type ConnectionProperties,
  InvalidOptionsError,
  createClient,
} from '../../lib/index.js';
import type { ConnackProperties } from '../../lib/packet/PacketProperties.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const DEFAULTS: ConnectionProperties = {
  assignedClientIdentifier: undefined,
  serverKeepAlive: undefined,
  sessionExpiryInterval: 0,
  receiveMaximum: 65_535,
  maximumQoS: 2,
  retainAvailable: true,
  maximumPacketSize: 268_435_460,
  topicAliasMaximum: 0,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  sharedSubscriptionAvailable: true,
  responseInformation: undefined,
  serverReference: undefined,
  reasonString: undefined,
  userProperties: [],
};
const KEPT: ClientOptions = { cleanSession: false };

clientSpecs(
  'a connection with MQTT 5',
  (stage) => {
    /** What CONNECT of a client with these options says. */
    async function connectOf(options: ClientOptions) {
      const client = stage.client(options);
      watch<unknown>(client.connection$);
      await stage.settle();
      return stage.broker.current.take('connect')[0]!;
    }

    describe('CONNECT', () => {
      for (const [what, options, properties] of [
        ['sessionExpiryInterval', { ...KEPT, sessionExpiryInterval: 60 }, { sessionExpiryInterval: 60 }],
        [
          'sessionExpiryInterval by a function',
          { ...KEPT, sessionExpiryInterval: () => of(7) },
          { sessionExpiryInterval: 7 },
        ],
        ['a session for ever', { ...KEPT, sessionExpiryInterval: Infinity }, { sessionExpiryInterval: 0xffff_ffff }],
        ['cleanSession: false', KEPT, { sessionExpiryInterval: 0xffff_ffff }],
        ["cleanSession: 'first'", { cleanSession: 'first' }, { sessionExpiryInterval: 0xffff_ffff }],
        ['cleanSession: false and 0', { ...KEPT, sessionExpiryInterval: 0 }, {}],
        ['cleanSession: true', { cleanSession: true }, {}],
        ['receiveMaximum', { receiveMaximum: 10 }, { receiveMaximum: 10 }],
        ['the default of receiveMaximum', { receiveMaximum: 65_535 }, {}],
        ['maxPacketSize', { maxPacketSize: 1_000 }, { maximumPacketSize: 1_000 }],
        ['topicAliasMaximum', { topicAliasMaximum: 5 }, { topicAliasMaximum: 5 }],
        ['no aliases', { topicAliasMaximum: 0 }, { topicAliasMaximum: undefined }],
        ['requestResponseInformation', { requestResponseInformation: true }, { requestResponseInformation: true }],
        ['requestProblemInformation', { requestProblemInformation: false }, { requestProblemInformation: false }],
        ['the default of requestProblemInformation', { requestProblemInformation: true }, {}],
        ['userProperties as a record', { userProperties: { a: '1' } }, { userProperties: [['a', '1']] }],
        ['userProperties as a Map', { userProperties: new Map([['a', '1']]) }, { userProperties: [['a', '1']] }],
        [
          'userProperties as pairs, twice the same, by a function',
          {
            userProperties: () =>
              Promise.resolve([
                ['b', '1'],
                ['a', '2'],
                ['b', '1'],
              ] as const),
          },
          { userProperties: [['b', '1'], ['a', '2'], ['b', '1']] }, // prettier-ignore
        ],
      ] as [string, ClientOptions, object][]) {
        it(`should carry ${what} (MQTT5 section 3.1.2.11)`, async () => {
          const connect = await connectOf(options);
          const expected = { topicAliasMaximum: 64, ...properties };
          const said = JSON.parse(JSON.stringify(expected)) as object;
          expect({ ...connect.properties }).to.deep.equal(said);
        });
      }

      it('should carry the properties of the will, in its own place (MQTT5 section 3.1.3.2)', async () => {
        const properties = {
          willDelayInterval: 5,
          messageExpiryInterval: 60,
          contentType: 'text/plain',
          payloadFormatIndicator: 1,
          responseTopic: 'answers',
          userProperties: { a: '1' },
        } as const;
        const { will } = await connectOf({
          will: { topic: 'w', properties: { ...properties, correlationData: 'id' } },
        });
        const { correlationData, ...rest } = will!.properties!;
        expect(Buffer.from(correlationData!).toString()).to.equal('id');
        expect(rest).to.deep.equal({ ...properties, userProperties: [['a', '1']] });
      });

      it('should have a password without a user name, which 3.1.1 forbids (MQTT5 section 3.1.2.9)', async () => {
        const { username, password } = await connectOf({ password: 'token' });
        expect([username, Buffer.from(password!).toString()]).to.deep.equal([undefined, 'token']);
      });

      for (const [option, value] of [
        ['sessionExpiryInterval', 60],
        ['topicAliasMaximum', 1],
        ['topicAliases', 1],
        ['requestResponseInformation', true],
        ['requestProblemInformation', false],
        ['userProperties', {}],
        ['authentication', { method: 'x', respond: () => [] }],
      ] as const) {
        it(`should not lose ${option} in silence: with 3.1.1 it is refused`, () => {
          const options: ClientOptions = { server: 'mqtt://h', clientId: 'c', ...KEPT, [option]: value };
          expect(() => createClient(options))
            .to.throw(InvalidOptionsError, 'MQTT 5')
            .with.property('option', option);
        });
      }
    });

    describe('CONNACK', () => {
      const connectionOf = async (properties: ConnackProperties | undefined, options?: ClientOptions) => {
        stage.broker.connack = { properties };
        const { held } = await stage.online(options);
        return held.values.at(-1) as Connection;
      };

      it("should be told with the standard's defaults for what it leaves out (MQTT5 section 3.2.2.3)", async () => {
        expect(await connectionOf(undefined)).to.deep.equal({
          clientId: 'spec',
          server: 'custom transport',
          sessionPresent: false,
          protocolVersion: 5,
          properties: DEFAULTS,
        });
      });

      it('should be told with all that it says (MQTT5 section 3.2.2.3)', async () => {
        const said: ConnackProperties = {
          assignedClientIdentifier: 'given',
          serverKeepAlive: 30,
          sessionExpiryInterval: 7,
          receiveMaximum: 1,
          maximumQoS: 1,
          retainAvailable: false,
          maximumPacketSize: 100,
          topicAliasMaximum: 3,
          wildcardSubscriptionAvailable: false,
          subscriptionIdentifiersAvailable: false,
          sharedSubscriptionAvailable: false,
          responseInformation: 'answers/',
          serverReference: 'other',
          reasonString: 'welcome',
          userProperties: [['a', '1'], ['a', '1']], // prettier-ignore
        };
        const { properties, clientId } = await connectionOf(said);
        expect(properties).to.deep.equal(said);
        expect(clientId).to.equal('given');
      });

      for (const [what, said, options, expected] of [
        ['as CONNECT asked', {}, { ...KEPT, sessionExpiryInterval: 60 }, 60],
        ['for ever, as CONNECT asked', {}, KEPT, Infinity],
        ['as the server says', { sessionExpiryInterval: 7 }, KEPT, 7],
        ['for ever, as the server says', { sessionExpiryInterval: 0xffff_ffff }, {}, Infinity],
      ] as const) {
        it(`should tell how long the session lasts: ${what} (MQTT5 section 3.2.2.3.2)`, async () => {
          expect((await connectionOf(said, options)).properties!.sessionExpiryInterval).to.equal(expected);
        });
      }

      it('should give an identifier, which is used at every reconnect [MQTT5-3.2.2-16]', async () => {
        stage.broker.connack = { properties: { assignedClientIdentifier: 'given' } };
        const { held, server } = await stage.online({ clientId: '' });
        expect(server.received[0]).to.include({ clientId: '' });
        stage.broker.connack = {};
        for (let times = 1; times < 3; times++) {
          stage.broker.current.fail();
          await stage.tick(5_000);
          expect(stage.broker.current.received[0]).to.include({ clientId: 'given' });
          expect(held.values[times]).to.include({ clientId: 'given' });
        }
      });

      it('should be refused with a session that a clean start forbids [MQTT5-3.2.2-2] [MQTT5-3.2.2-4]', async () => {
        stage.broker.connack = { sessionPresent: true };
        const client = stage.client();
        const held = watch<unknown>(client.connection$);
        await stage.settle();
        expect(held.values).to.deep.equal([]);
        expect(stage.broker.current.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x82 }]);
      });

      for (const [serverKeepAlive, options, pings] of [
        [10, {}, [10_000, 20_000]],
        [10, { keepAlive: 0 }, [10_000, 20_000]],
        [100, {}, [60_000, 120_000]],
        [100, { keepAlive: 0 }, [100_000, 200_000]],
        [10, { keepAlive: 60, pingInterval: 4 }, [4_000, 8_000]],
        [0, {}, []],
        [undefined, { keepAlive: 10 }, [10_000, 20_000]],
      ] as const) {
        const how = `Server Keep Alive ${serverKeepAlive} and ${JSON.stringify(options)}`;
        it(`should govern the pings: ${how} [MQTT5-3.1.2-21] [MQTT5-3.2.2-21]`, async () => {
          stage.broker.connack = { properties: { serverKeepAlive } };
          const { server } = await stage.online(options);
          const seen: number[] = [];
          const most = pings[1] ?? 300_000;
          for (let time = 1_000; time <= most; time += 1_000) {
            await stage.clock.tickAsync(1_000);
            if (time % 2_000 === 0) await stage.settle();
            seen.push(...server.take('pingreq').map(() => time));
          }
          await stage.settle();
          seen.push(...server.take('pingreq').map(() => most));
          expect(seen).to.deep.equal(pings);
        });
      }
    });

    it('should refuse a CONNACK of 3.1.1 that accepts (MQTT5 section 3.2)', async () => {
      stage.broker.connack = 'silent';
      const client = stage.client();
      const failed = watch(client.events$);
      watch<unknown>(client.connection$);
      await stage.settle();
      stage.broker.current.sendBytes(Uint8Array.of(0x20, 2, 0, 0));
      await stage.settle();
      expect(failed.values.find(({ type }) => type === 'retry')).to.have.nested.property('cause.code', 'PROTOCOL');
    });

    it('should ask functions of options again at each attempt', async () => {
      let asked = 0;
      const more = new Subject<number>();
      const options: ClientOptions = {
        ...KEPT,
        userProperties: () => ({ attempt: String(++asked) }),
        sessionExpiryInterval: () => (asked === 1 ? 60 : more),
      };
      const { server } = await stage.online(options);
      expect(server.received[0]).to.have.nested.property('properties.sessionExpiryInterval', 60);
      server.fail();
      await stage.tick(1_000);
      expect(stage.broker.connections).to.have.length(1);
      more.next(70);
      await stage.settle();
      const { properties } = stage.broker.current.take('connect')[0]!;
      expect(properties).to.deep.include({ sessionExpiryInterval: 70, userProperties: [['attempt', '2']] });
    });
  },
  [5],
);
