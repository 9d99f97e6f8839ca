import { expect } from 'chai';
import { brokerProcess } from './brokerProcess.js';

describe('brokerProcess', () => {
  const options = {
    host: '127.0.0.1',
    port: 1,
    install: 'apt-get install broker',
    ready: 'ready\n',
    cleanUp: () => Promise.resolve(),
  };
  const fake = (script: string) => ({ ...options, command: 'sh', args: ['-c', script] });
  const complaint = async (wrong: Parameters<typeof brokerProcess>[0]) =>
    brokerProcess(wrong).then(() => 'nothing', (error: unknown) => (error as Error).message); // prettier-ignore

  it('should say what to install when the broker is missing', async () => {
    expect(await complaint({ ...options, command: 'no-such-broker', args: [] })).to.contain('apt-get install broker');
  });

  it('should show what a broker said that did not start', async () => {
    expect(await complaint(fake('echo address in use; exit 1'))).to.contain('address in use');
  });

  it('should start, hear, kill and start again', async () => {
    const broker = await brokerProcess(fake('trap "echo hit" USR1; echo ready; while :; do sleep 0.01; done'));
    const heard = broker.says('hit');
    broker.signal('SIGUSR1');
    await heard;
    await broker.restart();
    await broker.stop();
    await broker.stop(); // nothing is left to do
    expect(broker.output).to.equal('ready\nhit\nready\n');
  });
});
