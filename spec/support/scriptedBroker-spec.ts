import { expect } from 'chai';
import { toArray } from 'rxjs';
import type { Packet, ProtocolVersion } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { encode } from '../../lib/packet/encode.js';
import type { Duplex, Transport } from '../../lib/transport/Transport.js';
import { tcp } from '../../lib/transport/tcp.js';
import { plain } from './ScriptedConnection.js';
import { scriptedBroker } from './scriptedBroker.js';

const CONNECT: Packet = { type: 'connect', clientId: 'spec', cleanStart: true, keepAlive: 0 };
const CONNACK: Packet = { type: 'connack', sessionPresent: false, reasonCode: 0 };
const publish = (qos: 0 | 1 | 2, packetId: number): Packet => ({
  type: 'publish',
  topic: 'a',
  payload: new Uint8Array(),
  qos,
  retain: false,
  dup: false,
  packetId,
});

/** A client that keeps every packet it hears. */
function client(transport: Transport, protocolVersion: ProtocolVersion = 4) {
  const heard: Packet[] = [];
  let duplex: Duplex | undefined;
  const subscription = transport.subscribe((open) => {
    duplex = open;
    const decoder = new PacketDecoder(undefined, protocolVersion);
    open.bytes$.subscribe({
      next: (chunk) => {
        decoder.push(chunk);
        for (let packet = decoder.next(); packet; packet = decoder.next()) heard.push(plain(packet));
      },
      error: () => undefined,
    });
  });
  return {
    heard,
    say: (...packets: Packet[]) =>
      duplex!.write(Buffer.concat(packets.map((packet) => encode(packet, { protocolVersion })))),
    hangUp: () => subscription.unsubscribe(),
  };
}

function hangUpAndTalk({ say, hangUp }: ReturnType<typeof client>): void {
  say(CONNECT);
  hangUp();
  say({ type: 'pingreq' });
}

