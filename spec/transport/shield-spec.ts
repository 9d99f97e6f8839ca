import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type Subscription, filter, map } from 'rxjs';
import sinon from 'sinon';
import { encode } from '../../lib/codec.js';
import { ConnectionLostError } from '../../lib/errors.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import { decodeWith } from '../../lib/stream/decodePackets.js';
import type { Duplex } from '../../lib/transport/Transport.js';
import { nodeWebSocket } from '../../lib/transport/nodeWebSocket.js';
import { shield } from '../../lib/transport/shield.js';
import { tcp } from '../../lib/transport/tcp.js';
import { type Recording, record } from '../support/record.js';
import { turn } from '../support/turn.js';
import { webSocketServer } from '../support/webSocketServer.js';

const message = (i: number, size = 4_096) =>
  encode({ type: 'publish', topic: 'a', payload: new Uint8Array(size).fill(i), qos: 0, retain: false, dup: false, packetId: 0 }); // prettier-ignore

/** From now on there is no memory for blocks. */
function noBlocks(): void {
  const allocUnsafeSlow = Buffer.allocUnsafeSlow.bind(Buffer);
  sinon.replace(Buffer, 'allocUnsafeSlow', (size: number) => {
    if (size > 8_192) throw new RangeError('no memory');
    return allocUnsafeSlow(size);
  });
}

/** Node 21 and later throw when marked memory is transferred, Node 20 copies it. Either way it stays. */
function transfer(buffer: ArrayBufferLike): void {
  try {
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  } catch (error) {
    expect(error).to.have.property('name', 'DataCloneError');
  }
}

describe('shield', () => {
  it('should mark memory so that it stays when it is transferred', () => {
    const { buffer } = new Uint8Array(10);
    shield(buffer);
    transfer(buffer);
    expect(buffer.byteLength).to.equal(10);
  });

  it('should do nothing where the runtime has no such mark', async () => {
    const mark = sinon.stub().throws(new Error('not implemented'));
    sinon.stub(process, 'getBuiltinModule').returns({ markAsUntransferable: mark });
    const copy = '../../lib/transport/shield.js?copy'; // which has not looked yet
    const fresh = (await import(copy)) as { shield: typeof shield };
    for (let i = 0; i < 2; i++) expect(() => fresh.shield(new ArrayBuffer(1))).not.to.throw();
    sinon.restore();
    expect(mark.callCount).to.equal(1);
  });

  it('should be what each connection of Node tells its decoder', async () => {
    const server = await webSocketServer();
    const connection = record(nodeWebSocket(server.url));
    expect((await connection.first(1))[0]!.shield).to.equal(shield);
    connection.stop();
    await server.close();
  });
});

describe('the memory that a TCP socket receives into', () => {
  let server: Server;
  let peer: Socket;
  let duplex: Duplex;
  let dialled: Subscription;
  let received: Recording<Uint8Array>;

  beforeEach(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const connection = once(server, 'connection') as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    duplex = await new Promise<Duplex>((next, error) => {
      dialled = tcp({ host: '127.0.0.1', port }).subscribe({ next, error });
    });
    [peer] = await connection;
    peer.on('error', () => undefined);
    const decoder = new PacketDecoder();
    decoder.shield = duplex.shield; // as the client does
    const isPublish = (packet: { type: string }): packet is PublishPacket => packet.type === 'publish';
    const payloads$ = decodeWith(duplex.inlet!.receive(decoder), () => decoder).pipe(
      filter(isPublish),
      map(({ payload }) => payload),
    );
    received = record(payloads$);
  });
  afterEach(async () => {
    sinon.restore();
    received.stop();
    dialled.unsubscribe();
    peer.destroy();
    await once(server.close(), 'close');
  });

  const send = (count: number) => peer.write(Buffer.concat(Array.from({ length: count }, (_, i) => message(i % 200))));

  it('should stay when a payload that shares it is transferred, and the connection go on', async () => {
    send(500);
    const payloads = await received.first(500);
    // The decoder's own blocks hold four such payloads, those of the socket more.
    const shared = payloads.filter(({ buffer, length }) => buffer.byteLength > 4 * length);
    expect(new Set(shared.map(({ buffer }) => buffer)).size).to.be.lessThan(shared.length / 3);
    for (const { buffer } of shared) transfer(buffer);
    send(500);
    for (const [i, payload] of (await received.first(1_000)).entries()) {
      expect(payload.length, `the length of payload ${i}`).to.equal(4_096);
      expect(
        payload.every((byte) => byte === (i % 500) % 200),
        `the bytes of payload ${i}`,
      ).to.equal(true);
    }
  });

  it('should leave a payload of megabytes to be transferred, for it has memory of its own', async () => {
    const large = message(7, 1_000_000);
    peer.write(Buffer.concat([large, large]));
    const [first] = await received.first(2);
    structuredClone(first, { transfer: [first!.buffer as ArrayBuffer] });
    expect(first!.length).to.equal(0);
    peer.write(large);
    const third = (await received.first(3))[2]!;
    expect(third.every((byte) => byte === 7)).to.equal(true);
  });

  for (const [what, spoil] of [
    ['there is no memory left', noBlocks],
    [
      'the reader throws',
      () =>
        sinon.stub(PacketDecoder.prototype, 'large').get(() => {
          throw new RangeError('no memory');
        }),
    ],
  ] as const) {
    it(`should end the connection with an error, and not the process, when ${what}`, async () => {
      send(20);
      await received.first(20);
      spoil();
      send(1_000);
      const error = await received.first(1_020).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(ConnectionLostError).with.nested.property('cause.message', 'no memory');
      await turn();
    });
  }
});
