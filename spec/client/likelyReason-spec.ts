import { expect } from 'chai';
import {
  type ClientOptions,
  PublishRefusedError,
  SessionLostError,
  SubscriptionRefusedError,
} from '../../lib/index.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

clientSpecs('a request that the broker hangs up on', (on) => {
  /** Lives with a broker that hangs up as soon as it has such a packet. */
  async function live(isHated: (packet: Packet) => boolean): Promise<void> {
    for (let i = 0; i < 400; i++) {
      await on.tick(250);
      const { current } = on.broker;
      if (current.open && current.received.some((packet) => isHated(packet))) current.close();
    }
  }
  const options: ClientOptions = { cleanSession: false, giveUpAfter: 2 };

  it('should err with the likely reasons at QoS 2, and retained', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client } = await on.online(options);
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', 'x'.repeat(300), { qos: 2, retain: true }));
    await live(({ type }) => type === 'publish');
    expect(publish.error).to.be.instanceOf(PublishRefusedError).with.property('message');
    const { message } = publish.error as Error;
    expect(message).to.match(/hung up 2 times when this was sent, while connections without it lived on/);
    expect(message).to.match(/some brokers do so on QoS 2, retained messages, a topic that a policy forbids, or a message above their limit: this has 300 bytes/); // prettier-ignore
  });

  it('should err without those that do not apply at QoS 1', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client } = await on.online(options);
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', 'x', { qos: 1 }));
    await live(({ type }) => type === 'publish');
    expect(publish.error).to.have.property('message').that.contains('do so on a topic that a policy forbids, or');
  });

  it('should err with the likely reason when it is a filter', async () => {
    const { client } = await on.online(options);
    on.broker.silentOn.add('subscribe');
    const heard = watch(client.topic$('forbidden/#'));
    await live(({ type }) => type === 'subscribe');
    expect(heard.error).to.be.instanceOf(SubscriptionRefusedError);
    expect(heard.error).to.have.property('message').that.contains('do so when a policy forbids the filter');
  });

  it('should err with advice when it was QoS 2 and the session was a clean one', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('publish');
    const publish = watch(client.publish('a', 'x', { qos: 2 }));
    await on.settle();
    server.close();
    await on.tick(1_000);
    expect(publish.error).to.be.instanceOf(SessionLostError);
    expect(publish.error).to.have.property('message').that.contains('cleanSession: false keeps the session');
    expect(publish.error).to.have.property('message').that.contains('the broker may not know QoS 2');
  });
});
