import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { type Observable, firstValueFrom, lastValueFrom } from 'rxjs';
import { ClientEndedError, type MqttClient } from '../../lib/index.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

/** What becomes of a promise: its value, or its error. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

kitSpecs('what is awaited', (on) => {
  /** Ways to bring a client into a state. */
  const states: Readonly<Record<string, () => Promise<MqttClient>>> = {
    'nothing was done': async () => {
      await on.settle();
      return on.client();
    },
    'it is online': async () => (await on.online()).client,
    'something is in flight': async () => {
      const { client } = await on.online();
      on.broker.hold('puback');
      watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      return client;
    },
    'it is dialling': async () => {
      on.broker.hang();
      const client = on.client();
      watch(client.connection$);
      await on.settle();
      return client;
    },
    'CONNACK has not come': async () => {
      on.broker.hold('connack');
      const client = on.client();
      watch(client.connection$);
      await on.settle();
      return client;
    },
    'it waits to connect again': async () => {
      on.broker.unreachable();
      const client = on.client();
      watch(client.publish('a', 'x'));
      await on.settle();
      return client;
    },
    'the connection lingers': async () => {
      const { client, held } = await on.online();
      held.unsubscribe();
      await on.settle();
      return client;
    },
    'it was refused': async () => {
      on.broker.refuseConnect(0x87);
      const client = on.client();
      watch(client.connection$);
      await on.settle();
      return client;
    },
    'it is ending': async () => {
      const { client } = await on.online();
      on.broker.hold('puback');
      watch(client.publish('a', 'x', { qos: 1 }));
      await on.settle();
      watch(client.end({ timeout: 10_000 }));
      await on.settle();
      return client;
    },
    'it has ended': async () => {
      const client = on.client();
      watch(client.end());
      await on.settle();
      return client;
    },
  };

  for (const [state, bring] of Object.entries(states)) {
    for (const [name, value] of [
      ['lastValueFrom', lastValueFrom],
      ['firstValueFrom', firstValueFrom],
    ] as const) {
      it(`should be the end of a client when ${state}: ${name}`, async () => {
        const client = await bring();
        const ended = outcome(value(client.end({ timeout: 3_000 })));
        await on.tick(15_000);
        expect(await ended).to.equal(undefined);
        expect(await outcome(firstValueFrom(client.state$))).to.have.property('status', 'closed');
        expect(on.clock.countTimers()).to.equal(0);
      });

      it(`should be an end without waiting when ${state}: ${name}`, async () => {
        const client = await bring();
        const ended = outcome(value(client.end({ force: true })));
        await on.settle();
        expect(await ended).to.equal(undefined);
      });
    }
  }

  it('should be one value and a completion', async () => {
    const { client } = await on.online();
    const ends = [watch(client.end()), watch(client.end())];
    await on.settle();
    for (const { values, completed } of ends) expect([values, completed]).to.deep.equal([[undefined], true]);
    expectTypeOf(client.end()).toEqualTypeOf<Observable<void>>();
  });

  it('should be the end of a subscription, as UNSUBACK says', async () => {
    const { client } = await on.online();
    watch(client.subscribe(['a', 'b/+', 'c']));
    await on.settle();
    const fault = on.broker.hold('unsuback');
    let over = false;
    const gone = firstValueFrom(client.unsubscribe(['a', 'b/+c'])).finally(() => (over = true));
    await on.settle();
    expect([over, on.broker.subscriptions.map(({ filter }) => filter)]).to.deep.equal([false, ['c']]);
    fault.unsubscribe();
    await on.settle();
    expect(await gone).to.deep.equal(['a', 'b/+']);
  });

  it('should be the end of a durable subscription that others listen to', async () => {
    const { client } = await on.online();
    watch(client.topic$('a'));
    await lastValueFrom(client.subscribe('a'));
    expect(await lastValueFrom(client.unsubscribe('a'))).to.deep.equal(['a']);
  });

  it('should be the end of a subscription once there is a connection', async () => {
    const outage = on.broker.unreachable();
    const client = on.client();
    const gone = firstValueFrom(client.unsubscribe('a'));
    await on.tick(100);
    outage.unsubscribe();
    await on.tick(2_000);
    expect(await gone).to.deep.equal(['a']);
  });

  it('should say when the client has ended before', async () => {
    const { client } = await on.online();
    on.broker.hold('unsuback');
    const early = outcome(firstValueFrom(client.unsubscribe('a')));
    await on.settle();
    const ended = lastValueFrom(client.end({ timeout: 0 }));
    await on.tick(0);
    await ended;
    expect(await early).to.be.instanceOf(ClientEndedError);
    expect(await outcome(firstValueFrom(client.unsubscribe('a')))).to.be.instanceOf(ClientEndedError);
  });
});
