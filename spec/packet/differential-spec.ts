import { expect } from 'chai';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { encode } from '../../lib/packet/encode.js';
import type { Packet, ProtocolVersion, SubscriptionRequest, WillMessage } from '../../lib/packet/Packet.js';
import type { AllProperties } from '../../lib/packet/PacketProperties.js';
import { arbitraryPacket } from '../support/arbitraryPackets.js';
import { arbitraryPacket5 } from '../support/arbitraryPackets5.js';
import { decodeAllAs } from './bytes.js';

/** Our packet as mqtt-packet names its fields. */
function theirs(packet: Packet): mqttPacket.Packet {
  const common = { cmd: packet.type, messageId: 'packetId' in packet ? packet.packetId : undefined };
  const properties = 'properties' in packet ? theirProperties(packet.properties) : {};
  return { ...common, ...theirFields(packet), ...properties } as unknown as mqttPacket.Packet;
}

function theirFields(packet: Packet): object {
  switch (packet.type) {
    case 'connect': {
      const { clientId, cleanStart, keepAlive: keepalive, username, password, will, protocolVersion = 4 } = packet;
      const credentials =
        username === undefined ? {} : { username, ...(password && { password: Buffer.from(password) }) };
      return {
        protocolId: 'MQTT',
        protocolVersion,
        clientId,
        clean: cleanStart,
        keepalive,
        ...credentials,
        ...(will && { will: theirWill(will) }),
      };
    }
    case 'connack': {
      const { sessionPresent, reasonCode } = packet;
      return { sessionPresent, ...('properties' in packet ? { reasonCode } : { returnCode: reasonCode }) };
    }
    case 'publish': {
      const { topic, qos, retain, dup } = packet;
      return { topic, payload: Buffer.from(packet.payload), qos, retain, dup };
    }
    case 'subscribe':
      return { subscriptions: packet.subscriptions.map(theirSubscription) };
    case 'suback':
      return { granted: packet.reasonCodes };
    case 'unsubscribe':
      return { unsubscriptions: packet.filters };
    case 'unsuback':
      return packet.reasonCodes ? { granted: packet.reasonCodes } : {};
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
    case 'disconnect':
    case 'auth':
      return packet.reasonCode === undefined ? {} : { reasonCode: packet.reasonCode };
    case 'pingreq':
    case 'pingresp':
      return {};
  }
}

function theirWill({ properties, payload, ...rest }: WillMessage): object {
  return { ...rest, payload: Buffer.from(payload), ...theirProperties(properties) };
}

function theirSubscription({ filter, qos, noLocal, retainAsPublished, retainHandling }: SubscriptionRequest): object {
  const options = noLocal === undefined ? {} : { nl: noLocal, rap: retainAsPublished, rh: retainHandling };
  return { topic: filter, qos, ...options };
}

/** They name the identifiers of a PUBLISH like the one of a SUBSCRIBE, and keep user properties by their names. */
function theirProperties(properties: AllProperties | undefined): object {
  if (properties === undefined) return {};
  const renamed = Object.entries(properties).map(([name, value]: [string, unknown]) => {
    if (name === 'subscriptionIdentifiers') {
      const identifiers = value as number[];
      return ['subscriptionIdentifier', identifiers.length === 1 ? identifiers[0] : identifiers];
    }
    if (name === 'userProperties') return [name, Object.fromEntries(value as [string, string][])];
    if (name === 'payloadFormatIndicator') return [name, value === 1];
    return [name, value instanceof Uint8Array ? Buffer.from(value) : value];
  });
  return { properties: Object.fromEntries(renamed) as object };
}

/** What mqtt-packet reads, reduced to the names in `fields`. */
function readByThem(bytes: Uint8Array, fields: object, protocolVersion: ProtocolVersion): unknown {
  const parser = mqttPacket.parser({ protocolVersion });
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

/**
 * mqtt-packet reads an empty string as absent, and writes an empty will message as absent: such packets are not compared.
 * With MQTT 5 besides: it writes no password without a user name, and no empty client identifier without clean start.
 */
function comparable(packet: Packet): boolean {
  if (packet.type !== 'connect') return true;
  if (packet.username === undefined && packet.password !== undefined) return false;
  if (packet.clientId === '' && !packet.cleanStart) return false;
  return packet.username !== '' && packet.password?.length !== 0 && packet.will?.payload.length !== 0;
}

/**
 * mqtt-packet has no order and no duplicates of names of user properties, and sorts names that are numbers to the front;
 * its `__proto__` gets lost. So each gets a name of its own.
 */
function withNames<T extends AllProperties>(properties: T | undefined): T | undefined {
  if (!properties?.userProperties) return properties;
  return { ...properties, userProperties: properties.userProperties.map(([, value], i) => [`name ${i}`, value]) };
}

function comparable5(packet: Packet): Packet {
  if (!('properties' in packet)) return packet;
  const named = { ...packet, properties: withNames(packet.properties) } as Packet;
  if (named.type !== 'connect' || !named.will) return named;
  return { ...named, will: { ...named.will, properties: withNames(named.will.properties) } };
}

/** mqtt-packet writes the properties behind a reason code also when there are none. */
function isShorter(packet: Packet): boolean {
  return 'reasonCode' in packet && packet.type !== 'connack' && packet.properties === undefined;
}

/** mqtt-packet cannot read an AUTH of 0 bytes, nor a DISCONNECT of 1 byte or, if anything follows, of 0. */
function isReadByThem(packet: Packet): boolean {
  return (packet.type !== 'auth' && packet.type !== 'disconnect') || packet.properties !== undefined;
}

for (const version of [4, 5] as const) {
  describe(`packet: compared with mqtt-packet${version === 5 ? ', MQTT 5' : ''}`, function () {
    this.timeout(60_000);
    const packets = (version === 5 ? arbitraryPacket5().map(comparable5) : arbitraryPacket()).filter(comparable);
    const options = { protocolVersion: version };

    it('should read what mqtt-packet writes, and write the same bytes', () => {
      fc.assert(
        fc.property(packets, (packet) => {
          const bytes = mqttPacket.generate(theirs(packet), options);
          expect(decodeAllAs(version, bytes)).to.deep.equal([packet]);
          if (!isShorter(packet)) expect(bytes.equals(encode(packet, options))).to.equal(true);
        }),
        { numRuns: 5000 },
      );
    });

    it('should write what mqtt-packet reads', () => {
      fc.assert(
        fc.property(
          packets.filter((packet) => version === 4 || isReadByThem(packet)),
          (packet) => {
            const expected = theirs(packet);
            const { messageId, ...rest } = expected as unknown as { messageId?: number };
            const given = messageId ? { messageId, ...rest } : rest;
            const found = readByThem(encode(packet, options), given, version);
            if (packet.type === 'subscribe') {
              const { subscriptions } = found as { subscriptions: object[] };
              const read = subscriptions.map((one, i) => pick(one, theirSubscription(packet.subscriptions[i]!)));
              expect(read).to.deep.equal(packet.subscriptions.map(theirSubscription));
            } else expect(found).to.deep.equal(given);
          },
        ),
        { numRuns: 5000 },
      );
    });
  });
}
