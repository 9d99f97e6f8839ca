import { expect } from 'chai';
import {
  InvalidArgumentError,
  type MqttClient,
  NotSupportedError,
  PacketTooLargeError,
  type SubscribeOptions,
  SubscriptionRefusedError,
} from '../../lib/index.js';
import type { SubscriptionRequest } from '../../lib/packet/Packet.js';
import type { Stage } from '../support/stage.js';
import { clientSpecs } from '../support/stage.js';
import { texts, message } from '../support/message.js';
import { watch } from '../support/watch.js';

/** Both ways to subscribe to a filter. */
const WAYS = {
  topic$: (client: MqttClient, filter: string, options?: SubscribeOptions) =>
    watch<unknown>(client.topic$(filter, options)),
  subscribe: (client: MqttClient, filter: string, options?: SubscribeOptions) =>
    watch<unknown>(client.subscribe(filter, options)),
};
type Way = keyof typeof WAYS;

const OPTIONS = [{ noLocal: true }, { retainAsPublished: true }, { retainHandling: 1 }, { retainHandling: 2 }] as const;
const shown = (options: object) => Object.entries(options).flat().join(' ');

/** The subscriptions that were asked for on the present connection since this was last called. */
function asked(on: Stage): SubscriptionRequest[] {
  return on.broker.current.take('subscribe').flatMap(({ subscriptions }) => subscriptions);
}

for (const way of Object.keys(WAYS) as Way[]) {
  const ask = WAYS[way];

  clientSpecs(
    `options of ${way}`,
    (on) => {
      for (const options of OPTIONS) {
        it(`should be sent: ${shown(options)} (MQTT5 section 3.8.3.1), also when it is subscribed anew`, async () => {
          const { client } = await on.online();
          ask(client, 'a/+', { qos: 1, ...options });
          await on.settle();
          expect(asked(on)).to.deep.equal([{ filter: 'a/+', qos: 1, ...options }]);
          on.broker.current.fail();
          await on.tick(2_000);
          expect(asked(on)).to.deep.equal([{ filter: 'a/+', qos: 1, ...options }]);
        });
      }

      for (const [field, value] of [
        ['noLocal', 1],
        ['retainAsPublished', 'yes'],
        ['retainHandling', 3],
        ['retainHandling', true],
        ['nolocal', true],
        ['rap', true],
      ] as const) {
        it(`should be refused if it is wrong: ${field} ${value}`, () => {
          const client = on.client();
          const { error } = ask(client, 'a', { [field]: value });
          expect(error).to.be.instanceOf(InvalidArgumentError).with.property('field', field);
          expect(on.broker.dials).to.equal(0);
        });
      }

      for (const filter of ['$share/g/a', '$queue/a']) {
        it(`should refuse noLocal for ${filter} [MQTT5-3.8.3-4]`, () => {
          const { error } = ask(on.client(), filter, { noLocal: true });
          expect(error).to.be.instanceOf(InvalidArgumentError).with.property('field', 'noLocal');
        });
      }

      for (const holder of Object.keys(WAYS) as Way[]) {
        it(`should refuse others than those of the ${holder} before, and name these`, async () => {
          const { client } = await on.online();
          const first = WAYS[holder](client, 'a', { noLocal: true, retainHandling: 1 });
          const { error } = ask(client, 'a', { noLocal: true });
          expect(error).to.be.instanceOf(InvalidArgumentError).with.property('field', 'retainHandling');
          expect(String(error)).to.include('noLocal: true, retainAsPublished: false, retainHandling: 1');
          await on.settle();
          expect(first.error).to.equal(undefined);
          expect(ask(client, 'a', { noLocal: true, retainHandling: 1, qos: 2 }).error).to.equal(undefined);
        });
      }

      it('should be those of the next when nobody wants the filter any more', async () => {
        const { client } = await on.online();
        const options = { retainHandling: 2 } as const;
        watch(client.topic$('a', options)).unsubscribe();
        const first = watch(client.topic$('a', options));
        await on.settle();
        first.unsubscribe();
        const second = ask(client, 'a', { noLocal: true, ...options });
        await on.settle();
        expect(second.error).to.equal(undefined);
        expect(asked(on).map(({ noLocal }) => noLocal)).to.deep.equal([undefined, true]);
        expect(on.sent()).to.not.include('unsubscribe');
      });

      it('should not be sent to a 3.1.1 server that "auto" has found: the filter errs, and the others go on', async () => {
        on.broker.offends = (packet) => packet.type === 'connect' && on.broker.current.version === 5;
        const client = on.client({ protocolVersion: 'auto' });
        const held = watch(client.connection$);
        await on.tick(10_000);
        expect(held.values.at(-1)).to.include({ protocolVersion: 4 });
        const other = watch(client.topic$('b'));
        const all = OPTIONS.map((options, i) => ask(client, `a${i}`, options));
        await on.settle();
        for (const { error } of all) expect(error).to.be.instanceOf(NotSupportedError);
        expect(other.error).to.equal(undefined);
        expect(asked(on)).to.deep.equal([{ filter: 'b', qos: 0 }]);
      });

      // ─── limits ───

      it('should err for a filter with wildcards where there are none, unsent (MQTT5 section 3.2.2.3.11)', async () => {
        on.broker.connack = { properties: { wildcardSubscriptionAvailable: false } };
        const { client } = await on.online();
        const all = ['a/+', '#', 'b'].map((filter) => ask(client, filter));
        await on.settle();
        expect(all.map(({ error }) => error instanceof NotSupportedError)).to.deep.equal([true, true, false]);
        expect(asked(on).map(({ filter }) => filter)).to.deep.equal(['b']);
      });

      it('should err for a shared filter where there are none, unsent (MQTT5 section 3.2.2.3.13)', async () => {
        on.broker.connack = { properties: { sharedSubscriptionAvailable: false } };
        const { client } = await on.online();
        const all = ['$share/g/a', 'b'].map((filter) => ask(client, filter));
        await on.settle();
        expect(all.map(({ error }) => error instanceof NotSupportedError)).to.deep.equal([true, false]);
        expect(asked(on).map(({ filter }) => filter)).to.deep.equal(['b']);
      });

      it('should divide what is larger than the server takes, and err for one filter that is [MQTT5-3.2.2-15]', async () => {
        on.broker.connack = { properties: { maximumPacketSize: 100 } };
        const { client } = await on.online();
        const filters = Array.from({ length: 20 }, (_, i) => `${i}`.padStart(20, 'x'));
        const large = ask(client, 'y'.repeat(100));
        const all = filters.map((filter) => ask(client, filter));
        await on.settle();
        expect(large.error).to.be.instanceOf(PacketTooLargeError).with.include({ limit: 100, size: 113 });
        for (const { error } of all) expect(error).to.equal(undefined);
        expect(asked(on).map(({ filter }) => filter)).to.deep.equal(filters);
      });

      it('should subscribe at QoS 2 where the server takes none to publish (MQTT5 section 3.2.2.3.4)', async () => {
        on.broker.connack = { properties: { maximumQoS: 0 } };
        const { client } = await on.online();
        const { error } = ask(client, 'a', { qos: 2 });
        await on.settle();
        expect(error).to.equal(undefined);
        expect(asked(on)).to.deep.equal([{ filter: 'a', qos: 2 }]);
      });

      // ─── codes ───

      it('should err with the reason that SUBACK says [MQTT5-3.9.3-1]', async () => {
        on.broker.silentOn.add('subscribe');
        const { client, server } = await on.online();
        const all = ['a', 'b'].map((filter) => ask(client, filter));
        await on.settle();
        const [{ packetId } = { packetId: 0 }] = server.take('subscribe');
        const properties = { reasonString: 'no', userProperties: [['k', 'v']] as const };
        server.send({ type: 'suback', packetId, reasonCodes: [0x87, 0], properties });
        await on.settle();
        const said = { filter: 'a', reasonCode: 0x87, ...properties };
        expect(all[0]!.error).to.be.instanceOf(SubscriptionRefusedError).and.deep.include(said);
        expect(String(all[0]!.error)).to.include('Not authorized').and.include('no');
        expect(all[1]!.error).to.equal(undefined);
      });
    },
    [5],
  );

  clientSpecs(
    `options of ${way} that only MQTT 5 has`,
    (on) => {
      for (const options of OPTIONS) {
        it(`should err at once: ${shown(options)}`, () => {
          const { error } = ask(on.client(), 'a', options);
          expect(error).to.be.instanceOf(NotSupportedError);
          expect(String(error)).to.include(Object.keys(options)[0]);
          expect(on.broker.dials).to.equal(0);
        });
      }

      it('should be taken if they say what 3.1.1 does anyway', async () => {
        const { client } = await on.online();
        const { error } = ask(client, 'a', { noLocal: false, retainAsPublished: false, retainHandling: 0 });
        await on.settle();
        expect(error).to.equal(undefined);
        expect(asked(on)).to.deep.equal([{ filter: 'a', qos: 0 }]);
      });
    },
    [4],
  );
}

