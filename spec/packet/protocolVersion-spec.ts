import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { bytes, decodeAll, decodeAllAs, errorOf } from './bytes.js';

describe('packet: the version', () => {
  const CONNECT_4 = "10 0c 0004'MQTT' 04 02 003c 0000";
  const CONNECT_5 = "10 0d 0004'MQTT' 05 02 003c 00 0000";

  it('should be learned from CONNECT', () => {
    for (const [connect, version, puback] of [
      [CONNECT_4, 4, { type: 'puback', packetId: 1 }],
      [CONNECT_5, 5, { type: 'puback', packetId: 1, reasonCode: 0, properties: undefined }],
    ] as const) {
      for (const cut of [1, 5, 9, 12, 100]) {
        const decoder = new PacketDecoder(undefined, 'auto');
        const whole = bytes(`${connect} 40 02 0001`);
        const found: Packet[] = [];
        for (const chunk of [whole.slice(0, cut), whole.slice(cut)]) {
          decoder.push(chunk);
          for (let packet = decoder.next(); packet; packet = decoder.next()) found.push(packet);
        }
        expect(found).to.have.length(2);
        expect(found[1]).to.deep.equal(puback);
        expect(decoder.version).to.equal(version);
      }
    }
  });

  it('should be learned from CONNACK', () => {
    expect(decodeAllAs('auto', bytes('20 02 00 01'))).to.deep.equal(decodeAll(bytes('20 02 00 01')));
    expect(decodeAllAs('auto', bytes('20 03 00 00 00 e0 01 8b'))).to.deep.equal(decodeAllAs(5, bytes('20 03 00 00 00 e0 01 8b'))); // prettier-ignore
  });

  it('should be learned from AUTH, which a server may send before CONNACK', () => {
    expect(decodeAllAs('auto', bytes('f0 00'))).to.deep.equal(decodeAllAs(5, bytes('f0 00')));
  });

  it('should be settled by the first packet: another is refused [MQTT-3.1.0-1]', () => {
    for (const notation of ['c0 00', "30 04 0001'a' 00", '40 02 0001']) {
      expect(errorOf(() => decodeAllAs('auto', bytes(notation))))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ clause: 'MQTT-3.1.0-1', reasonCode: 0x82 });
    }
  });

  it('should be refused when nobody knows it [MQTT-3.1.2-2]', () => {
    for (const notation of [
      "10 0c 0004'MQTT' 03 02 003c 0000",
      "10 0d 0004'MQTT' 06 02 003c 00 0000",
      "10 0e 0006'MQIsdp' 03 02 003c 0000",
    ]) {
      // prettier-ignore
      expect(errorOf(() => decodeAllAs('auto', bytes(notation))))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x84 });
    }
  });

  it('should ask for the shortest remaining length from its first packet on, if it is 5 [MQTT5-1.5.5-1]', () => {
    const longer = (connect: string) => connect.replace(/^10 (..)/, (_, length: string) => `10 ${(parseInt(length, 16) | 128).toString(16)} 00`); // prettier-ignore
    expect(decodeAllAs('auto', bytes(longer(CONNECT_4)))).to.deep.equal(decodeAll(bytes(CONNECT_4)));
    expect(errorOf(() => decodeAllAs('auto', bytes(longer(CONNECT_5)))))
      .to.be.instanceOf(ProtocolError)
      .that.includes({ clause: 'MQTT5-1.5.5-1' });
    expect(errorOf(() => decodeAllAs('auto', bytes(`${CONNECT_5} d0 80 00`)))).to.be.instanceOf(ProtocolError);
  });

  it('should be set between packets', () => {
    const decoder = new PacketDecoder();
    decoder.push(bytes('40 02 0001'));
    expect(decoder.next()).to.deep.equal({ type: 'puback', packetId: 1 });
    decoder.version = 5;
    decoder.push(bytes('40 03 0001 10'));
    expect(decoder.next()).to.have.property('reasonCode', 0x10);
  });
});
