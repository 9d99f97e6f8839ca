import { expect } from 'chai';
import { firstValueFrom } from 'rxjs';
import { ConnectionFailedError, InvalidOptionsError, backoff, createClient } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { record } from '../support/record.js';

describe('addresses at Mosquitto', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should be a Unix socket', async () => {
    const broker = await on.mosquitto();
    const client = on.client(`mqtt+unix://${broker.path}`);
    const connections = record(client.connection$);
    expect((await connections.first(1))[0]!.server).to.equal(`mqtt+unix://${broker.path}`);
    await firstValueFrom(client.publish('a', new Uint8Array(100_000), { qos: 2 }));
    await broker.restart();
    await connections.first(2);
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  it('should be a Unix socket whose path needs percent-encoding, and say which when it is not there', async () => {
    const client = on.client('mqtt+unix:///nowhere/with%20a%20%C3%BC.sock', { retryWhen: backoff({ retries: 0 }) });
    const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(ConnectionFailedError);
    expect((error as Error).message)
      .to.contain('cannot connect to /nowhere/with a ü.sock')
      .and.contain('ENOENT');
  });

  it('should be IPv6', async () => {
    const { url } = await on.mosquitto({ host: '::1' });
    expect(url).to.match(/^mqtt:\/\/\[::1\]:/);
    const client = on.client(url);
    expect(await firstValueFrom(client.connection$)).to.have.property('server', url);
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  for (const url of ['mqtt+unix://run/broker.sock', 'mqtt+unix://', 'mqtt+unix:///', 'mqtt+unix:///%ff']) {
    it(`should not be ${url}`, () => {
      expect(() => createClient(url))
        .to.throw(InvalidOptionsError, /three slashes/)
        .with.property('option', 'server');
    });
  }
});
