import { expect } from 'chai';
import { backoff, connectionSignal, topicSignal } from '../entry.js';
import { leave, open, virtualTime } from '../support.js';

class Banner {
  readonly connection = connectionSignal();
  readonly topic = topicSignal('t');
}
const TEMPLATE = '{{ connection().status }} {{ connection.retryIn() }}';

describe('connectionSignal', () => {
  it('should show the state, and count down to the next attempt', async () => {
    const clock = virtualTime();
    const page = open(TEMPLATE, Banner, { retryWhen: backoff({ min: 3_500, jitter: 0 }) });
    expect(await page.text()).to.equal('online');
    const outage = page.broker.unreachable();
    expect(await page.text()).to.equal('waiting 4');
    clock.tick(1_000);
    expect(await page.text()).to.equal('waiting 3');
    clock.tick(2_000);
    expect(await page.text()).to.equal('waiting 1');
    outage.unsubscribe();
    clock.tick(500);
    expect(await page.text()).to.equal('online');
    leave(page);
    expect(clock.countTimers()).to.equal(0);
  });

  it('should leave no timer behind when its component leaves while the client waits', async () => {
    const clock = virtualTime();
    const page = open(TEMPLATE, Banner);
    await page.text();
    page.broker.unreachable();
    expect(await page.text()).to.match(/^waiting \d$/);
    leave(page);
    expect(clock.countTimers()).to.equal(0);
  });

  it('should hold no connection, and show the end of the client', async () => {
    const page = open(
      '{{ connection().status }}',
      class {
        readonly connection = connectionSignal();
      },
    );
    expect(await page.text()).to.equal('idle');
    page.client.end().subscribe();
    expect(await page.text()).to.equal('closed');
    leave(page);
  });
});
