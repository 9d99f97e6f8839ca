import { expect } from 'chai';
import { commandLine } from '../support/commandLine.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';

describe('tortoise-rx bench', function () {
  this.timeout(20_000);
  const SHORT = ['-n', '300', '--trips', '10', '--size', '16'];
  let broker: Mosquitto;
  before(async () => (broker = await mosquitto()));
  after(() => broker.stop());

  for (const protocol of ['4', '5']) {
    it(`should measure each QoS, by --protocol ${protocol}`, async () => {
      const { code, stdout, stderr } = await commandLine([
        'bench',
        broker.url,
        ...SHORT,
        '--protocol',
        protocol,
        '--json',
      ]);
      expect([code, stderr]).to.deep.equal([0, '']);
      const rows = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, number>); // prettier-ignore
      expect(rows.map(({ qos }) => qos)).to.deep.equal([0, 1, 2]);
      for (const row of rows) {
        expect(row).to.include({ messages: 300, lost: 0, size: 16 });
        expect(row['perSecond']).to.be.greaterThan(0);
        const { median, p95, p99 } = row['roundTrip'] as unknown as Record<string, number>;
        expect(median).to.be.within(0, p95!);
        expect(p95).to.be.at.most(p99!);
      }
    });
  }

  it('should print a table, and on a terminal how far it is', async () => {
    const { stdout, stderr } = await commandLine(['bench', broker.url, ...SHORT, '-q', '1'], { isTerminal: true, environment: { NO_COLOR: '1' } }); // prettier-ignore
    const [head, , titles, row, end] = stdout.split('\n');
    expect(head).to.equal(`${broker.url}  300 messages of 16 bytes, 200 under way at a time`);
    expect(titles).to.match(/^ +QoS +messages\/s +payload\/s +lost +round trip +95 % +99 %$/);
    expect(row).to.match(/^ +1 +[\d,]+ +\S+ \w+ +0 +\S+ ms +\S+ ms +\S+ ms$/);
    expect(end).to.equal('');
    expect(stderr)
      .to.match(/\rQoS 1, throughput {2}[█░]+ +\d+ %/)
      .and.to.match(/\rQoS 1, round trip/);
  });

  it('should measure no QoS that the broker does not have', async () => {
    const poor = await mosquitto({ maxQoS: 1 });
    try {
      const { stdout } = await commandLine(['bench', poor.url, ...SHORT, '--json']);
      expect(stdout.match(/"qos":\d/g)).to.deep.equal(['"qos":0', '"qos":1']);
      const { code, stderr } = await commandLine(['bench', poor.url, '-q', '2']);
      expect([code, stderr.split('\n')[0]]).to.deep.equal([
        1,
        'tortoise-rx: bench: --qos: the broker does not have it',
      ]);
    } finally {
      await poor.stop();
    }
  });

  it('should fail when there is no broker', async () => {
    expect(await commandLine(['bench', 'mqtt://127.0.0.1:1'])).to.include({ code: 2, stdout: '' });
  });
});
