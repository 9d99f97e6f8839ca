import { expect } from 'chai';
import { type ClientOptions, type EndOptions } from '../../lib/index.js';
import { connackBy } from '../support/connackBy.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** What only MQTT 5 can say. */
const SAYINGS: readonly EndOptions[] = [
  { reasonCode: 4 },
  { sessionExpiryInterval: 60 },
  { reasonString: 'off to bed' },
  { userProperties: { why: 'night' } },
];
const KEPT: ClientOptions = { clientId: 'spec', cleanSession: false };

clientSpecs(
  'what a client says at its end',
  (stage) => {
    const ended = async (given: EndOptions, options: ClientOptions = KEPT) => {
      const { client, server } = await stage.online(options);
      const end = watch(client.end(given));
      await stage.settle();
      return { client, server, end, said: server.take('disconnect') };
    };

    for (const [given, said] of [
      [{}, {}],
      [{ reasonCode: 0 }, {}],
      [{ reasonCode: 4 }, { reasonCode: 4, properties: {} }],
      [{ sessionExpiryInterval: 0 }, { properties: { sessionExpiryInterval: 0 } }],
      [{ sessionExpiryInterval: 60 }, { properties: { sessionExpiryInterval: 60 } }],
      [{ sessionExpiryInterval: Infinity }, { properties: { sessionExpiryInterval: 0xffff_ffff } }],
      [{ reasonString: 'off to bed' }, { properties: { reasonString: 'off to bed' } }],
      [{ userProperties: new Map([['a', '1']]) }, { properties: { userProperties: [['a', '1']] } }],
      [
        { force: true, timeout: 0, ...SAYINGS[0], ...SAYINGS[1], ...SAYINGS[2] },
        { reasonCode: 4, properties: { sessionExpiryInterval: 60, reasonString: 'off to bed' } },
      ],
    ] as const) {
      it(`should be ${JSON.stringify(said)} for ${JSON.stringify(given)} (MQTT5 section 3.14.2)`, async () => {
        const { end, said: packets } = await ended(given);
        expect(end).to.deep.include({ values: [undefined], completed: true });
        const [{ properties = {}, ...rest } = { type: undefined }] = packets;
        const { properties: expected = {}, ...others } = said as { properties?: object };
        expect(rest).to.deep.equal({ type: 'disconnect', ...others });
        expect(properties).to.deep.equal(expected);
      });
    }

    it('should come behind what is unfinished', async () => {
      stage.broker.silentOn.add('publish');
      const { client, server } = await stage.online(KEPT);
      watch(client.publish('a', 'x', { qos: 1 }));
      const end = watch(client.end({ reasonCode: 4 }));
      await stage.settle();
      const [publish] = server.take('publish');
      expect(server.take('disconnect')).to.deep.equal([]);
      server.send({ type: 'puback', packetId: publish!.packetId });
      await stage.settle();
      expect(server.take('disconnect')).to.have.nested.property('[0].reasonCode', 4);
      expect(end.completed).to.equal(true);
    });

    it('should be what the last call said that said something', async () => {
      stage.broker.silentOn.add('publish');
      const { client, server } = await stage.online(KEPT);
      watch(client.publish('a', 'x', { qos: 1 }));
      const ends = [{ reasonCode: 4 }, { reasonString: 'now' }, { force: true }] as const;
      watch(client.publish('a', 'x')); // keeps the order of turns
      const all = ends.map((one) => watch(client.end(one)));
      await stage.settle();
      expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', properties: { reasonString: 'now' } }]);
      expect(all.map(({ completed }) => completed)).to.deep.equal([true, true, true]);
    });

    for (const [field, given, why] of [
      ['reasonCode', { reasonCode: 1 }, /0 or 4/],
      ['sessionExpiryInterval', { sessionExpiryInterval: -1 }, /seconds/],
      ['sessionExpiryInterval', { sessionExpiryInterval: 0xffff_ffff }, /Infinity/],
      ['sessionExpiryInterval', { sessionExpiryInterval: 1.5 }, /integer/],
      ['reasonString', { reasonString: 7 }, /text|string/],
      ['reasonString', { reasonString: 'a\0' }, /u\+?0000/i],
      ['userProperties', { userProperties: 'a=1' }, /record/],
      ['userProperties', { userProperties: new Array(1_001).fill(['a', '']) }, /1000/],
      ['reason', { reason: 'x' }, /no such option/],
    ] as const) {
      it(`should be refused as wrong, and nothing ends: ${field} in ${JSON.stringify(given).slice(0, 50)}`, async () => {
        const { client, server } = await stage.online(KEPT);
        const end = watch(client.end(given as unknown as EndOptions));
        expect(end.error).to.include({ code: 'INVALID_ARGUMENT', field }).and.match(why);
        await stage.settle();
        expect(server.open).to.equal(true);
      });
    }

    it('should not prolong a session that ends with its connection (MQTT5 section 3.14.2.2.2)', async () => {
      const { client, server } = await stage.online();
      const end = watch(client.end({ sessionExpiryInterval: 1 }));
      expect(end.error)
        .to.include({ code: 'INVALID_ARGUMENT' })
        .and.match(/3\.14\.2\.2\.2/);
      expect(server.open).to.equal(true);
      expect(watch(client.end({ sessionExpiryInterval: 0 })).error).to.equal(undefined);
    });

    it('should not prolong it where only the attempt tells, and end nevertheless (MQTT5 section 3.14.2.2.2)', async () => {
      const { client, end, said } = await ended(SAYINGS[1]!, { ...KEPT, sessionExpiryInterval: () => 0 });
      expect(end.error)
        .to.include({ code: 'INVALID_ARGUMENT' })
        .and.match(/3\.14\.2\.2\.2/);
      expect(said).to.deep.equal([{ type: 'disconnect' }]);
      expect(watch(client.publish('a')).error).to.include({ code: 'CLIENT_ENDED' });
    });

    it('should not be larger than the server takes [MQTT5-3.14.2-3] [MQTT5-3.14.2-4]', async () => {
      stage.broker.connack = { properties: { maximumPacketSize: 30 } };
      const { end, said } = await ended({ reasonString: 'x'.repeat(30) });
      expect(end.error).to.include({ code: 'PACKET_TOO_LARGE', limit: 30 });
      expect(said).to.deep.equal([{ type: 'disconnect' }]);
    });

    it('should be nothing without a connection', async () => {
      const client = stage.client(KEPT);
      const end = watch(client.end({ reasonCode: 4 }));
      await stage.settle();
      expect(end.completed).to.equal(true);
      expect(stage.broker.connections).to.deep.equal([]);
    });

    for (const given of SAYINGS) {
      it(`should be refused at once under MQTT 3.1.1: ${Object.keys(given)[0]!}`, async () => {
        const { client, server } = await stage.online({ ...KEPT, protocolVersion: 4 });
        expect(watch(client.end(given)).error).to.include({ code: 'NOT_SUPPORTED' });
        await stage.settle();
        expect(server.open).to.equal(true);
      });

      it(`should err at the end where only the server speaks 3.1.1: ${Object.keys(given)[0]!}`, async () => {
        connackBy(stage.broker, () => (stage.broker.current.version === 5 ? { reasonCode: 0x84 } : {}));
        const client = stage.client({ ...KEPT, protocolVersion: 'auto' });
        watch(client.connection$);
        await stage.settle();
        const server = stage.broker.current;
        const end = watch(client.end(given));
        await stage.settle();
        expect(end.error).to.include({ code: 'NOT_SUPPORTED' });
        expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect' }]);
        expect([server.version, watch(client.publish('a')).error]).to.have.nested.property('[1].code', 'CLIENT_ENDED');
      });
    }

    it('should allow 0, timeout and force under MQTT 3.1.1', async () => {
      const { end, said } = await ended({ reasonCode: 0, force: true }, { ...KEPT, protocolVersion: 4 });
      expect(end.completed).to.equal(true);
      expect(said).to.deep.equal([{ type: 'disconnect' }]);
    });
  },
  [5],
);
