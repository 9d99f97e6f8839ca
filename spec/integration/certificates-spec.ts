import { expect } from 'chai';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { EMPTY, filter, firstValueFrom, from, of } from 'rxjs';
import { type ClientOptions, ConnectionFailedError, InvalidOptionsError } from '../../lib/index.js';
import { brokerStage } from '../support/brokerStage.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { proxyOf } from '../support/proxyOf.js';
import { record } from '../support/record.js';

describe('certificates that are renewed', function () {
  this.timeout(20_000);
  const on = brokerStage();
  let ours: Authority;
  let server: Identity;
  let devices: Identity[];
  let front: Awaited<ReturnType<typeof serve>>;

  before(async () => {
    ours = await authority('ours');
    server = await ours.sign(['127.0.0.1']);
    devices = await Promise.all([1, 2, 3].map((number) => ours.sign([`device-${number}`])));
  });
  afterEach(() => front.close());

  /** A server that asks for certificates, in front of a broker, and notes for whom they are. */
  async function serve() {
    const broker = await on.mosquitto();
    const names: unknown[] = [];
    const tls = createServer({ cert: server.cert, key: server.key, ca: ours.cert, requestCert: true });
    const proxy = proxyOf(tls);
    tls.on('secureConnection', (client) => {
      names.push(client.getPeerCertificate().subject.CN);
      proxy.join(client.on('error', () => undefined), connect(broker.port, '127.0.0.1')); // prettier-ignore
    });
    return Object.assign(await proxy.listening(), { names });
  }

  for (const [what, wrapped] of [
    ['value', <T>(value: T) => value],
    ['Promise', <T>(value: T) => Promise.resolve(value)],
    ['Observable', <T>(value: T) => of(value, value)],
    ['late Observable', <T>(value: T) => from(new Promise<T>((resolve) => void setImmediate(resolve, value)))],
  ] as const) {
    it(`should be asked for at every attempt: a ${what}`, async () => {
      front = await serve();
      let asked = 0;
      const tls = () => {
        const { cert, key } = devices[asked++]!;
        return wrapped({ cert, key, ca: ours.cert });
      };
      const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls });
      expect(asked).to.equal(0); // it opens nothing before somebody subscribes
      const connections = record(client.connection$);
      for (let count = 1; count <= 3; count++) {
        await connections.first(count);
        await firstValueFrom(client.publish('a', 'x', { qos: 1 }));
        if (count < 3) front.cut();
      }
      expect(front.names).to.deep.equal(['device-1', 'device-2', 'device-3']);
      expect(asked).to.equal(3);
    });
  }

  it('should be tried again when the function fails, and used when it does not', async () => {
    front = await serve();
    const answers = [
      () => Promise.reject(new Error('no renewal yet')),
      () => EMPTY,
      () => {
        throw new Error('no file');
      },
      () => ({ ...devices[1]!, ca: ours.cert }),
    ];
    const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls: () => answers.shift()!() });
    const retries = record(client.events$.pipe(filter((event) => event.type === 'retry')));
    await firstValueFrom(client.connection$);
    const causes = (await retries.first(3)).map(({ cause }) => cause);
    for (const cause of causes) expect(cause).to.be.instanceOf(ConnectionFailedError);
    expect(causes.map(({ message }) => message)).to.deep.equal(
      causes.map(() => 'option tls: its function failed for this attempt'),
    );
    expect(front.names).to.deep.equal(['device-2']);
  });

  it('should be refused at once when they cannot be read, or are none', async () => {
    front = await serve();
    for (const [given, words] of [
      [{ cert: 'nonsense', key: 'nonsense' }, /option tls/],
      [7, /option tls: expected a function of an object, got 7/],
    ] as const) {
      const client = on.client(`mqtts://127.0.0.1:${front.port}`, { tls: (() => given) as ClientOptions['tls'] });
      const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(InvalidOptionsError).with.property('message').that.matches(words);
    }
    expect(front.names).to.deep.equal([]);
  });
});
