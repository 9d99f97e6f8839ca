import { expect } from 'chai';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WebSocket } from 'ws';
import { PacketDecoder } from '../../lib/packet/PacketDecoder.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { encode } from '../../lib/packet/encode.js';
import { browserStage } from '../support/browserStage.js';
import { CHROMIUM } from '../support/chromium.js';
import { describeWith } from '../support/describeWith.js';
import { message } from '../support/message.js';
import { type TestWebSocketServer, webSocketServer } from '../support/webSocketServer.js';
import type * as slowProgram from './slowProgram.js';

const PROGRAM = fileURLToPath(new URL('slowProgram.ts', import.meta.url));
const COUNT = 200;
const MESSAGE = encode(message('flood', 'x'.repeat(1_000)));

/** Answers CONNECT and SUBSCRIBE. */
function serve(socket: WebSocket): void {
  const decoder = new PacketDecoder();
  const say = (packet: Packet) => socket.send(encode(packet));
  socket.on('message', (data: Buffer) => {
    decoder.push(data);
    for (let packet = decoder.next(); packet; packet = decoder.next()) {
      if (packet.type === 'connect') say({ type: 'connack', sessionPresent: false, reasonCode: 0 });
      if (packet.type === 'subscribe') say({ type: 'suback', packetId: packet.packetId, reasonCodes: [0] });
    }
  });
}

describeWith([CHROMIUM], 'backpressure in Chromium, whose WebSocket cannot be stopped', function () {
  this.timeout(30_000);
  const chromium = browserStage();
  let server: TestWebSocketServer;
  beforeEach(async () => (server = await webSocketServer()));
  afterEach(() => server.close());

  const open = async (receiveQueue: number) => {
    const connected = server.next();
    const consumer = await chromium.run<typeof slowProgram>(PROGRAM);
    const opened = consumer.call('open', server.url, { receiveQueue });
    const socket = await connected;
    serve(socket);
    await opened;
    for (let i = 0; i < COUNT; i++) socket.send(MESSAGE);
    return { consumer, socket };
  };

  it('should keep what comes, and lose nothing', async () => {
    const { consumer } = await open(COUNT * MESSAGE.length);
    await consumer.call('paused');
    await consumer.call('work', COUNT);
  });

  it('should give the connection up when more comes than receiveQueue keeps', async () => {
    const { consumer, socket } = await open(10_000);
    if (socket.readyState === socket.OPEN) await once(socket, 'close');
    expect(await consumer.call('lost')).to.equal('RECEIVE_OVERFLOW');
  });
});
