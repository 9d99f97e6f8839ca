import { expect } from 'chai';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { type ClientOptions, type Message, type MqttClient, createClient } from '../../lib/index.js';
import type { ProtocolVersion, QoS } from '../../lib/packet/Packet.js';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { watch } from '../support/watch.js';

const LEVELS = [0, 1, 2] as const satisfies QoS[];
const textOf = (message: Message) => message.text();

for (const protocolVersion of [4, 5] as const satisfies ProtocolVersion[]) {
  for (const synchronous of [true, false]) {
    describe(`the test broker (MQTT ${protocolVersion}, ${synchronous ? 'synchronous' : 'asynchronous'})`, () => {
      let broker: TestBroker;
      let clients: MqttClient[];

      const start = (options: TestBrokerOptions = {}) => (broker = testBroker({ synchronous, ...options }));
      const client = (options: Omit<ClientOptions, 'server'> = {}) => {
        const made = createClient(broker, { protocolVersion, ...options });
        clients.push(made);
        return made;
      };

      beforeEach(() => {
        clients = [];
        start();
      });

      afterEach(async () => {
        await Promise.all(clients.map((one) => lastValueFrom(one.end({ force: true }), { defaultValue: undefined })));
        broker.verify();
        expect(broker.clients).to.deep.equal([]);
      });

      for (const qos of LEVELS) {
        it(`should bring a message of the test to a client at QoS ${qos}`, async () => {
          const seen = watch(client().topic$('house/+/temp', { qos }));
          await broker.settled();
          broker.publish('house/attic/temp', '21', { qos: 2 });
          broker.publish('house/attic', 'no', { qos: 2 });
          await broker.settled();
          expect(seen.values.map((one) => [one.topic, one.text(), one.qos])).to.deep.equal([
            ['house/attic/temp', '21', qos],
          ]);
        });

        it(`should bring a client's message to another at QoS ${qos}, and show it to the test`, async () => {
          const seen = watch(client().topic$('#', { qos }));
          await broker.settled();
          const shown = watch(broker.published$);
          await firstValueFrom(client({ clientId: 'writer' }).publish('a', '1', { qos }));
          await broker.settled();
          expect(seen.values.map(textOf)).to.deep.equal(['1']);
          const [published] = broker.published('a');
          expect(published).to.include({ clientId: 'writer', topic: 'a', qos, retain: false, isWill: false });
          expect(published!.text()).to.equal('1');
          expect(shown.values).to.deep.equal([published]);
          expect(broker.published('b')).to.deep.equal([]);
        });
      }

      it('should keep a retained message for those who come later, until an empty one comes', async () => {
        broker.publish('lamp', 'on', { retain: true });
        const first = watch(client().topic$('+'));
        await broker.settled();
        expect(first.values.map((one) => [one.text(), one.retain])).to.deep.equal([['on', true]]);
        broker.publish('lamp', '', { retain: true });
        const second = watch(client().topic$('+'));
        await broker.settled();
        expect(second.values).to.deep.equal([]);
      });

      it('should show who is connected, and subscribed to what', async () => {
        const held = watch(client({ clientId: 'a', keepAlive: 7 }).topic$('x/#', { qos: 1 }));
        await broker.settled();
        expect(broker.clients).to.have.length(1);
        expect(broker.clients[0]).to.include({ clientId: 'a', keepAlive: 7, protocolVersion });
        expect(broker.subscriptions).to.have.length(1);
        expect(broker.subscriptions[0]).to.include({ clientId: 'a', filter: 'x/#', qos: 1 });
        held.unsubscribe();
        await broker.settled();
        expect(broker.subscriptions).to.deep.equal([]);
      });
    });
  }
}
