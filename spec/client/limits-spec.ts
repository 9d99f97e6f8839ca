import { expect } from 'chai';
import { Observable } from 'rxjs';
import { type ClientOptions, backoff } from '../../lib/index.js';
import type { Packet, PacketType } from '../../lib/packet/Packet.js';
import { encode } from '../../lib/packet/encode.js';
import { type MemoryPeer, memory } from '../../lib/testing.js';
import { GatedStore } from '../support/GatedStore.js';
import type { ScriptedConnection } from '../support/ScriptedConnection.js';
import { message } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const MIB = 1_048_576;

/** The same bytes over and over, in chunks of what a socket gives. */
function flood(bytes: Uint8Array, times: number, send: (chunk: Uint8Array) => void): void {
  const perChunk = Math.ceil(65_536 / bytes.length);
  const chunk = new Uint8Array(bytes.length * perChunk);
  for (let i = 0; i < perChunk; i++) chunk.set(bytes, i * bytes.length);
  for (let sent = 0; sent < times; sent += perChunk) send(chunk.slice());
}

const count = (packets: readonly Packet[], type: PacketType) => packets.filter((packet) => packet.type === type).length;

clientSpecs('limits', (on) => {
  const encoded = (packet: Packet) => encode(packet, { protocolVersion: on.version });

  /** A client, and a broker that accepts it and then reads nothing any more. */
  function unread() {
    const peers: MemoryPeer[] = [];
    const server = memory(
      (peer) => {
        peers.push(peer);
        peer.bytes$.subscribe(() => {
          if (peers.at(-1) !== peer || isUnread) return;
          peer.write(encoded({ type: 'connack', sessionPresent: false, reasonCode: 0 }));
          peer.pause();
          isUnread = true;
        });
      },
      { synchronous: on.synchronous },
    );
    let isUnread = false;
    const client = on.client({ server, retryWhen: backoff({ retries: 0 }), queue: { size: 40 } });
    const held = watch(client.connection$);
    return { client, held, peer: () => peers[0]! };
  }

  it('should write some 16 MiB to a broker that never reads, and let the rest wait, also all of one turn', async () => {
    const { client } = unread();
    const payload = new Uint8Array(MIB);
    const published = Array.from({ length: 40 }, () => watch(client.publish('a', payload)));
    await on.settle();
    const written = published.filter(({ completed }) => completed).length;
    expect(written).to.be.within(16, 17);
    const late = Array.from({ length: 30 }, () => watch(client.publish('a', payload)));
    await on.settle();
    const waiting = [...published, ...late].filter(({ ends }) => ends === 0).length;
    expect(waiting).to.equal(40);
    expect(late.at(-1)!.error).to.have.property('code', 'QUEUE_OVERFLOW');
  });

  it('should give up a broker that floods it with what must be answered and never reads the answers', async () => {
    const { client, held, peer } = unread();
    watch(client.publish('a', new Uint8Array(17 * MIB)));
    await on.settle();
    flood(encoded({ type: 'pubrel', packetId: 7 }), MIB + 32_768, (chunk) => peer().write(chunk));
    await on.settle();
    expect(held.error).to.have.property('code', 'CONNECTION_LOST');
  });

  it('should survive a flood of tiny packets, of unknown identifiers and of PUBRELs', async () => {
    const { client, server } = await on.online();
    const packets: Packet[] = [
      { type: 'pingresp' },
      { type: 'puback', packetId: 9 },
      { type: 'pubcomp', packetId: 9 },
      { type: 'unsuback', packetId: 9, reasonCodes: on.version === 5 ? [0] : undefined },
    ];
    for (const packet of packets) {
      flood(encoded(packet), 20_000, (chunk) => server.sendBytes(chunk));
    }
    flood(encoded({ type: 'pubrel', packetId: 9 }), 20_000, (chunk) => server.sendBytes(chunk));
    const published = watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect(count(server.received, 'pubcomp')).to.be.at.least(20_000);
    expect([published.completed, server.open]).to.deep.equal([true, true]);
  });

  it('should survive QoS 2 messages that are never released: 65,535 identifiers, each delivered once', async () => {
    const { client, server } = await on.online();
    on.broker.silentOn.add('pubrec');
    let delivered = 0;
    client.messages$().subscribe(() => delivered++);
    for (let round = 0; round < 2; round++) {
      for (let first = 1; first <= 65_535; first += 1_000) {
        const ids = Array.from({ length: Math.min(1_000, 65_536 - first) }, (_, i) => first + i);
        server.send(...ids.map((packetId) => message('a', '', { qos: 2, packetId })));
      }
      await on.settle();
    }
    expect([delivered, count(server.received, 'pubrec'), server.open]).to.deep.equal([65_535, 2 * 65_535, true]);
  });

  it('should deliver a flood of retained messages, whose topics are all different', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('#'));
    await on.settle();
    for (let i = 0; i < 40; i++) {
      server.send(...Array.from({ length: 1_000 }, (_, j) => message(`t/${i}/${j}`, 'x', { retain: true })));
      await on.settle();
    }
    expect(heard.values.length).to.equal(40_000);
  });

  it('should not remember all that a listener had of a broker that sends retained messages without end', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('#'));
    await on.settle();
    const retained = (i: number) => message(`t/${i}`, 'x', { retain: true });
    for (let i = 0; i < 40_000; i += 1_000) {
      server.send(...Array.from({ length: 1_000 }, (_, j) => retained(i + j)));
      await on.settle();
    }
    server.send(retained(39_999), retained(0));
    await on.settle();
    expect(heard.values.length).to.equal(40_001); // what it had last is not news, what it had first may be
    expect(heard.values.at(-1)!.topic).to.equal('t/0');
  });

  it('should give up a broker that says CONNACK a byte at a time, when connackTimeout is over', async () => {
    on.broker.connack = 'silent';
    const client = on.client({ connackTimeout: 1_000, retryWhen: backoff({ retries: 0 }) });
    const held = watch(client.connection$);
    await on.settle();
    for (const byte of [0x20, 0x02, 0x00]) {
      await on.tick(333);
      on.broker.current.sendBytes(Uint8Array.of(byte));
    }
    await on.tick(1);
    expect(held.error).to.have.property('code', 'CONNECT_TIMEOUT');
  });

  it('should give up a broker that stops in the middle of a packet, when PINGRESP is overdue', async () => {
    const { held, server } = await on.online({ keepAlive: 10, pingTimeout: 500, retryWhen: backoff({ retries: 0 }) });
    on.broker.silentOn.add('pingreq');
    for (let second = 0; second < 10; second++) {
      server.sendBytes(Uint8Array.of([0x30, 0x7f, 0x00][second] ?? 0x61));
      await on.tick(1_000);
    }
    await on.tick(500);
    expect(held.error).to.have.property('code', 'KEEP_ALIVE_TIMEOUT');
  });

  it('should refuse what is larger than maxPacketSize from its header', async () => {
    const { held, server } = await on.online({ maxPacketSize: 1_000, retryWhen: backoff({ retries: 0 }) });
    server.sendBytes(Uint8Array.of(0x30, 0xff, 0xff, 0x7f));
    await on.settle();
    expect(held.error).to.have.property('code', 'PACKET_TOO_LARGE');
  });

  it('should let nobody suffer from one who throws, leaves or is slow, in this client or another', async () => {
    const { client, server } = await on.online();
    const others = Array.from({ length: 50 }, (_, i) => on.client({ clientId: `other-${i}` }));
    const theirs = others.map((other) => watch(other.topic$('a')));
    await on.settle();
    const careful = watch(client.topic$('a'));
    for (let i = 0; i < 20; i++) {
      client.topic$('a').subscribe(() => {
        throw new Error('careless');
      });
    }
    const leaving = watch(client.topic$('+'));
    client.topic$('a').subscribe(() => leaving.unsubscribe());
    await on.settle();
    server.send(message('a', '1'), message('a', '2'));
    for (const connection of on.broker.connections.slice(1)) connection.send(message('a', '1'));
    server.sendBytes(Uint8Array.of(0xff));
    await on.tick(1);
    expect([careful.values.length, on.unhandled().length]).to.deep.equal([2, 40]);
    expect(theirs.map(({ values }) => values.length)).to.deep.equal(others.map(() => 1));
    expect(on.broker.connections.map(({ open }) => open)).to.deep.equal([false, ...others.map(() => true)]);
  });

  it('should leave 1,000 clients alone when another one of the process fails in every way', async function () {
    this.timeout(30_000);
    const others = Array.from({ length: 1_000 }, (_, i) => on.client({ clientId: `other-${i}` }));
    const theirs = others.map((other) => watch(other.topic$('a')));
    await on.settle();
    const connections = [...on.broker.connections];
    const failing = (options: ClientOptions = {}) => on.client({ retryWhen: backoff({ retries: 0 }), ...options });
    const hold = (options?: ClientOptions) => watch<unknown>(failing(options).connection$);
    const store = new GatedStore();
    store.failure = new Error('no space left on device');
    const broken = (what: string) => () => {
      throw new Error(what);
    };

    const ways: Readonly<Record<string, () => Watched<unknown>>> = {
      CONNECTION_FAILED: () => ((on.broker.dial = 'refuse'), hold()),
      CONNECT_TIMEOUT: () => ((on.broker.dial = 'hang'), hold({ connectTimeout: 1_000 })),
      'CONNECT_TIMEOUT, no CONNACK': () => ((on.broker.connack = 'silent'), hold({ connackTimeout: 1_000 })),
      CONNECTION_REFUSED: () => ((on.broker.connack = { reasonCode: 5 }), hold()),
      KEEP_ALIVE_TIMEOUT: () => (on.broker.silentOn.add('pingreq'), hold({ keepAlive: 1, pingTimeout: 1_000 })),
      'CONNECTION_FAILED, its transport throws': () => hold({ server: new Observable(broken('transport')) }),
      'CONNECTION_FAILED, its option throws': () => hold({ username: broken('username') }),
      'STORE, it cannot be written': () => watch(failing({ store: store.store }).publish('a', '', { qos: 1 })),
      'QUEUE_OVERFLOW, nothing may wait': () => (
        (on.broker.dial = 'hang'),
        watch(failing({ queue: { size: 0 } }).publish('a', ''))
      ),
      'INVALID_TOPIC, with a wildcard': () => watch(failing().publish('#', '')),
    };
    for (const [way, fail] of Object.entries(ways)) {
      const failed = fail();
      await on.tick(3_000);
      expect(failed.error, way).to.have.property('code', way.split(',')[0]);
      Object.assign(on.broker, { dial: 'accept', connack: {} });
      on.broker.silentOn.clear();
    }
    for (const breaks of [
      (c: ScriptedConnection) => c.sendBytes(Uint8Array.of(0xff, 0)),
      (c: ScriptedConnection) => c.fail(),
    ]) {
      const held = hold();
      await on.settle();
      breaks(on.broker.current);
      await on.settle();
      expect(held.ends).to.equal(1);
    }
    const client = failing();
    client.topic$('a').subscribe(broken('careless'));
    await on.settle();
    on.broker.current.send(message('a', 'x'));
    await on.tick(1);
    expect(on.unhandled().length).to.equal(1);

    for (const connection of connections) connection.send(message('a', '1'));
    const published = others.map((other) => watch(other.publish('b', '', { qos: 1 })));
    await on.settle();
    await on.settle();
    expect(theirs.every(({ values, ends }) => values.length === 1 && ends === 0)).to.equal(true);
    expect(published.every(({ completed }) => completed)).to.equal(true);
    expect(connections.every(({ open }) => open)).to.equal(true);
  });
});
