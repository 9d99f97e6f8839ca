import { expect } from 'chai';
import { filter } from 'rxjs';
import { type MqttClient, backoff, logTo } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

const retryWhen = backoff({ jitter: 0 });

kitSpecs('a client identifier that another client uses', (on) => {
  const suspicions = (client: MqttClient) =>
    watch(client.events$.pipe(filter((event) => (event.type as string) === 'takeover-suspected')));

  /** Loses connection after connection, each after so many milliseconds. */
  async function lose(uptimes: readonly number[], how: 'hangUp' | 'drop'): Promise<void> {
    for (const uptime of uptimes) {
      await on.tick(uptime);
      on.broker[how]();
      await on.settle();
      while (on.broker.clients.length === 0) await on.tick(1_000);
      await on.settle();
    }
  }

  it('should be suspected when the broker hangs up three times in a row, once', async () => {
    const { client } = await on.online({ retryWhen });
    const suspected = suspicions(client);
    const lines: string[] = [];
    client.events$.subscribe(logTo({ log: (line) => lines.push(line) }));
    await lose([100, 900], 'hangUp');
    expect(suspected.values).to.deep.equal([]);
    await lose([0, 100, 100], 'hangUp');
    expect(suspected.values).to.deep.equal([{ type: 'takeover-suspected', clientId: 'spec' }]);
    expect(lines.filter((line) => line.includes('does another client use the identifier spec?')).length).to.equal(1);
  });

  it('should be suspected when the other one waits before it comes back, as clients do by default', async () => {
    const { client } = await on.online({ retryWhen });
    const suspected = suspicions(client);
    await lose([1_000, 2_000, 4_000], 'hangUp');
    expect(suspected.values.length).to.equal(1);
  });

  it('should be suspected again after a connection that lasted', async () => {
    const { client } = await on.online({ retryWhen });
    const suspected = suspicions(client);
    await lose([100, 100, 60_000, 100, 100], 'hangUp');
    expect(suspected.values.length).to.equal(0);
    await lose([100], 'hangUp');
    expect(suspected.values.length).to.equal(1);
  });

  it('should not be suspected when the network breaks, unless it does so at once', async () => {
    const { client } = await on.online({ retryWhen });
    const suspected = suspicions(client);
    await lose([2_000, 2_000, 2_000, 2_000], 'drop');
    expect(suspected.values.length).to.equal(0);
    await lose([100, 100, 100], 'drop');
    expect(suspected.values.length).to.equal(1);
  });

  it('should not be suspected when a connection that lasted was closed by the client in between', async () => {
    const { client } = await on.online({ retryWhen });
    const suspected = suspicions(client);
    await lose([100, 100], 'hangUp');
    await on.tick(60_000);
    watch(client.reconnect());
    await on.settle();
    await lose([100, 100], 'hangUp');
    expect(suspected.values.length).to.equal(0);
    watch(client.reconnect()); // after no time: that says nothing
    await on.settle();
    await lose([100], 'hangUp');
    expect(suspected.values.length).to.equal(1);
  });

  if (on.version === 4) {
    it('should not be suspected where the broker makes one for each connection', async () => {
      const { client } = await on.online({ clientId: '', retryWhen });
      const suspected = suspicions(client);
      await lose([100, 100, 100], 'hangUp');
      expect(suspected.values).to.deep.equal([]);
    });
  }

  if (on.version === 5) {
    it('should name the identifier that the broker assigned', async () => {
      const { client } = await on.online({ clientId: '', retryWhen });
      const suspected = suspicions(client);
      await lose([100, 100, 100], 'hangUp');
      expect(suspected.values).to.deep.equal([{ type: 'takeover-suspected', clientId: 'assigned-1' }]);
    });
  }
});
