import { expect } from 'chai';
import { Subject, firstValueFrom } from 'rxjs';
import { type ClientOptions, PacketTooLargeError } from '../../lib/index.js';
import { type SessionStore, sessionStore } from '../../lib/store.js';
import { bytes } from '../packet/bytes.js';
import { message, texts } from '../support/message.js';
import { hex, rawClient, rawConnected } from '../support/rawClient.js';
import { type Stage, clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** A store that has nothing and keeps nothing. */
function emptyStore(its: { opened?: (clientId: string) => void; write?: () => Promise<void> }): SessionStore {
  return sessionStore((clientId) => {
    its.opened?.(clientId);
    return Promise.resolve({
      async *entries() {},
      write: its.write ?? (() => Promise.resolve()),
      close: () => Promise.resolve(),
    });
  });
}

const ACCEPTED = '20 02 00 00';

/** MQTT 3.1.1. For MQTT 5 see `wire5-spec.ts`. */
const inMqtt311 = (on: Stage) => {
  const raw = (options: ClientOptions) => rawClient(on, options);
  const connected = (options?: ClientOptions) => rawConnected(on, ACCEPTED, options);

  it('should begin with CONNECT, its fields in order, each with its flag [MQTT-3.1.0-1] [MQTT-3.1.2-9] [MQTT-3.1.2-19] [MQTT-3.1.2-21] [MQTT-3.1.3-1] [MQTT-3.1.3-3]', async () => {
    const will = { topic: 'w', payload: 'gone', qos: 2, retain: true } as const;
    const { client, take } = raw({ clientId: 'c', username: 'u', password: 'p', will, keepAlive: 258 });
    watch(client.topic$('a'));
    watch(client.publish('a', '1', { qos: 1 }));
    watch(client.connection$);
    expect(await take()).to.equal(hex(bytes("10 1c 0004'MQTT' 04 f6 0102 0001'c' 0001'w' 0004'gone' 0001'u' 0001'p'")));
  });

  it('should leave out of CONNECT what was not given, flags and fields [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] [MQTT-3.1.2-18] [MQTT-3.1.2-20] [MQTT-3.1.2-22]', async () => {
    for (const [options, expected] of [
      [{}, "10 0d 0004'MQTT' 04 02 003c 0001'c'"],
      [{ username: 'u' }, "10 10 0004'MQTT' 04 82 003c 0001'c' 0001'u'"],
      [{ will: { topic: 'w' } }, "10 12 0004'MQTT' 04 06 003c 0001'c' 0001'w' 0000"],
      [{ cleanSession: false }, "10 0d 0004'MQTT' 04 00 003c 0001'c'"],
    ] as const) {
      const { client, take } = raw({ clientId: 'c', ...options });
      watch(client.connection$);
      expect(await take()).to.equal(hex(bytes(expected)));
    }
  });

  it('should ask for a clean session when the identifier is empty [MQTT-3.1.3-7]', async () => {
    const { client, take } = raw({ clientId: '' });
    watch(client.connection$);
    expect(await take()).to.equal(hex(bytes("10 0c 0004'MQTT' 04 02 003c 0000")));
  });

  it('should write text as UTF-8, whatever characters it has [MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11] [MQTT-1.5.3-3]', async () => {
    const { client, take } = raw({ clientId: 'é', username: '温', will: { topic: '\u{feff}🐢' } });
    watch(client.connection$);
    expect(await take()).to.equal(
      hex(bytes("10 1e 0004'MQTT' 04 86 003c 0002 c3a9 0007 efbbbf f09f90a2 0000 0003 e6b8a9")),
    );
  });

  it('should write topics as UTF-8, with reserved flags as they must be [MQTT-3.3.2-1] [MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-2.2.2-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]', async () => {
    const { client, take, say } = await connected();
    const listening = watch(client.topic$('é/+', { qos: 2 }));
    expect(await take()).to.equal(hex(bytes('82 09 0001 0004 c3a9 2f2b 02')));
    await say('90 03 0001 02');
    watch(client.publish('温/é', 'x'));
    expect(await take()).to.equal(hex(bytes("30 09 0006 e6b8a9 2f c3a9 'x'")));
    listening.unsubscribe();
    expect(await take()).to.equal(hex(bytes('a2 08 0002 0004 c3a9 2f2b')));
    await say('b0 02 0002');
  });

  it('should send QoS 0 once, without DUP and identifier [MQTT-4.3.1-1] [MQTT-3.3.1-2] [MQTT-2.3.1-5]', async () => {
    const { client, take } = await connected();
    const receipt = watch(client.publish('a', 'x', { retain: true }));
    expect(await take()).to.equal(hex(bytes("31 04 0001'a' 'x'")));
    expect(receipt.completed).to.equal(true);
  });

  it('should release QoS 2 with the identifier and the flags of PUBREL [MQTT-2.3.1-6] [MQTT-3.6.1-1] [MQTT-4.3.3-1]', async () => {
    const { client, take, say } = await connected();
    const receipt = watch(client.publish('a', 'x', { qos: 2 }));
    expect(await take()).to.equal(hex(bytes("34 06 0001'a' 0001 'x'")));
    await say('50 02 0001');
    expect(await take()).to.equal('62 02 00 01');
    expect(receipt.ends).to.equal(0);
    await say('70 02 0001');
    expect([await take(), receipt.completed]).to.deep.equal(['', true]);
  });

  for (const [who, listen] of [
    ['nobody', false],
    ['somebody', true],
  ] as const) {
    it(`should answer each PUBLISH as its QoS says, although ${who} wants it [MQTT-3.3.4-1] [MQTT-4.5.0-2] [MQTT-2.3.1-6]`, async () => {
      const { client, take, say } = await connected();
      if (listen) {
        watch(client.topic$('a', { qos: 2 }));
        await say('90 03 0001 02');
        await take();
      }
      await say("30 03 0001'a'");
      expect(await take()).to.equal('');
      await say("32 05 0001'a' 0102");
      expect(await take()).to.equal('40 02 01 02');
      await say("34 05 0001'a' 0103");
      expect(await take()).to.equal('50 02 01 03');
      await say('62 02 0103');
      expect(await take()).to.equal('70 02 01 03');
    });
  }

  it('should acknowledge also when a subscriber throws [MQTT-4.5.0-2]', async () => {
    const { client, take, say } = await connected();
    client.messages$().subscribe(() => {
      throw new Error('not today');
    });
    await say("32 05 0001'a' 0102");
    expect(await take()).to.equal('40 02 01 02');
    await on.tick(0);
    expect(on.unhandled()).to.have.length(1);
  });

  it('should ping with PINGREQ and leave with DISCONNECT, nothing behind it [MQTT-3.1.2-23] [MQTT-2.2.2-1] [MQTT-3.14.4-2]', async () => {
    const { client, take, say } = await connected({ keepAlive: 1 });
    await on.tick(1_000);
    expect(await take()).to.equal('c0 00');
    await say('d0 00');
    watch(client.end());
    watch(client.publish('a', 'late'));
    expect(await take()).to.equal('e0 00');
  });

  it('should not pass the DUP of a message on when it is published again [MQTT-3.3.1-3]', async () => {
    const { client, take, say } = await connected();
    client.messages$().subscribe(({ payload }) => watch(client.publish('b', payload, { qos: 1 })));
    await say("3a 06 0001'a' 0007 'x'");
    expect(await take()).to.equal(hex(bytes("40 02 0007 32 06 0001'b' 0001 'x'")));
  });
};

clientSpecs('what a client writes, byte by byte', inMqtt311, [4]);

clientSpecs('the session of a client', (on) => {
  const incoming = message('a', '1', { qos: 2, packetId: 7 });

  it('should outlive a connection, and the broker be asked for it by the same identifier [MQTT-3.1.2-4] [MQTT-3.1.3-2] [MQTT-4.1.0-1]', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const seen = watch(client.messages$());
    on.broker.silentOn.add('pubrec');
    on.broker.silentOn.add('publish');
    server.send(incoming);
    watch(client.publish('b', '2', { qos: 1 }));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    server.fail();
    await on.tick(1_000);
    on.broker.current.send({ ...incoming, dup: true });
    await on.settle();
    const [connect, again, answer] = on.broker.current.received;
    expect(connect).to.include({ type: 'connect', clientId: 'spec', cleanStart: false });
    expect(again).to.include({ type: 'publish', topic: 'b', dup: true });
    expect(answer).to.deep.equal({ type: 'pubrec', packetId: 7 });
    expect(texts(seen.values)).to.deep.equal(['1']);
  });

  it('should last as long as the connection, also if it is a clean one [MQTT-4.1.0-2]', async () => {
    const { client, server } = await on.online({ cleanSession: true });
    const seen = watch(client.messages$());
    on.broker.silentOn.add('pubrec');
    server.send(incoming);
    await on.tick(3_600_000);
    server.send(incoming);
    await on.settle();
    expect(texts(seen.values)).to.deep.equal(['1']);
    expect(server.received.filter(({ type }) => type === 'pubrec')).to.have.length(2);
  });

  it('should leave nothing to the next connection if it is a clean one [MQTT-3.1.2-6] [MQTT5-3.1.2-4]', async () => {
    const { client, server } = await on.online({ cleanSession: true });
    const seen = watch(client.messages$());
    on.broker.silentOn.add('pubrec');
    on.broker.silentOn.add('publish');
    server.send(incoming);
    const lost = watch(client.publish('b', '2', { qos: 2 }));
    await on.settle();
    server.fail();
    await on.tick(1_000);
    on.broker.current.send(incoming);
    await on.settle();
    expect(on.broker.current.received.map(({ type }) => type)).to.deep.equal(['connect', 'pubrec']);
    expect(texts(seen.values)).to.deep.equal(['1', '1']);
    expect(lost.error).to.have.property('code', 'SESSION_LOST');
  });

  it('should be kept in the store under the client identifier [MQTT-3.1.3-2]', async () => {
    const opened: string[] = [];
    await on.online({
      clientId: 'kitchen',
      cleanSession: false,
      store: emptyStore({ opened: (id) => opened.push(id) }),
    });
    expect(opened).to.deep.equal(['kitchen']);
  });

  it('should not set DUP on a message that the store had not yet written when the connection broke [MQTT-3.3.1-3]', async () => {
    const stored = new Subject<undefined>();
    const store = emptyStore({ write: () => firstValueFrom(stored) });
    const { client, server } = await on.online({ cleanSession: false, store });
    stored.next(undefined); // that the store is new
    await on.settle();
    watch(client.publish('a', '1', { qos: 1 }));
    await on.settle();
    expect(server.take('publish')).to.deep.equal([]);
    server.fail();
    stored.next(undefined);
    on.broker.connack = { sessionPresent: true };
    await on.tick(1_000);
    stored.next(undefined);
    await on.settle();
    expect(on.broker.current.take('publish').map(({ topic, dup }) => [topic, dup])).to.deep.equal([['a', false]]);
  });

  it('should end the connection over a packet that is too large for it, and go on with the next [MQTT-4.8.0-2]', async () => {
    const { client, held, server } = await on.online({ maxPacketSize: 100 });
    const seen = watch(client.messages$());
    const states = watch(client.state$);
    server.send(message('a', 'x'.repeat(100)));
    await on.settle();
    expect(states.values.at(-1)).to.have.property('cause').that.is.instanceOf(PacketTooLargeError);
    expect([server.hungUp, seen.values.length]).to.deep.equal([true, 0]);
    await on.tick(1_000);
    on.broker.current.send(message('a', 'fits'));
    await on.settle();
    expect([held.values.length, texts(seen.values)]).to.deep.equal([2, ['fits']]);
  });
});
