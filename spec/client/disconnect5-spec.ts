import { expect } from 'chai';
import type { Packet } from '../../lib/packet/Packet.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';

clientSpecs(
  'DISCONNECT',
  (stage) => {
    /** The server offends: bytes that MQTT forbids, in one way or another. */
    for (const [what, bytes, reasonCode, options] of [
      ['malformed packets', [0x00, 0], 0x81, {}],
      ['a second CONNACK', [0x20, 3, 0, 0, 0], 0x82, {}],
      ['packets that only a client may send', [0xc0, 0], 0x82, {}],
      ['an unknown alias', [0x30, 6, 0, 0, 3, 0x23, 0, 1], 0x94, {}],
      ['packets above maxPacketSize', [0x30, 101], 0x95, { maxPacketSize: 100 }],
    ] as const) {
      it(`should tell the server of ${what} before the hang-up, once: 0x${reasonCode.toString(16)} [MQTT5-4.13.2-1]`, async () => {
        const { server } = await stage.online(options);
        server.sendBytes(Uint8Array.from(bytes));
        await stage.settle();
        expect(server.received.filter(({ type }) => type === 'disconnect')).to.deep.equal([
          { type: 'disconnect', reasonCode },
        ]);
        expect(server.hungUp).to.equal(true);
      });
    }

    it('should not answer a connection that broke', async () => {
      const { server } = await stage.online();
      server.fail();
      await stage.settle();
      expect(server.take('disconnect')).to.deep.equal([]);
    });

    it('should not answer that of the server, whether or not it closes [MQTT5-3.14.4-1]', async () => {
      const { server } = await stage.online();
      server.send({ type: 'disconnect', reasonCode: 0x8b });
      await stage.settle();
      expect([server.take('disconnect'), server.hungUp]).to.deep.equal([[], true]);
    });

    it('should be a ServerDisconnectError with all that it says (MQTT5 section 3.14.2)', async () => {
      const { server, held } = await stage.online();
      const userProperties = [['a', '1'], ['a', '2']] as const; // prettier-ignore
      const properties = { reasonString: 'go away', serverReference: 'other', userProperties };
      const packet: Packet = { type: 'disconnect', reasonCode: 0x8e, properties };
      server.send(packet);
      await stage.settle();
      expect(held.error).to.deep.include({ code: 'SERVER_DISCONNECT', reasonCode: 0x8e, ...properties });
      expect(held.error).to.match(/Session taken over.*go away.*client identifier/);
    });
  },
  [5],
);

kitSpecs(
  'DISCONNECT of the server',
  (on) => {
    for (const [reasonCode, isRetried] of [
      [0x8e, false],
      [0x81, false],
      [0x82, false],
      [0x87, false],
      [0x8c, false],
      [0x9d, false],
      [0x8b, true],
      [0x00, true],
      [0x8d, true],
      [0x9c, true],
    ] as const) {
      it(`should ${isRetried ? 'be followed by another attempt' : 'be the end'} with 0x${reasonCode.toString(16)}`, async () => {
        const { held } = await on.online();
        on.broker.disconnect(reasonCode);
        await on.tick(1_000);
        expect([held.values.length, held.ends]).to.deep.equal(isRetried ? [2, 0] : [1, 1]);
      });
    }
  },
  [5],
);
