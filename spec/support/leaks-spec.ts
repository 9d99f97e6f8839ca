import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mochaHooks } from './leaks.js';

/** What the check says about a spec that does this. */
async function complaint(spec: () => unknown): Promise<string> {
  await mochaHooks.beforeEach();
  await spec();
  return mochaHooks.afterEach().then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

describe('leaks', () => {
  it('should say nothing about a spec that cleans up', async () => {
    expect(await complaint(() => clearTimeout(setTimeout(() => undefined, 1e6)))).to.equal('nothing');
  });

  it('should name a timer', async () => {
    let timer: NodeJS.Timeout | undefined;
    const said = await complaint(() => (timer = setTimeout(() => undefined, 1e6)));
    clearTimeout(timer);
    expect(said).to.equal('left behind by the spec: Timeout');
  });

  it('should name a server, and how many', async () => {
    const servers = [createServer(), createServer()];
    const said = await complaint(() => Promise.all(servers.map((server) => once(server.listen(0), 'listening'))));
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
    expect(said).to.equal('left behind by the spec: 2 × TCPServerWrap');
  });

  it('should wait for a socket that is closing', async () => {
    const server = createServer((socket) => socket.resume());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const said = await complaint(() => connect(port, '127.0.0.1').end());
    await once(server.close(), 'close');
    expect(said).to.equal('nothing');
  });

  it('should name a rejection that nobody handled', async () => {
    const said = await complaint(() => void Promise.reject(new Error('boom')));
    expect(said).to.equal('unhandled rejection: Error: boom');
  });
});
