import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aedesBroker } from '../support/aedesBroker.js';
import { type Authority, authority } from '../support/certificates.js';
import { commandLine } from '../support/commandLine.js';
import { type MosquittoOptions, mosquitto } from '../support/mosquitto.js';
import { shell } from '../support/program.js';

interface Check {
  readonly name: string;
  readonly verdict: string;
  readonly text: string;
  readonly advice?: string;
  readonly details?: readonly (readonly [string, string])[];
}

/** Examines a server; gives the exit code and the checks by name. */
async function examine(url: string, ...args: string[]) {
  const { code, stdout, stderr } = await commandLine(['doctor', url, '--json', ...args]);
  const checks = stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Check); // prettier-ignore
  return { code, stderr, checks, by: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

async function withBroker(options: MosquittoOptions, work: (url: string) => Promise<void>): Promise<void> {
  const broker = await mosquitto(options);
  try {
    await work(broker.url);
  } finally {
    await broker.stop();
  }
}

describe('tortoise-rx doctor', function () {
  this.timeout(20_000);
  let ours: Authority;
  let folder: string;
  const ca = () => join(folder, 'ca.pem');
  before(async () => {
    ours = await authority('our authority');
    folder = mkdtempSync(join(tmpdir(), 'tortoise-rx-'));
    writeFileSync(ca(), ours.cert);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('should say what a broker can', async () => {
    await withBroker({ maxInflight: 20, maxPacketSize: 100_000 }, async (url) => {
      const { code, stderr, checks, by } = await examine(url);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(checks.map(({ name }) => name)).to.deep.equal(['MQTT 5', 'MQTT 3.1.1', 'ping', 'message, QoS 0', 'message, QoS 1', 'message, QoS 2', 'retained message']); // prettier-ignore
      expect(checks.every(({ verdict }) => verdict === 'ok')).to.equal(true);
      expect(by['MQTT 5']!.details).to.deep.include.members([
        ['highest QoS', '2'],
        ['unacknowledged at a time', '20'],
        ['largest packet', '100 kB'],
        ['shared subscriptions', 'yes'],
      ]);
    });
  });

  it('should leave nothing at the broker', async () => {
    await withBroker({}, async (url) => {
      await commandLine(['doctor', url]);
      expect(await commandLine(['sub', url, '#', '--timeout', '0.3'])).to.include({ code: 0, stdout: '' });
    });
  });

  it('should leave nothing at the broker where it cannot get the retained message back', async () => {
    const broker = await aedesBroker({ denied: 'there/kept' }); // which denies SUBSCRIBE alone
    try {
      const { code, by } = await examine(broker.url, '--topic', 'there');
      expect([code, by['retained message']!.verdict]).to.deep.equal([4, 'fail']);
      expect(await commandLine(['sub', broker.url, '#', '--timeout', '0.3'])).to.include({ code: 0, stdout: '' });
    } finally {
      await broker.stop();
    }
  });

  it('should be readable', async () => {
    await withBroker({ maxQoS: 1 }, async (url) => {
      const { stdout } = await commandLine(['doctor', url]);
      expect(stdout).to.match(new RegExp(`^${url}\n\n✓ MQTT 5 +connected in .*\n +highest QoS +1\n`));
      expect(stdout).to.contain('✓ message, QoS 1').and.not.to.contain('QoS 2');
    });
  });

  it('should take a broker of MQTT 3.1.1 alone as it is', async () => {
    const broker = await aedesBroker();
    try {
      const { code, by } = await examine(broker.url);
      expect(code).to.equal(0);
      expect(by['MQTT 5']).to.include({ verdict: 'note', advice: 'this broker does not speak that version of MQTT' });
      expect(by['MQTT 3.1.1']!.verdict).to.equal('ok');
    } finally {
      await broker.stop();
    }
  });

  it('should say what forbids messages, and publish nothing where that is asked for', async () => {
    await withBroker({ denied: 'tortoise-rx/#' }, async (url) => {
      const { code, stderr, checks } = await examine(url);
      expect([code, stderr]).to.deep.equal([4, 'tortoise-rx: not in order: message, QoS 0\n']);
      expect(checks.at(-1)).to.include({ verdict: 'fail' });
      expect(checks.at(-1)!.advice).to.contain('try another --topic, or none with --connect-only');
      expect((await examine(url, '--topic', 'allowed')).code).to.equal(0);
      expect((await examine(url, '--connect-only')).checks.map(({ name }) => name)).to.deep.equal(['MQTT 5', 'MQTT 3.1.1', 'ping']); // prettier-ignore
    });
  });

  it('should say when nobody listens, when it is no broker, and when the host is not known', async () => {
    const refused = await examine('mqtt://127.0.0.1:1');
    expect([refused.code, refused.checks.length]).to.deep.equal([2, 1]);
    expect(refused.by['connection']!.advice).to.match(/^nothing listens there/);

    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = await examine(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await new Promise((resolve) => server.close(resolve));
    expect(other.code).to.equal(2);
    expect(other.checks.every(({ verdict }) => verdict === 'fail')).to.equal(true);

    const unknown = await examine('mqtt://no-such-host.invalid');
    expect([unknown.code, unknown.checks.map(({ name }) => name).join()]).to.deep.equal([2, 'address']);
  });

  it('should say what is wrong with a password', async () => {
    await withBroker({ users: { anna: 'secret' } }, async (url) => {
      const { code, by } = await examine(url, '--username', 'anna', '--password', 'wrong');
      expect(code).to.equal(2);
      expect(by['MQTT 5']!.advice).to.match(/TORTOISE_PASSWORD/);
    });
  });

  it('should look at the certificate', async () => {
    const identity = await ours.sign(['127.0.0.1', 'broker.example']);
    await withBroker({ tls: identity }, async (url) => {
      const good = await examine(url, '--ca', ca());
      expect(good.code).to.equal(0);
      expect(good.by['TLS']!.text).to.match(/^TLSv1\.3, TLS_/);
      expect(good.by['certificate']).to.include({ verdict: 'note', text: 'for 127.0.0.1, by our authority: expires in 0 days' }); // prettier-ignore

      const unknown = await examine(url);
      expect(unknown.code).to.equal(2);
      expect(unknown.by['connection']!.text).to.match(/unknown authority: give .* in --ca/);
    });
  });

  it('should read files that can be read only once, and so should bench, with its two clients', async () => {
    await withBroker({ tls: await ours.sign(['127.0.0.1']) }, async (url) => {
      for (const command of [`doctor ${url} --connect-only`, `bench ${url} -q 0 -n 10 --trips 1`]) {
        const { code, stderr } = await (await shell(`tortoise-rx ${command} --ca <(cat ${ca()})`)).ended;
        expect([code, stderr]).to.deep.equal([0, '']);
      }
    });
  });

  it('should say that a certificate has expired, and since when', async () => {
    const identity = await ours.sign(['127.0.0.1'], { valid: 'until yesterday' });
    await withBroker({ tls: identity }, async (url) => {
      const { code, by } = await examine(url, '--ca', ca());
      expect(code).to.equal(2);
      expect(by['certificate']).to.include({ verdict: 'fail', advice: 'renew it at the broker' });
      expect(by['certificate']!.text).to.match(/expired \d+ days ago$/);
      const insecure = await examine(url, '--insecure');
      expect(insecure.code, 'the certificate is not in order all the same').to.equal(4);
      expect(insecure.by['MQTT 5']!.verdict).to.equal('ok');
    });
  });
});
