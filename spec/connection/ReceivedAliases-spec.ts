import { expect } from 'chai';
import { ReceivedAliases } from '../../lib/connection/ReceivedAliases.js';
import { ProtocolError } from '../../lib/errors.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';

function publish(topic: string, topicAlias?: number): PublishPacket {
  const payload = Uint8Array.of(1);
  const properties = { contentType: 'x', ...(topicAlias === undefined ? {} : { topicAlias }) };
  return {
    type: 'publish',
    topic,
    payload,
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    properties,
  } as const;
}

describe('topic aliases of the server (MQTT5 section 3.3.2.3.4)', () => {
  let aliases: ReceivedAliases;
  beforeEach(() => (aliases = new ReceivedAliases(2)));
  const topicOf = (packet: PublishPacket) => aliases.resolve(packet).topic;

  it('should leave a message without one as it is', () => {
    const packet = publish('a');
    expect(aliases.resolve(packet)).to.equal(packet);
    expect(aliases.resolve({ ...packet, properties: undefined })).to.have.property('topic', 'a');
  });

  it('should be set by a topic name, used without, and set again [MQTT5-3.3.2-10]', () => {
    const uses = [publish('a', 1), publish('', 1), publish('b', 2), publish('', 1), publish('c', 1), publish('', 1)];
    expect(uses.map(topicOf)).to.deep.equal(['a', 'a', 'b', 'a', 'c', 'c']);
    expect(topicOf(publish('', 2))).to.equal('b');
  });

  it('should not be seen any more in the message, and change nothing else of it', () => {
    expect(aliases.resolve(publish('a', 1))).to.deep.equal(publish('a'));
    expect(aliases.resolve(publish('', 1))).to.deep.equal(publish('a'));
  });

  it('should be another for each connection [MQTT5-3.3.2-7]', () => {
    aliases.resolve(publish('a', 1));
    aliases = new ReceivedAliases(2);
    expect(() => topicOf(publish('', 1))).to.throw(ProtocolError);
  });

  for (const [what, packet, clause] of [
    ['above the maximum', publish('a', 3), 'MQTT5-3.1.2-26'],
    ['above the maximum, without a topic name', publish('', 3), 'MQTT5-3.1.2-26'],
    ['never set', publish('', 2), '3.3.2.3.4'],
  ] as const) {
    it(`should be refused with 0x94 if it is ${what} [MQTT5-3.1.2-26]`, () => {
      aliases.resolve(publish('a', 1));
      expect(() => aliases.resolve(packet))
        .to.throw(ProtocolError, clause)
        .with.property('reasonCode', 0x94);
    });
  }

  it('should all be refused where none are allowed [MQTT5-3.1.2-27]', () => {
    expect(() => new ReceivedAliases(0).resolve(publish('a', 1))).to.throw(ProtocolError);
  });
});
