import { expect } from 'chai';
import { ConnectionRefusedError, ServerDisconnectError, isFatal } from '../lib/errors.js';
import { PacketDecoder } from '../lib/packet/PacketDecoder.js';
import { REASON_NAMES } from '../lib/packet/reasonCodes.js';

/** What the standard allows in a packet (MQTT5 sections 3.2.2.2 and 3.14.2.1), and whether another try is of no use. */
type Codes = Readonly<Record<number, 'fatal' | 'retried'>>;

const CONNACK: Codes = {
  0x80: 'retried', // unspecified
  0x81: 'fatal',
  0x82: 'fatal',
  0x83: 'retried', // specific to the implementation
  0x84: 'fatal',
  0x85: 'fatal',
  0x86: 'fatal',
  0x87: 'fatal',
  0x88: 'retried', // server unavailable
  0x89: 'retried', // server busy
  0x8a: 'fatal',
  0x8c: 'fatal',
  0x90: 'fatal',
  0x95: 'fatal',
  0x97: 'retried', // quota exceeded
  0x99: 'fatal',
  0x9a: 'fatal',
  0x9b: 'fatal',
  0x9c: 'retried', // use another server
  0x9d: 'fatal',
  0x9f: 'retried', // connection rate exceeded
};

const DISCONNECT: Codes = {
  0x00: 'retried',
  0x80: 'retried',
  0x81: 'fatal', // malformed packet
  0x82: 'fatal', // protocol error
  0x83: 'retried',
  0x87: 'fatal', // not authorized
  0x89: 'retried',
  0x8b: 'retried',
  0x8c: 'fatal', // bad authentication method
  0x8d: 'retried',
  0x8e: 'fatal', // session taken over: two clients would throw each other out for ever
  0x8f: 'retried',
  0x90: 'retried',
  0x93: 'retried',
  0x94: 'retried',
  0x95: 'retried',
  0x96: 'retried',
  0x97: 'retried',
  0x98: 'retried',
  0x99: 'retried',
  0x9a: 'retried',
  0x9b: 'retried',
  0x9c: 'retried',
  0x9d: 'fatal', // server moved
  0x9e: 'retried',
  0x9f: 'retried',
  0xa0: 'retried',
  0xa1: 'retried',
  0xa2: 'retried',
};

/** MQTT 3.1.1: what the return code is in MQTT 5. */
const RETURN_CODES: readonly (readonly [code: number, reasonCode: number, what: 'fatal' | 'retried'])[] = [
  [1, 0x84, 'fatal'],
  [2, 0x85, 'fatal'],
  [3, 0x88, 'retried'],
  [4, 0x86, 'fatal'],
  [5, 0x87, 'fatal'],
];

const hex = (code: number) => `0x${code.toString(16).padStart(2, '0')}`;
const rows = (codes: Codes) => Object.entries(codes).map(([code, what]) => [Number(code), what] as const);

describe('isFatal', () => {
  for (const [code, what] of rows(CONNACK)) {
    it(`should say of CONNACK ${hex(code)}, ${REASON_NAMES[code]}, that it is ${what}`, () => {
      const error = new ConnectionRefusedError(code);
      expect(isFatal(error)).to.equal(what === 'fatal');
      expect([error.reasonCode, error.returnCode]).to.deep.equal([code, undefined]);
    });
  }

  for (const [code, what] of rows(DISCONNECT)) {
    it(`should say of DISCONNECT ${hex(code)}, ${REASON_NAMES[code]}, that it is ${what}`, () => {
      const error = new ServerDisconnectError(code);
      expect(isFatal(error)).to.equal(what === 'fatal');
      expect(error.reasonCode).to.equal(code);
    });
  }

  for (const [code, reasonCode, what] of RETURN_CODES) {
    it(`should say of the return code ${code} of MQTT 3.1.1 that it is ${what}, as of ${hex(reasonCode)}`, () => {
      const error = new ConnectionRefusedError(code);
      expect([isFatal(error), isFatal(new ConnectionRefusedError(reasonCode))]).to.deep.equal([what === 'fatal', what === 'fatal']); // prettier-ignore
      expect([error.reasonCode, error.returnCode]).to.deep.equal([reasonCode, code]);
    });
  }

  it('should be asked about every code that CONNACK and DISCONNECT of a server may have', () => {
    const codes = (packet: (code: number) => number[]) =>
      Array.from({ length: 256 }, (_, code) => code).filter((code) => {
        const decoder = new PacketDecoder(undefined, 5);
        decoder.push(Uint8Array.from(packet(code)));
        try {
          return decoder.next() !== undefined;
        } catch {
          return false;
        }
      });
    const refusals = codes((code) => [0x20, 3, 0, code, 0]).filter((code) => code !== 0);
    expect(rows(CONNACK).map(([code]) => code)).to.deep.equal(refusals);
    // 0x04, Disconnect with Will Message, is a client's.
    const dismissals = codes((code) => [0xe0, 2, code, 0]).filter((code) => code !== 0x04);
    expect(rows(DISCONNECT).map(([code]) => code)).to.deep.equal(dismissals);
  });
});
