import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { type TcpProxy, tcpProxy } from './tcpProxy.js';

describe('tcpProxy', () => {
  let server: Server;
  let proxy: TcpProxy;
  const sockets: Socket[] = [];

  /** Both ends of a connection through the proxy. */
  async function ends(): Promise<[client: Socket, broker: Socket]> {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect(Number(new URL(proxy.url).port), '127.0.0.1');
    const [broker] = await accepted;
    for (const socket of [client, broker]) sockets.push(socket.on('error', () => undefined));
    return [client, broker];
  }
  const hears = async (socket: Socket) => ((await once(socket, 'data')) as [Buffer])[0].toString();

  const closes = (socket: Socket) =>
    new Promise<boolean>((resolve) => socket.resume().once('close', (hadError) => resolve(hadError)));

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    proxy = await tcpProxy({ port: (server.address() as AddressInfo).port });
  });

  afterEach(async () => {
    await proxy.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await once(server.close(), 'close');
  });

  it('should pass on bytes and the end, both ways', async () => {
    const [client, broker] = await ends();
    client.write('hello');
    expect(await hears(broker)).to.equal('hello');
    const closed = firstValueFrom(proxy.closedByBroker$);
    broker.end('bye');
    expect(await hears(client)).to.equal('bye');
    await once(client, 'end');
    await closed;
  });

  it('should keep back what the broker says, until it is released', async () => {
    const [client, broker] = await ends();
    proxy.hold();
    broker.write('kept');
    client.write('hello');
    await hears(broker);
    expect(client.bytesRead).to.equal(0);
    proxy.release();
    expect(await hears(client)).to.equal('kept');
  });

  it('should swallow everything on the present connections, and nothing on later ones', async () => {
    const [client, broker] = await ends();
    proxy.swallow();
    broker.end('lost');
    client.write('lost');
    const [later, its] = await ends();
    its.write('heard');
    expect(await hears(later)).to.equal('heard');
    expect([client.bytesRead, client.readableEnded, broker.bytesRead]).to.deep.equal([0, false, 0]);
  });

  it('should cut both ends, and refuse whoever comes', async () => {
    const both = await ends();
    const broken = Promise.all(both.map(closes));
    proxy.refuse(true);
    proxy.cut();
    expect(await broken).to.deep.equal([true, true]);
    const refused = connect(Number(new URL(proxy.url).port), '127.0.0.1').on('error', () => undefined);
    await closes(refused);
    expect(refused.bytesRead).to.equal(0);
  });
});
