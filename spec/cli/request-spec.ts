import { expect } from 'chai';
import { type Subscription, filter, firstValueFrom, lastValueFrom } from 'rxjs';
import { type MqttClient, createClient, respond } from '../../lib/index.js';
import { commandLine } from '../support/commandLine.js';
import { type Mosquitto, mosquitto } from '../support/mosquitto.js';

describe('tortoise-rx request', () => {
  let broker: Mosquitto;
  let device: MqttClient;
  let answering: Subscription;
  before(async () => {
    broker = await mosquitto();
    device = createClient(broker.url, { protocolVersion: 5 });
    answering = respond(device, 'clock/+zone', ({ params }) => {
      if (params.zone === 'broken') throw new Error('no such clock');
      return [`noon in ${params.zone}`];
    }).subscribe();
    answering.add(
      device.topic$('cmnd/plug').subscribe((message) => device.publish('stat/plug', `${message.text()}!`).subscribe()),
    );
    const granted = (name: string) =>
      firstValueFrom(device.subscriptions$.pipe(filter((all) => all.get(name)?.state === 'granted')));
    await Promise.all([granted('clock/+'), granted('cmnd/plug')]);
  });
  after(async () => {
    answering.unsubscribe();
    await lastValueFrom(device.end());
    await broker.stop();
  });

  const run = (...args: string[]) => commandLine(['request', broker.url, ...args]);

  it('should print the answer', async () => {
    expect(await run('clock/berlin', 'time')).to.deep.equal({ code: 0, stdout: 'noon in berlin\n', stderr: '' });
  });

  it('should print it as JSON where that is asked for', async () => {
    const { stdout } = await run('clock/berlin', 'time', '--json');
    expect(JSON.parse(stdout)).to.include({ payload: 'noon in berlin', qos: 1 });
  });

  for (const protocol of ['4', '5']) {
    it(`should take an answer from a topic of the device's own, by --protocol ${protocol}`, async () => {
      const ended = await run('cmnd/plug', 'on', '--response-topic', 'stat/plug', '-v', '--protocol', protocol);
      expect(ended).to.deep.equal({ code: 0, stdout: 'stat/plug on!\n', stderr: '' });
    });
  }

  it('should fail when nobody answers in time', async () => {
    const { code, stderr } = await run('nobody/here', '', '--timeout', '0.2');
    expect(code).to.equal(3);
    expect(stderr).to.match(
      /^tortoise-rx: no answer to the request to "nobody\/here" within 200 ms: .*nobody was subscribed/,
    );
  });

  it('should fail when the responder does, and say why', async () => {
    const { code, stderr } = await run('clock/broken', '');
    expect(code).to.equal(4);
    expect(stderr).to.contain('the responder failed at the request to "clock/broken": no such clock');
  });

  it('should say what to do where MQTT 3.1.1 has no response topics', async () => {
    const { code, stderr } = await run('clock/berlin', 'x', '--protocol', '4');
    expect(code).to.equal(4);
    expect(stderr).to.contain('--response-topic');
  });
});