clientSpecs(
  'subscribing with MQTT 5',
  (on) => {
    it('should ask no SUBSCRIBE for the late listener of a filter without retained messages', async () => {
      const { client } = await on.online();
      const heard = [watch(client.topic$('a', { retainHandling: 2 }))];
      await on.settle();
      heard.push(watch(client.topic$('a', { retainHandling: 2 })));
      await on.settle();
      expect(on.broker.current.take('subscribe').length).to.equal(1);
      on.broker.current.send(message('a', 'live'));
      await on.settle();
      expect(heard.map(({ values }) => texts(values))).to.deep.equal([['live'], ['live']]);
    });

    it('should err for an UNSUBSCRIBE that is refused, and ask no more on this connection [MQTT5-3.11.3-1]', async () => {
      on.broker.silentOn.add('unsubscribe');
      const { client, server } = await on.online();
      watch(client.subscribe(['a', 'b']));
      await on.settle();
      const events = watch(client.events$);
      const given = watch(client.unsubscribe(['a', 'b']));
      await on.settle();
      const [{ packetId } = { packetId: 0 }] = server.take('unsubscribe');
      server.send({ type: 'unsuback', packetId, reasonCodes: [0x83, 0x11] });
      await on.tick(60_000);
      expect(given.error).to.be.instanceOf(SubscriptionRefusedError).and.include({ filter: 'a', reasonCode: 0x83 });
      expect(String(given.error)).to.include('Implementation specific error');
      expect(server.take('unsubscribe')).to.deep.equal([]);
      expect(events.values).to.deep.include({ type: 'refused', filter: 'a' });
      expect([...(watch(client.subscriptions$).values[0]?.keys() ?? [])]).to.deep.equal([]);
    });

    it('should not subscribe anything of a call that cannot have one of its filters', async () => {
      const { client } = await on.online();
      watch(client.topic$('b', { noLocal: true }));
      const call = watch(client.subscribe(['a', 'b']));
      await on.settle();
      expect(call.error).to.be.instanceOf(InvalidArgumentError);
      expect(asked(on).map(({ filter }) => filter)).to.deep.equal(['b']);
    });
  },
  [5],
);
