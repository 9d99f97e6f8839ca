import { expect } from 'chai';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { encode } from '../../lib/packet/encode.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { arbitraryPacket } from '../support/arbitraryPackets.js';
import { decodeAll } from './bytes.js';

/** Our packet as mqtt-packet names its fields. */
function theirs(packet: Packet): mqttPacket.Packet {
  const common = { cmd: packet.type, messageId: 'packetId' in packet ? packet.packetId : undefined };
  return { ...common, ...theirFields(packet) } as unknown as mqttPacket.Packet;
}

function theirFields(packet: Packet): object {
  switch (packet.type) {
    case 'connect': {
      const { clientId, cleanStart, keepAlive: keepalive, username, password, will } = packet;
      const credentials =
        username === undefined ? {} : { username, ...(password && { password: Buffer.from(password) }) };
      const theirWill = will && { will: { ...will, payload: Buffer.from(will.payload) } };
      return {
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId,
        clean: cleanStart,
        keepalive,
        ...credentials,
        ...theirWill,
      };
    }
    case 'connack':
      return { sessionPresent: packet.sessionPresent, returnCode: packet.reasonCode };
    case 'publish': {
      const { topic, qos, retain, dup } = packet;
      return { topic, payload: Buffer.from(packet.payload), qos, retain, dup };
    }
    case 'subscribe':
      return { subscriptions: packet.subscriptions.map(({ filter, qos }) => ({ topic: filter, qos })) };
    case 'suback':
      return { granted: packet.reasonCodes };
    case 'unsubscribe':
      return { unsubscriptions: packet.filters };
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'unsuback':
    case 'pingreq':
    case 'pingresp':
    case 'disconnect':
      return {};
  }
}

/** What mqtt-packet reads, reduced to the names in `fields`. */
function readByThem(bytes: Uint8Array, fields: object): unknown {
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  let found: unknown;
  parser.on('packet', (packet) => (found = packet));
  parser.on('error', (error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  return pick(found, fields);
}

function pick(from: unknown, like: object): unknown {
  const source = from as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(like).map(([key, value]) => {
      const nested =
        typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
      return [key, nested ? pick(source[key], value as object) : source[key]];
    }),
  );
}

/** mqtt-packet reads an empty string as absent, and writes an empty will message as absent: such packets are not compared. */
function comparable(packet: Packet): boolean {
  if (packet.type !== 'connect') return true;
  return packet.username !== '' && packet.password?.length !== 0 && packet.will?.payload.length !== 0;
}

describe('packet: compared with mqtt-packet', function () {
  this.timeout(60_000);
  const packets = arbitraryPacket().filter(comparable);

  it('should read what mqtt-packet writes, and write the same bytes', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = mqttPacket.generate(theirs(packet));
        expect(decodeAll(bytes)).to.deep.equal([packet]);
        expect(bytes.equals(encode(packet))).to.equal(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('should write what mqtt-packet reads', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const expected = theirs(packet);
        const { messageId, ...rest } = expected as unknown as { messageId?: number };
        const given = messageId ? { messageId, ...rest } : rest;
        const found = readByThem(encode(packet), given);
        if (packet.type === 'subscribe') {
          const { subscriptions } = found as { subscriptions: { topic: string; qos: number }[] };
          expect(subscriptions.map(({ topic, qos }) => ({ filter: topic, qos }))).to.deep.equal(packet.subscriptions);
        } else expect(found).to.deep.equal(given);
      }),
      { numRuns: 5000 },
    );
  });
});
