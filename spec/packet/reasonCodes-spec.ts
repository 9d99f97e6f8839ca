import { expect } from 'chai';
import { ProtocolError } from '../../lib/errors.js';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { REASON_NAMES } from '../../lib/packet/reasonCodes.js';
import { bytes, decodeAllAs } from './bytes.js';

/** Section 2.4 of the standard, code by code. */
const STANDARD: Readonly<Record<number, string>> = {
  0x00: 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth',
  0x01: 'suback',
  0x02: 'suback',
  0x04: 'disconnect',
  0x10: 'puback pubrec',
  0x11: 'unsuback',
  0x18: 'auth',
  0x19: 'auth',
  0x80: 'connack puback pubrec suback unsuback disconnect',
  0x81: 'connack disconnect',
  0x82: 'connack disconnect',
  0x83: 'connack puback pubrec suback unsuback disconnect',
  0x84: 'connack',
  0x85: 'connack',
  0x86: 'connack',
  0x87: 'connack puback pubrec suback unsuback disconnect',
  0x88: 'connack',
  0x89: 'connack disconnect',
  0x8a: 'connack',
  0x8b: 'disconnect',
  0x8c: 'connack disconnect',
  0x8d: 'disconnect',
  0x8e: 'disconnect',
  0x8f: 'suback unsuback disconnect',
  0x90: 'connack puback pubrec disconnect',
  0x91: 'puback pubrec suback unsuback',
  0x92: 'pubrel pubcomp',
  0x93: 'disconnect',
  0x94: 'disconnect',
  0x95: 'connack disconnect',
  0x96: 'disconnect',
  0x97: 'connack puback pubrec suback disconnect',
  0x98: 'disconnect',
  0x99: 'connack puback pubrec disconnect',
  0x9a: 'connack disconnect',
  0x9b: 'connack disconnect',
  0x9c: 'connack disconnect',
  0x9d: 'connack disconnect',
  0x9e: 'suback disconnect',
  0x9f: 'connack disconnect',
  0xa0: 'disconnect',
  0xa1: 'suback disconnect',
  0xa2: 'suback disconnect',
};

const FRAMES: readonly (readonly [type: string, clause: string, notation: string, behind: string])[] = [
  ['connack', 'MQTT5-3.2.2-8', '20 03 00', '00'],
  ['puback', 'MQTT5-3.4.2-1', '40 03 0001', ''],
  ['pubrec', 'MQTT5-3.5.2-1', '50 03 0001', ''],
  ['pubrel', 'MQTT5-3.6.2-1', '62 03 0001', ''],
  ['pubcomp', 'MQTT5-3.7.2-1', '70 03 0001', ''],
  ['suback', 'MQTT5-3.9.3-2', '90 04 0001 00', ''],
  ['unsuback', 'MQTT5-3.11.3-2', 'b0 04 0001 00', ''],
  ['disconnect', 'MQTT5-3.14.2-1', 'e0 01', ''],
  ['auth', 'MQTT5-3.15.2-1', 'f0 06', "04 15 0001'm'"],
];

describe('reason codes of MQTT 5', () => {
  for (const [type, clause, before, behind] of FRAMES) {
    it(`should be those of the standard in ${type} [${clause}]`, () => {
      for (let code = 0; code < 256; code++) {
        const whole = bytes(`${before} ${code.toString(16).padStart(2, '0')} ${behind}`);
        if (STANDARD[code]?.split(' ').includes(type)) {
          const [packet] = decodeAllAs(5, whole) as (Packet & { reasonCode?: number; reasonCodes?: number[] })[];
          expect(packet!.reasonCodes?.[0] ?? packet!.reasonCode).to.equal(code);
          expect(decodeAllAs(5, encode(packet!, { protocolVersion: 5 }))).to.deep.equal([packet]);
        } else {
          const error = (() => {
            try {
              return decodeAllAs(5, whole);
            } catch (error) {
              return error;
            }
          })();
          expect(error).to.be.instanceOf(ProtocolError).that.includes({ clause, reasonCode: 0x81 });
        }
      }
    });
  }

  it('should all have a name', () => {
    expect(Object.keys(REASON_NAMES).map(Number)).to.have.members(Object.keys(STANDARD).map(Number));
    expect(new Set(Object.values(REASON_NAMES)).size).to.equal(Object.keys(STANDARD).length);
  });
});
