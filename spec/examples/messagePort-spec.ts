import { expect } from 'chai';
import { Subscription, firstValueFrom, toArray } from 'rxjs';
import { bridge } from '../../examples/messagePort/bridge.js';
import { portTransport } from '../../examples/messagePort/portTransport.js';
import { ConnectionFailedError, backoff, tcp } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { run } from './run.js';

describe('the example of a transport over message ports', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should run, and end', async () => {
    const broker = await on.broker('aedes');
    const ending = await run('examples/messagePort/main.ts', { args: [String(broker.port)], patience: 15_000 });
    expect(ending.stdout, ending.stderr)
      .to.contain('mqtt connected to custom transport')
      .and.contain('worker says hello');
    expect(ending).to.include({ code: 0, stderr: '' });
  });

  describe('in one process', () => {
    let bridges: Subscription;
    beforeEach(() => (bridges = new Subscription()));
    afterEach(() => bridges.unsubscribe());
    const through = (port: number) =>
      portTransport((end) => bridges.add(bridge(end, tcp({ host: '127.0.0.1', port }))));

    it('should carry messages, and live through cuts', async () => {
      const broker = await on.broker('Mosquitto');
      const proxy = await on.proxy(broker);
      const client = on.client(through(Number(new URL(proxy.url).port)));
      const connections = record(client.connection$);
      const received = record(client.topic$('a', { qos: 2 }));
      for (const n of [1, 2, 3]) {
        await connections.first(n);
        await granted(client, 'a');
        await firstValueFrom(client.publish('a', new Uint8Array(100_000).fill(n), { qos: 2 }));
        expect((await received.first(n))[n - 1]!.payload).to.deep.equal(new Uint8Array(100_000).fill(n));
        proxy.cut();
      }
    });

    it('should say why there is no connection', async () => {
      const broker = await on.broker('aedes');
      await broker.kill();
      const client = on.client(through(broker.port), { retryWhen: backoff({ retries: 0 }) });
      const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(ConnectionFailedError);
      expect((error as Error).message).to.match(/127\.0\.0\.1:\d+.*ECONNREFUSED/);
    });

    it('should hang up at the other end when it is ended, DISCONNECT first', async () => {
      const broker = await on.mosquitto({ verbose: true });
      const client = on.client(through(broker.port));
      await firstValueFrom(client.connection$);
      const goodbye = broker.says('Received DISCONNECT');
      await firstValueFrom(client.end().pipe(toArray()));
      await goodbye;
    });

    it('should leave nothing behind when it is given up before it is open', async () => {
      const { port } = await on.broker('aedes');
      through(port).subscribe().unsubscribe();
    });
  });
});
