import { expect } from 'chai';
import { createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';
import { inVirtualTime, testBroker } from '../../lib/testing.js';

const equal = (actual: unknown, expected: unknown) => expect(actual).to.deep.equal(expected);

for (const protocolVersion of [4, 5] as const satisfies ProtocolVersion[]) {
  describe(`a test in virtual time (MQTT ${protocolVersion})`, () => {
    it('should expect messages at their frames', () => {
      inVirtualTime(equal, ({ cold, expectTopic }) => {
        const broker = testBroker();
        const client = createClient(broker, { protocolVersion });
        cold('--a--b---c').subscribe((text) => broker.publish('house/temp', text, { qos: 1 }));
        expectTopic(client.topic$('house/+', { qos: 1 })).toBe('--a--b---');
      });
    });

    it('should show what is asked for of a message', () => {
      inVirtualTime(equal, ({ cold, expectTopic }) => {
        const broker = testBroker();
        const client = createClient(broker, { protocolVersion });
        const texts = { a: '{"celsius":21}', b: '{"celsius":22}' };
        cold('--a 60m b', texts).subscribe((text) => broker.publish('house/temp', text));
        const expected = { x: { celsius: 21 }, y: { celsius: 22 } };
        expectTopic(client.topic$('#'), (message) => message.json()).toBe('--x 60m y', expected);
      });
    });

    it('should fail when one comes too early', () => {
      const test = () =>
        inVirtualTime(equal, ({ cold, expectTopic }) => {
          const broker = testBroker();
          cold('-a').subscribe((text) => broker.publish('t', text));
          expectTopic(createClient(broker, { protocolVersion }).topic$('t')).toBe('--a');
        });
      expect(test).to.throw(/deeply equal/);
    });

    it('should keep a connection alive for a day', () => {
      inVirtualTime(equal, ({ cold, expectTopic }) => {
        const broker = testBroker();
        const client = createClient(broker, { protocolVersion, keepAlive: 60 });
        cold('1440m a').subscribe((text) => broker.publish('t', text));
        expectTopic(client.topic$('t')).toBe('1440m a-');
        expect(broker.published()).to.deep.equal([]);
      });
    });
  });
}
