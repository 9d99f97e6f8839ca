import { expect } from 'chai';
import { MemoryLevel } from 'memory-level';
import { filter, firstValueFrom, scan } from 'rxjs';
import {
  type ClientEvent,
  type ClientOptions,
  type MqttClient,
  MqttError,
  SubscriptionRefusedError,
  backoff,
} from '../../lib/index.js';
import { levelStore } from '../../lib/storeLevel.js';
import { type BadLink, badLink } from '../support/badLink.js';
import { brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { type ScriptedBroker, scriptedBroker } from '../support/scriptedBroker.js';
import { watch } from '../support/watch.js';

const SMALL = ['1', '2', '3', '4', '5'];
const TOO_LARGE = new Uint8Array(70_000);
const OPTIONS: Omit<ClientOptions, 'server'> = {
  clientId: 'writer',
  cleanSession: false,
  retryWhen: backoff({ min: 10, max: 50 }),
};

/** Resolves with an event of a type, the `count`-th from now on. */
function event<T extends ClientEvent['type']>(client: MqttClient, type: T, count = 1) {
  return firstValueFrom(
    client.events$.pipe(
      filter((event): event is Extract<ClientEvent, { type: T }> => event.type === type),
      scan(({ n }, event) => ({ n: n + 1, event }), { n: 0, event: undefined as unknown as ClientEvent }),
      filter(({ n }) => n === count),
    ),
  ).then(({ event }) => event as Extract<ClientEvent, { type: T }>);
}

/** Notes the events of some types. */
function noted(client: MqttClient, ...types: ClientEvent['type'][]): ClientEvent[] {
  return watch(client.events$.pipe(filter(({ type }) => types.includes(type)))).values;
}

const outcome = (made: Promise<unknown>) =>
  made.then(
    () => 'settled',
    (error: unknown) => (error instanceof MqttError ? error.code : String(error)),
  );

describe('a message on which Mosquitto hangs up', function () {
  this.timeout(30_000);
  const on = brokerStage();

  for (const qos of [1, 2] as const) {
    it(`should be given up alone at QoS ${qos}, and nothing else wait for it`, async () => {
      const broker = await on.mosquitto({ maxPacketSize: 2_000 });
      const client = on.client(broker.url, OPTIONS);
      const givenUp = noted(client, 'given-up');
      record(client.connection$);
      const outcomes = await Promise.all([
        outcome(firstValueFrom(client.publish('large', TOO_LARGE, { qos }))),
        ...SMALL.map((text) => outcome(firstValueFrom(client.publish('small', text, { qos })))),
      ]);
      expect(outcomes).to.deep.equal(['PUBLISH_REFUSED', ...SMALL.map(() => 'settled')]);
      expect(givenUp).to.deep.equal([{ type: 'given-up', topic: 'large', trials: 5 }]);

      await firstValueFrom(client.connection$);
      const lost = noted(client, 'disconnected');
      for (const text of SMALL) await firstValueFrom(client.publish('small', text, { qos }));
      await firstValueFrom(client.ping());
      expect(lost).to.deep.equal([]);
    });

    it(`should be given up at QoS ${qos} by the next process that finds it in the store`, async () => {
      const broker = await on.mosquitto({ maxPacketSize: 2_000 });
      const store = levelStore(new MemoryLevel());
      const reader = on.client(broker.url);
      const received = record(reader.topic$('small', { qos }));
      await granted(reader, 'small');

      const before = on.client(broker.url, { ...OPTIONS, store });
      const sent = event(before, 'disconnected', 2);
      for (const payload of [TOO_LARGE, ...SMALL]) {
        watch(before.publish(payload === TOO_LARGE ? 'large' : 'small', payload, { qos }));
      }
      await sent;
      await record(before.end({ force: true })).first(1);

      const after = on.client(broker.url, { ...OPTIONS, store });
      const givenUp = event(after, 'given-up');
      record(after.connection$);
      expect(await givenUp).to.deep.equal({ type: 'given-up', topic: 'large', trials: 5 });
      const texts = (await received.first(SMALL.length)).map((message) => message.text());
      expect(new Set(texts)).to.deep.equal(new Set(SMALL));
      await record(after.end()).first(1);

      const last = on.client(broker.url, { ...OPTIONS, store });
      const recovered = event(last, 'recovered');
      record(last.connection$);
      expect(await recovered).to.include({ inFlight: 0, queued: 0 });
    });
  }
});

describe('a topic filter on which the broker hangs up', function () {
  this.timeout(30_000);
  const on = brokerStage();
  let close: () => Promise<void>;
  let broker: ScriptedBroker;
  let url: string;

  beforeEach(async () => {
    broker = scriptedBroker();
    broker.offends = (packet) =>
      packet.type === 'subscribe' && packet.subscriptions.some((one) => one.filter === 'forbidden/#');
    const listening = await broker.listen();
    close = listening.close;
    url = `mqtt://127.0.0.1:${listening.port}`;
  });

  afterEach(async () => {
    await close();
    expect(broker.connections.flatMap(({ faults }) => faults)).to.deep.equal([]);
  });

  it('should be refused alone, and the others be granted', async () => {
    const client = on.client(url, OPTIONS);
    const good = ['good/1', 'good/2', 'good/3'];
    const received = good.map((filter) => record(client.topic$(filter)));
    const bad = outcome(firstValueFrom(client.topic$('forbidden/#')));
    const publishes = SMALL.map((text) => outcome(firstValueFrom(client.publish('a', text, { qos: 1 }))));
    await granted(client, ...good);
    expect(await bad).to.equal('SUBSCRIPTION_REFUSED');
    expect(await Promise.all(publishes)).to.deep.equal(SMALL.map(() => 'settled'));

    await granted(client, ...good);
    await firstValueFrom(client.ping());
    for (const topic of good) {
      const payload = Buffer.from('x');
      broker.current.send({ type: 'publish', topic, payload, qos: 0, retain: false, dup: false, packetId: 0 });
    }
    for (const messages of received) expect((await messages.first(1)).map((one) => one.text())).to.deep.equal(['x']);
  });

  it('should leave those alone that were granted before it came', async () => {
    const client = on.client(url, OPTIONS);
    const good = watch(client.topic$('good'));
    await granted(client, 'good');
    const seen = noted(client, 'suspected', 'given-up');
    const bad = watch(client.subscribe(['forbidden/#', 'also/good']));
    await event(client, 'given-up');
    await granted(client, 'good', 'also/good');
    expect(bad.error).to.be.instanceOf(SubscriptionRefusedError);
    expect(good.ends).to.equal(0);
    expect(seen.map(({ type }) => type)).to.deep.equal(['suspected', 'given-up']);
  });
});

describe('a bad network', function () {
  this.timeout(60_000);
  const on = brokerStage();
  let link: BadLink | undefined;
  afterEach(async () => {
    await link?.close();
    link = undefined;
  });

  const networks = {
    'whose connections live 0.8 s': { rate: Infinity, life: 800, losses: 12 },
    'whose connections live shorter than a message takes': { rate: 1_000_000, life: 200, losses: 30 },
  } as const;
  for (const [which, { rate, life, losses }] of Object.entries(networks)) {
    it(`should make the client give up nothing, ${which}`, async () => {
      const broker = await on.mosquitto();
      link = await badLink(broker.port, { rate, life });
      const client = on.client(link.url, OPTIONS);
      const givenUp = noted(client, 'given-up');
      const lost = event(client, 'disconnected', losses);
      record(client.topic$('a', { qos: 1 }));
      record(client.topic$('b', { qos: 2 }));
      const publishes = [1_000_000, 10, 300_000, 10].map((size, i) =>
        outcome(firstValueFrom(client.publish('n', new Uint8Array(size), { qos: i % 2 === 0 ? 1 : 2 }))),
      );
      await lost;
      link.become({ rate: Infinity, life: Infinity });
      expect(await Promise.all(publishes)).to.deep.equal(publishes.map(() => 'settled'));
      await granted(client, 'a', 'b');
      expect(givenUp).to.deep.equal([]);
    });
  }
});