describe('scriptedBroker', () => {
  const answers: [string, Packet, Packet[]][] = [
    ['QoS 0', publish(0, 0), []],
    ['QoS 1', publish(1, 7), [{ type: 'puback', packetId: 7 }]],
    ['QoS 2', publish(2, 7), [{ type: 'pubrec', packetId: 7 }]],
    ['PUBREL', { type: 'pubrel', packetId: 7 }, [{ type: 'pubcomp', packetId: 7 }]],
    ['PUBREC', { type: 'pubrec', packetId: 7 }, [{ type: 'pubrel', packetId: 7 }]],
    [
      'SUBSCRIBE',
      {
        type: 'subscribe',
        packetId: 7,
        subscriptions: [
          { filter: 'a', qos: 1 },
          { filter: 'no', qos: 2 },
        ],
      },
      [{ type: 'suback', packetId: 7, reasonCodes: [1, 0x80] }],
    ],
    ['UNSUBSCRIBE', { type: 'unsubscribe', packetId: 7, filters: ['a'] }, [{ type: 'unsuback', packetId: 7 }]],
    ['PINGREQ', { type: 'pingreq' }, [{ type: 'pingresp' }]],
    ['DISCONNECT', { type: 'disconnect' }, []],
  ];
  const answers5 = answers.map(([what, packet, expected]) => {
    const codes = (one: Packet) => (one.type === 'unsuback' ? { ...one, reasonCodes: [0] } : one);
    return [what, packet, expected.map(codes), 5] as const;
  });
  for (const [what, packet, expected, version = 4] of [...answers, ...answers5]) {
    it(`should answer ${what} of MQTT ${version} unless it is told to be silent`, () => {
      const broker = scriptedBroker();
      broker.grant = (filter, qos) => (filter === 'no' ? 0x80 : qos);
      const { heard, say } = client(broker.transport, version);
      say(CONNECT, packet);
      expect(heard).to.deep.equal([CONNACK, ...expected]);
      expect(broker.current.faults).to.deep.equal([]);

      broker.silentOn.add(packet.type);
      const silent = client(broker.transport, version);
      silent.say(CONNECT, packet);
      expect(silent.heard).to.deep.equal([CONNACK]);
    });
  }

  it('should record packets and writes, and hand each packet out once', () => {
    const broker = scriptedBroker();
    const { say } = client(broker.transport);
    say(CONNECT, publish(1, 1), { type: 'pingreq' });
    say(publish(1, 2));
    const { current } = broker;
    expect([current.writes, current.received.length]).to.deep.equal([2, 4]);
    expect(current.take('publish').map(({ packetId }) => packetId)).to.deep.equal([1, 2]);
    expect(current.take().map(({ type }) => type)).to.deep.equal(['connect', 'pingreq']);
    expect(current.take()).to.deep.equal([]);
  });

  it('should close after it refused a CONNECT, and say nothing when it is silent', () => {
    const broker = scriptedBroker();
    broker.connack = { reasonCode: 5 };
    const refused = client(broker.transport);
    refused.say(CONNECT);
    expect(refused.heard).to.deep.equal([{ ...CONNACK, reasonCode: 5 }]);
    expect([broker.current.open, broker.current.hungUp]).to.deep.equal([false, false]);
    const refused5 = client(broker.transport, 5);
    refused5.say(CONNECT);
    expect(refused5.heard).to.deep.equal([{ ...CONNACK, reasonCode: 0x87 }]);

    broker.connack = 'silent';
    const waiting = client(broker.transport);
    waiting.say(CONNECT);
    expect([waiting.heard, broker.current.open]).to.deep.equal([[], true]);
  });

  it('should refuse dials, or leave them hanging', () => {
    const broker = scriptedBroker();
    const seen: string[] = [];
    for (const dial of ['refuse', 'hang', 'accept'] as const) {
      broker.dial = dial;
      broker.transport.subscribe({ next: () => seen.push(`${dial} opened`), error: () => seen.push(`${dial} failed`) });
    }
    expect(seen).to.deep.equal(['refuse failed', 'accept opened']);
    expect([broker.dials, broker.connections.length]).to.deep.equal([3, 1]);
  });

  const faulty: [string, (c: ReturnType<typeof client>) => void, RegExp][] = [
    ['a write after the hang-up', hangUpAndTalk, /after the hang-up/],
    [
      'a packet after DISCONNECT',
      (c) => c.say(CONNECT, { type: 'disconnect' }, { type: 'pingreq' }),
      /after disconnect/,
    ],
    ['another first packet', (c) => c.say({ type: 'pingreq' }), /first packet: expected connect .*, got pingreq/],
    ['a first packet of a server', (c) => c.say(CONNACK), /connack as packet 1/],
    ['a second CONNECT', (c) => c.say(CONNECT, CONNECT), /connect as packet 2/],
    ['a packet of a server', (c) => c.say(CONNECT, { type: 'pingresp' }), /from a client/],
  ];
  for (const [what, act, fault] of faulty) {
    it(`should record ${what} as a fault`, () => {
      const broker = scriptedBroker();
      act(client(broker.transport));
      expect(broker.current.faults.join()).to.match(fault);
    });
  }

  it('should record bytes that are no packet as a fault, and close', () => {
    const broker = scriptedBroker();
    broker.transport.subscribe((duplex) => duplex.write(Uint8Array.of(0, 0)));
    expect(broker.current.faults.join()).to.match(/undecodable/);
    expect(broker.current.open).to.equal(false);
  });

  it('should know who closed', () => {
    const broker = scriptedBroker();
    client(broker.transport).hangUp();
    expect([broker.current.open, broker.current.hungUp]).to.deep.equal([false, true]);
    const { hangUp } = client(broker.transport);
    broker.current.fail();
    hangUp();
    expect([broker.current.open, broker.current.hungUp]).to.deep.equal([false, false]);
  });

  it('should do the same over a real socket', async () => {
    const broker = scriptedBroker();
    const { port, close } = await broker.listen();
    const chunks = await new Promise<Uint8Array[]>((done) => {
      tcp({ host: '127.0.0.1', port }).subscribe((duplex) => {
        duplex.bytes$.pipe(toArray()).subscribe(done);
        broker.connack = { reasonCode: 4 };
        duplex.write(encode(CONNECT));
      });
    });
    expect([...Buffer.concat(chunks)]).to.deep.equal([0x20, 2, 0, 4]);
    expect(broker.current.received.map(({ type }) => type)).to.deep.equal(['connect']);
    await close();
  });
});
