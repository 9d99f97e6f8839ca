import { expect } from 'chai';
import { filter, firstValueFrom } from 'rxjs';
import { ConnectionRefusedError } from '../../lib/index.js';
import { BROKERS, brokerStage } from '../support/brokerStage.js';
import { record } from '../support/record.js';

/** What a broker answers to a wrong password, and to none: the return code, and the reason code that says the same. */
const REFUSAL = {
  aedes: { returnCode: 4, reasonCode: 0x86 },
  kit: { returnCode: 4, reasonCode: 0x86 },
  Mosquitto: { returnCode: 5, reasonCode: 0x87 },
} as const;

for (const { kind, version, name } of BROKERS) {
  describe(`credentials at ${name}`, function () {
    this.timeout(20_000);
    const on = brokerStage(version);
    const users = { 'käthe@/?': 'pass wörd&%' };
    const [[username, password]] = Object.entries(users) as [[string, string]];

    it('should let a client in that has them in its options', async () => {
      const { url } = await on.broker(kind, { users });
      const client = on.client(url, { username, password: () => Promise.resolve(password) });
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
    });

    it('should let a client in that has them in its URL, and not show them', async () => {
      const { url } = await on.broker(kind, { users });
      const withUser = url.replace('//', `//${encodeURIComponent(username)}:${encodeURIComponent(password)}@`);
      const client = on.client(withUser);
      expect(await firstValueFrom(client.connection$)).to.have.property('server', url);
    });

    const wrong: [string, object][] = [
      ['wrong', { username, password: 'wrong' }],
      ['missing', {}],
    ];
    for (const [how, credentials] of wrong) {
      it(`should be fatal, without another attempt, when they are ${how} [MQTT-3.2.2-5]`, async () => {
        const { url } = await on.broker(kind, { users });
        const client = on.client(url, credentials);
        const retries = record(client.events$.pipe(filter(({ type }) => type === 'retry')));
        const errors = [client.connection$, client.topic$('a'), client.publish('a'), client.subscribe('b')].map(
          (verb) => record<unknown>(verb).first(1).catch((error: unknown) => error), // prettier-ignore
        );
        for (const error of await Promise.all(errors)) {
          const { returnCode, reasonCode } = REFUSAL[kind];
          const codes = { returnCode: version === 4 ? returnCode : undefined, reasonCode };
          expect(error).to.be.instanceOf(ConnectionRefusedError).that.includes(codes);
        }
        expect(await firstValueFrom(client.state$)).to.have.property('status', 'closed');
        await record(client.end()).first(1);
        expect(await retries.first(1)).to.deep.equal([]);
      });
    }

    it('should be asked for again by whoever comes after a refusal', async () => {
      const { url } = await on.broker(kind, { users });
      const tried = ['wrong', password];
      const client = on.client(url, { username, password: () => tried.shift() });
      const refused = await firstValueFrom(client.connection$).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(ConnectionRefusedError);
      await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
    });
  });
}
