import { expect } from 'chai';
import { filter, map } from 'rxjs';
import { KeepAliveTimeoutError, type MqttError } from '../../lib/index.js';
import { memory } from '../../lib/testing.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { encode } from '../../lib/packet/encode.js';
import type { MemoryPeer } from '../../lib/transport/memory.js';
import { message } from '../support/message.js';
import { type Stage, clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** A peer that answers CONNECT, and then reads nothing any more while its end stays open. */
function halfOpen(on: Stage) {
  const peers: MemoryPeer[] = [];
  const serve = (peer: MemoryPeer) => {
    peers.push(peer);
    const decoder = new PacketDecoder(undefined, on.version);
    peer.bytes$.subscribe((bytes) => {
      decoder.push(bytes);
      if (decoder.next()?.type !== 'connect') return;
      peer.write(encode({ type: 'connack', sessionPresent: false, reasonCode: 0 }, { protocolVersion: on.version }));
      peer.pause();
    });
  };
  return { server: memory(serve, { synchronous: on.synchronous }), peers };
}

/** Milliseconds from now until the client notices that the connection is dead, while it publishes every 300 ms. */
async function timeToNotice(on: Stage, client: ReturnType<Stage['client']>, qos: 0 | 1 | undefined): Promise<number> {
  const start = on.clock.now;
  const lost = watch(
    client.events$.pipe(
      filter((event) => event.type === 'disconnected'),
      map(({ cause }) => [cause, on.clock.now - start] as const),
    ),
  );
  while (lost.values.length === 0 && on.clock.now - start < 200_000) {
    if (qos !== undefined) watch(client.publish('a', 'x', { qos }));
    await on.tick(300);
  }
  expect(lost.values[0]?.[0]).to.be.instanceOf(KeepAliveTimeoutError);
  return lost.values[0]![1];
}

clientSpecs('a peer that is gone without a word', (on) => {
  for (const qos of [undefined, 0, 1] as const) {
    const what = qos === undefined ? 'is idle' : `publishes every 300 ms at QoS ${qos}`;

    it(`should be noticed after keepAlive and pingTimeout while the client ${what} [MQTT-3.1.2-24]`, async () => {
      const { server } = halfOpen(on);
      const client = on.client({ server, keepAlive: 10, pingTimeout: 4_000 });
      watch(client.connection$);
      await on.settle();
      expect(await timeToNotice(on, client, qos)).to.equal(14_000);
      await on.tick(1_000);
    });

    it(`should be noticed within 3 s with keepAlive: 1 while the client ${what}`, async () => {
      const { server } = halfOpen(on);
      const client = on.client({ server, keepAlive: 1 });
      watch(client.connection$);
      await on.settle();
      expect(await timeToNotice(on, client, qos)).to.equal(2_000);
    });

    it(`should be noticed also when its end took what was written, while the client ${what}`, async () => {
      on.broker.silentOn.add('publish').add('pingreq');
      const { client } = await on.online({ keepAlive: 10, pingTimeout: 4_000 });
      expect(await timeToNotice(on, client, qos)).to.equal(14_000);
    });
  }

  it('should have the smaller of 5 s and keepAlive to answer a ping', async () => {
    for (const [keepAlive, total] of [
      [1, 2_000],
      [4, 8_000],
      [5, 10_000],
      [30, 35_000],
      [undefined, 65_000],
    ] as const) {
      const { server } = halfOpen(on);
      const client = on.client({ server, keepAlive });
      watch(client.connection$);
      await on.settle();
      expect(await timeToNotice(on, client, 0), String(keepAlive)).to.equal(total);
      watch(client.end({ force: true }));
    }
  });

  it('should lose nothing that it did not read: what waits is sent again', async () => {
    on.broker.silentOn.add('publish').add('pingreq');
    const { client } = await on.online({ keepAlive: 1 });
    const sent = watch(client.publish('a', 'x', { qos: 1 }));
    await on.tick(2_000);
    on.broker.silentOn.clear();
    await on.tick(1_000);
    expect([on.broker.connections.length, sent.completed]).to.deep.equal([2, true]);
  });
});

clientSpecs('a PINGRESP that is late', (on) => {
  it('should not keep the next PINGREQ from leaving in time [MQTT-3.1.2-23]', async () => {
    const { server } = await on.online({ keepAlive: 10, pingTimeout: 45_000 });
    on.broker.silentOn.add('pingreq');
    for (let pings = 0; pings <= 4; pings++) {
      expect(server.take('pingreq').length).to.equal(pings === 0 ? 0 : 1);
      await on.tick(9_999);
      expect(server.take('pingreq')).to.deep.equal([]);
      await on.tick(1);
    }
    server.send(...Array.from({ length: 4 }, () => ({ type: 'pingresp' }) as const));
    await on.tick(4_999);
    expect(server.open).to.equal(true, 'answered in time');
  });

  it('should end the connection pingTimeout after the first PINGREQ, not after the last', async () => {
    const { client, server } = await on.online({ keepAlive: 10, pingTimeout: 25_000 });
    on.broker.silentOn.add('pingreq');
    const states = watch(client.state$);
    await on.tick(34_999);
    expect([server.open, server.take('pingreq').length]).to.deep.equal([true, 3]);
    await on.tick(1);
    expect((states.values.at(-1) as { cause?: MqttError }).cause).to.be.instanceOf(KeepAliveTimeoutError);
  });

  it('should be made up for by any other bytes: half a packet is a sign of life', async () => {
    const { server } = await on.online({ keepAlive: 10, pingTimeout: 4_000 });
    on.broker.silentOn.add('pingreq');
    await on.tick(10_000);
    const bytes = encode(message('a', 'x'.repeat(100)), { protocolVersion: on.version });
    for (let i = 0; i < 10; i++) {
      await on.tick(3_999);
      expect(server.open).to.equal(true);
      server.sendBytes(bytes.subarray(10 * i, 10 * (i + 1)));
    }
    await on.tick(3_999);
    expect(server.open).to.equal(true);
    await on.tick(1);
    expect(server.open).to.equal(false);
  });
});
