import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { filter, firstValueFrom, merge } from 'rxjs';
import { PublishRefusedError, SessionLostError, backoff } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';
import { NATS } from '../support/natsServer.js';

/** Later ones know QoS 2. */
const isOldNats =
  NATS.path === undefined || / v2\.\d\./.test(execFileSync(NATS.path, ['--version'], { encoding: 'utf8' }));
const describeOldNats: typeof describeWith = (...given) => (isOldNats ? describeWith(...given) : undefined);

describeOldNats([NATS], 'QoS 2 at nats-server before 2.10, which does not know it', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should err, with QoS 2 as the likely reason, and keep nobody else from publishing', async () => {
    const { url } = await on.nats();
    const client = on.client(url, { clientId: 'device', cleanSession: false, giveUpAfter: 2 });
    const refused = firstValueFrom(client.publish('a', 'x', { qos: 2 })).catch((error: unknown) => error);
    expect(await refused)
      .to.be.instanceOf(PublishRefusedError)
      .with.property('message')
      .that.contains('some brokers do so on QoS 2');
    await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
  });

  it('should err at the first loss in a clean session, and say why that may be', async () => {
    const { url } = await on.nats();
    const lost = await firstValueFrom(on.client(url).publish('a', 'x', { qos: 2 })).catch((error: unknown) => error);
    expect(lost)
      .to.be.instanceOf(SessionLostError)
      .with.property('message')
      .that.contains('the broker may not know QoS 2');
  });
});

describe('two clients with one identifier at Mosquitto', function () {
  this.timeout(20_000);
  const on = brokerStage();

  for (const [name, retryWhen] of [
    ['soon', backoff({ min: 20, max: 200 })],
    ['after a while', backoff({ min: 1_100, max: 1_500, jitter: 0 })],
  ] as const) {
    it(`should be suspected of throwing each other out, when they come back ${name}`, async () => {
      const { url } = await on.mosquitto();
      const clients = [1, 2].map(() => on.client(url, { clientId: 'twin', retryWhen }));
      const suspected = firstValueFrom(
        merge(...clients.map(({ events$ }) => events$)).pipe(filter(({ type }) => type === 'takeover-suspected')),
      );
      for (const { connection$ } of clients) connection$.subscribe();
      expect(await suspected).to.deep.equal({ type: 'takeover-suspected', clientId: 'twin' });
    });
  }
});
