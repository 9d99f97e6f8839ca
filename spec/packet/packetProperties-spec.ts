import { expect } from 'chai';
import { InvalidTopicError, ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import type { PropertyPlace } from '../../lib/packet/PacketProperties.js';
import { MAX_PROPERTY_BYTES, MAX_USER_PROPERTIES } from '../../lib/packet/properties.js';
import { PLACES, STANDARD_PROPERTIES, isRepeatable } from '../support/standardProperties.js';
import { bytes, decodeAllAs, errorOf } from './bytes.js';

/** For each place a packet, as bytes around its properties. */
const FRAMES: Readonly<Record<PropertyPlace, readonly [first: number, before: string, behind: string]>> = {
  connect: [0x10, "0004'MQTT' 05 02 003c", '0000'],
  will: [0x10, "0004'MQTT' 05 06 003c 00 0000", "0001't' 0000"],
  connack: [0x20, '00 00', ''],
  publish: [0x30, "0001't'", "'hi'"],
  puback: [0x40, '0001 00', ''],
  pubrec: [0x50, '0001 00', ''],
  pubrel: [0x62, '0001 00', ''],
  pubcomp: [0x70, '0001 00', ''],
  subscribe: [0x82, '0001', "0001'#' 00"],
  suback: [0x90, '0001', '00'],
  unsubscribe: [0xa2, '0001', "0001'#'"],
  unsuback: [0xb0, '0001', '00'],
  disconnect: [0xe0, '00', ''],
  auth: [0xf0, '18', ''],
};

/** A Variable Byte Integer. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

/** The packet of a place with these bytes as its properties. */
function packetWith(place: PropertyPlace, properties: Uint8Array): Uint8Array {
  const [first, before, behind] = FRAMES[place];
  const body = [...bytes(before), ...varint(properties.length), ...properties, ...bytes(behind)];
  return new Uint8Array([first, ...varint(body.length), ...body]);
}

function propertiesOf(packet: Packet, place: PropertyPlace): object | undefined {
  const holder = place === 'will' && packet.type === 'connect' ? packet.will : packet;
  return (holder as { properties?: object }).properties;
}

function read(place: PropertyPlace, properties: Uint8Array): Packet {
  const [packet] = decodeAllAs(5, packetWith(place, properties));
  return packet!;
}

const hex = (id: number) => id.toString(16).padStart(2, '0');
/** Every AUTH needs a method, and data do anywhere. */
const methodFor = (place: PropertyPlace, id: number) =>
  (place === 'auth' && id !== 0x15) || id === 0x16 ? "15 0001'm' " : '';
/** Where the empty template of a packet is wanted with these properties instead. */
function withProperties(place: PropertyPlace, properties: object): Packet {
  const packet = place === 'auth' ? read(place, bytes("15 0001'm'")) : read(place, bytes(''));
  if (place !== 'will' || packet.type !== 'connect') return { ...packet, properties } as Packet;
  return { ...packet, will: { ...packet.will!, properties } };
}

describe('packet: properties of MQTT 5', () => {
  for (const { id, name, places, values, refused, unwritable } of STANDARD_PROPERTIES) {
    for (const place of places) {
      it(`should read and write ${name} in ${place}`, () => {
        const method = methodFor(place, id);
        for (const [notation, value] of values) {
          const found = read(place, bytes(`${method}${hex(id)} ${notation}`));
          const expected = { ...(method && { authenticationMethod: 'm' }), [name]: value };
          expect(propertiesOf(found, place)).to.deep.equal(expected);
          const written = packetWith(place, bytes(`${method}${hex(id)} ${notation}`));
          expect(encode(found, { protocolVersion: 5 })).to.deep.equal(written);
        }
      });

      it(`should refuse a wrong ${name} in ${place} [MQTT5 section 2.2.2.2]`, () => {
        const method = methodFor(place, id);
        for (const [notation, clause, reasonCode] of refused) {
          expect(
            errorOf(() => read(place, bytes(`${method}${hex(id)} ${notation}`))),
            notation,
          )
            .to.be.instanceOf(ProtocolError)
            .that.includes({ clause, reasonCode });
        }
        for (const value of unwritable) {
          const packet = withProperties(place, { ...(method && { authenticationMethod: 'm' }), [name]: value });
          const error = errorOf(() => encode(packet, { protocolVersion: 5 }));
          expect(error instanceof ProtocolError || error instanceof InvalidTopicError, String(value).slice(0, 9)).to.equal(true); // prettier-ignore
        }
      });

      it(`should refuse ${name} cut short in ${place}`, () => {
        const method = methodFor(place, id);
        for (const [notation] of values) {
          const whole = bytes(`${hex(id)} ${notation}`);
          for (let length = 1; length < whole.length; length++) {
            const cut = new Uint8Array([...bytes(method), ...whole.subarray(0, length)]);
            expect(errorOf(() => read(place, cut)))
              .to.be.instanceOf(ProtocolError)
              .that.includes({ reasonCode: 0x81 });
          }
        }
      });

      if (isRepeatable(name)) continue;
      it(`should refuse ${name} twice in ${place} [MQTT5 section 2.2.2.2]`, () => {
        const method = methodFor(place, id);
        const twice = values.map(([notation]) => `${hex(id)} ${notation}`).slice(0, 2);
        const again = twice.length > 1 ? twice : [...twice, ...twice];
        expect(errorOf(() => read(place, bytes(`${method}${again.join(' ')}`))))
          .to.be.instanceOf(ProtocolError)
          .that.includes({ reasonCode: 0x82 });
      });
    }

    const elsewhere = PLACES.filter(
      (place) => !STANDARD_PROPERTIES.some((one) => one.id === id && one.places.includes(place)),
    );
    it(`should refuse ${name} where it may not stand [MQTT5 section 2.2.2.2]`, () => {
      for (const place of elsewhere) {
        const [[notation, value]] = values as [[string, unknown]];
        expect(
          errorOf(() => read(place, bytes(`${hex(id)} ${notation}`))),
          place,
        )
          .to.be.instanceOf(ProtocolError)
          .that.includes({ reasonCode: 0x81, clause: 'MQTT5 section 2.2.2.2' });
        const packet = withProperties(place, { [name]: value });
        expect(
          errorOf(() => encode(packet, { protocolVersion: 5 })),
          place,
        ).to.be.instanceOf(ProtocolError);
      }
    });

    it(`should refuse to write ${name} as MQTT 3.1.1, which cannot say it`, () => {
      for (const place of places) {
        const [[, value]] = values as [[string, unknown]];
        const error = errorOf(() => encode({ ...withProperties(place, { [name]: value }), protocolVersion: undefined } as Packet)); // prettier-ignore
        expect(error, place).to.be.instanceOf(ProtocolError);
        if (place !== 'auth' && place !== 'unsuback') expect(error).to.have.property('message').that.contains(name);
      }
    });
  }

  it('should refuse identifiers that the standard has not [MQTT5 section 2.2.2.2]', () => {
    const known = new Set(STANDARD_PROPERTIES.map(({ id }) => id));
    for (let id = 0; id < 256; id++) {
      if (known.has(id)) continue;
      for (const place of PLACES) {
        expect(errorOf(() => read(place, new Uint8Array([id, 0, 0, 0, 0]))))
          .to.be.instanceOf(ProtocolError)
          .that.includes({ reasonCode: 0x81 });
      }
    }
  });

  it('should refuse to write names that the standard has not', () => {
    for (const name of ['constructor', '__proto__x', 'contenttype', 'toString', '38']) {
      for (const place of PLACES) {
        expect(() => encode(withProperties(place, { [name]: 1 }), { protocolVersion: 5 })).to.throw(
          ProtocolError,
          name,
        );
      }
    }
  });

  it('should keep order and duplicates of user properties [MQTT5-3.3.2-18]', () => {
    const pairs = [['b', '1'], ['a', '2'], ['b', '1'], ['b', '3'], ['', '']] as const; // prettier-ignore
    for (const place of PLACES) {
      const properties = { ...(place === 'auth' && { authenticationMethod: 'm' }), userProperties: pairs };
      const packet = withProperties(place, properties);
      const [found] = decodeAllAs(5, encode(packet, { protocolVersion: 5 }));
      expect(propertiesOf(found!, place)).to.deep.equal(properties);
    }
  });

  it('should gather what may be repeated, wherever it stands', () => {
    const found = read('publish', bytes("0b 07 26 0001'a' 0001'b' 02 00000005 0b 01 26 0001'a' 0001'b' 0b 07"));
    expect(propertiesOf(found, 'publish')).to.deep.equal({
      subscriptionIdentifiers: [7, 1, 7],
      userProperties: [['a', 'b'], ['a', 'b']], // prettier-ignore
      messageExpiryInterval: 5,
    });
  });

  it('should say that there are no properties by a length of 0 [MQTT5-2.2.2-1]', () => {
    for (const place of PLACES) {
      const none = place === 'auth' ? { authenticationMethod: 'm' } : {};
      const [found] = decodeAllAs(5, encode(withProperties(place, { ...none, contentType: undefined }), { protocolVersion: 5 })); // prettier-ignore
      expect(propertiesOf(found!, place)).to.deep.equal(place === 'auth' ? none : undefined);
    }
  });

  it('should refuse a property length that goes beyond the packet, or is not in its shortest form [MQTT5-1.5.5-1]', () => {
    for (const [place, [first, before]] of Object.entries(FRAMES)) {
      for (const length of ['7f', '80', '80 00', '81 80 00', 'ff ff ff ff 01', '80 80 80 80 00']) {
        const body = bytes(`${before} ${length}`);
        expect(
          errorOf(() => decodeAllAs(5, new Uint8Array([first, body.length, ...body]))),
          `${place} ${length}`,
        )
          .to.be.instanceOf(ProtocolError)
          .that.includes({ reasonCode: 0x81 });
      }
    }
  });

  it('should write properties of any length, the length in its shortest form [MQTT5-1.5.5-1]', () => {
    for (const length of [0, 100, 124, 125, 126, 127, 128, 16_379, 16_380, 16_381, 65_535]) {
      const properties = { correlationData: new Uint8Array(length).fill(7) };
      const packet = { type: 'publish', topic: 't', payload: bytes("'hi'"), qos: 0, retain: false, dup: false, packetId: 0, properties } as const; // prettier-ignore
      const encoded = encode(packet, { protocolVersion: 5 });
      expect(decodeAllAs(5, encoded)).to.deep.equal([packet]);
      const data = [9, length >> 8, length & 255, ...properties.correlationData];
      expect(encoded).to.deep.equal(packetWith('publish', new Uint8Array(data)));
    }
  });

  it('should refuse authentication data without a method [MQTT5 section 3.1.2.11.10]', () => {
    for (const place of ['connect', 'connack', 'auth'] as const) {
      expect(errorOf(() => read(place, bytes('16 0001 ff'))))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x82 });
      const packet = withProperties(place, { authenticationData: bytes('ff') });
      expect(() => encode(packet, { protocolVersion: 5 })).to.throw(ProtocolError);
    }
  });

  describe('limits', () => {
    const many = (count: number) => Array.from({ length: count }, () => ['', ''] as const);

    it('should take 1,000 user properties in a packet and not one more', () => {
      const most = Buffer.concat(Array.from({ length: MAX_USER_PROPERTIES }, () => bytes('26 0000 0000')));
      expect(propertiesOf(read('publish', most), 'publish')).to.have.property('userProperties').with.lengthOf(MAX_USER_PROPERTIES); // prettier-ignore
      expect(errorOf(() => read('publish', Buffer.concat([most, bytes('26 0000 0000')]))))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x97 });
      const packet = withProperties('publish', { userProperties: many(MAX_USER_PROPERTIES + 1) });
      expect(errorOf(() => encode(packet, { protocolVersion: 5 })))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x97 });
    });

    it('should take every property that may stand once at full length', () => {
      const text = 'x'.repeat(65_535);
      const properties = {
        assignedClientIdentifier: text,
        authenticationMethod: text,
        authenticationData: new Uint8Array(65_535),
        responseInformation: text,
        serverReference: text,
        reasonString: text,
        userProperties: [[text, '']],
      };
      const [found] = decodeAllAs(5, encode(withProperties('connack', properties), { protocolVersion: 5 }));
      expect(propertiesOf(found!, 'connack')).to.deep.equal(properties);
    });

    it('should refuse more bytes of properties before it reads one of them', () => {
      const pairs = Buffer.concat([bytes('26 0001 00 ffff'), new Uint8Array(MAX_PROPERTY_BYTES - 4)]);
      expect(errorOf(() => read('publish', pairs)))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x97 });
      const text = 'x'.repeat(65_535);
      const packet = withProperties('publish', { userProperties: many(9).map(() => [text, '']) });
      expect(errorOf(() => encode(packet, { protocolVersion: 5 })))
        .to.be.instanceOf(ProtocolError)
        .that.includes({ reasonCode: 0x97 });
    });

    it('should read as many subscription identifiers as fit, in linear time', () => {
      const count = MAX_PROPERTY_BYTES / 2;
      const identifiers = new Uint8Array(2 * count).fill(0x0b);
      const start = performance.now();
      expect(propertiesOf(read('publish', identifiers), 'publish')).to.have.property('subscriptionIdentifiers').with.lengthOf(count); // prettier-ignore
      expect(performance.now() - start).to.be.below(2_000);
    });
  });
});
