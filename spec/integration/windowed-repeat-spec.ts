import { expect } from 'chai';
import { MemoryLevel } from 'memory-level';
import { type Observable, filter, firstValueFrom, scan } from 'rxjs';
import { type ClientOptions, type MqttClient, type MqttError, type QoS } from '../../lib/index.js';
import { levelStore } from '../../lib/storeLevel.js';
import { type BadLink, badLink } from '../support/badLink.js';
import { brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { type ScriptedBroker, scriptedBroker } from '../support/scriptedBroker.js';

const LARGE = new Uint8Array(1_048_576);
const MANY = 100_000;
const SESSION: Omit<ClientOptions, 'server'> = { clientId: 'writer', cleanSession: false };

/** Resolves when so many PUBLISHes were written. */
function published(client: MqttClient, count: number): Promise<unknown> {
  return firstValueFrom(
    client.events$.pipe(
      filter((event) => event.type === 'packet-sent' && event.packet.type === 'publish'),
      scan((sent) => sent + 1, 0),
      filter((sent) => sent === count),
    ),
  );
}

/** Publishes so many messages. Resolves with how many receipts there were, or errors of each kind. */
function publish(client: MqttClient, count: number, payload: Uint8Array, qos: QoS): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  let open = count;
  return new Promise((resolve) => {
    const over = (outcome: string) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (--open === 0) resolve(outcomes);
    };
    // Not by `mergeMap`: what it takes grows with the square of so many.
    for (let i = 0; i < count; i++) {
      client.publish('n', payload, { qos }).subscribe({
        complete: () => over('settled'),
        error: (error: MqttError) => over(error.code),
      });
    }
  });
}

/** What happens to the connections, and what is suspected or given up. */
function happenings(client: MqttClient): () => string[] {
  const seen: string[] = [];
  const note$: Observable<{ readonly type: string }> = client.events$;
  note$.subscribe(({ type }) => {
    if (['connected', 'given-up', 'suspected', 'disconnected'].includes(type)) seen.push(type);
  });
  return () => seen;
}

const ONE_RECONNECT = ['connected', 'disconnected', 'connected'];

for (const qos of [1, 2] as const) {
  describe(`what is in flight at QoS ${qos} when the connection breaks`, function () {
    this.timeout(60_000);
    const on = brokerStage();
    let closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      await Promise.all(closing.map((close) => close()));
      closing = [];
    });

    async function scripted(): Promise<{ broker: ScriptedBroker; url: string }> {
      const broker = scriptedBroker();
      const { port, close } = await broker.listen();
      closing.push(close);
      return { broker, url: `mqtt://127.0.0.1:${port}` };
    }

    async function slow(port: number, rate: number): Promise<BadLink> {
      const link = await badLink(port, { rate });
      closing.push(() => link.close());
      return link;
    }

    /** Publishes to a scripted broker that answers nothing before the drop. */
    async function drop(options: typeof SESSION, count: number, payload: Uint8Array, inFlight = count) {
      const { broker, url } = await scripted();
      broker.connack = { sessionPresent: false };
      broker.silentOn.add('publish');
      const client = on.client(url, { ...SESSION, ...options });
      const seen = happenings(client);
      record(client.connection$);
      const sent = published(client, inFlight);
      const outcomes = publish(client, count, payload, qos);
      await sent;
      broker.connack = { sessionPresent: true };
      broker.silentOn.clear();
      broker.current.fail();
      expect(await outcomes).to.deep.equal({ settled: count });
      expect(seen()).to.deep.equal(ONE_RECONNECT);
      expect(broker.connections.flatMap((connection) => connection.faults)).to.deep.equal([]);
    }

    it('should be repeated on one connection, 40 MiB of it', () => drop({}, 40, LARGE));

    it('should be repeated on one connection when a store keeps it', () =>
      drop({ store: levelStore(new MemoryLevel()) }, 40, LARGE));

    it('should be repeated on one connection with 100,000 small messages', () =>
      drop({ queue: { size: MANY } }, MANY, new Uint8Array(8), 65_535));

    for (const protocolVersion of [4, 5] as const) {
      it(`should be repeated to Mosquitto under version ${protocolVersion}`, async () => {
        const broker = await on.mosquitto();
        const proxy = await on.proxy(broker);
        const client = on.client(proxy.url, { ...SESSION, protocolVersion });
        const seen = happenings(client);
        record(client.connection$);
        await firstValueFrom(client.connection$);
        proxy.hold();
        const sent = published(client, 40);
        const outcomes = publish(client, 40, LARGE, qos);
        await sent;
        proxy.cut();
        proxy.release();
        expect(await outcomes).to.deep.equal({ settled: 40 });
        expect(seen()).to.deep.equal(ONE_RECONNECT);
      });
    }

    it('should be repeated over a slow link', async () => {
      const broker = await on.mosquitto();
      const link = await slow(broker.port, 100_000_000);
      const client = on.client(link.url, { ...SESSION, keepAlive: 1, pingTimeout: 1_500, subscribeTimeout: 1_500 });
      const seen = happenings(client);
      record(client.connection$);
      const sent = published(client, 10);
      const outcomes = publish(client, 40, LARGE, qos);
      await sent;
      link.cut();
      link.become({ rate: 16_000_000 });
      record(client.topic$('n'));
      await granted(client, 'n');
      expect(await outcomes).to.deep.equal({ settled: 40 });
      expect(seen()).to.deep.equal(ONE_RECONNECT);
    });
  });
}

describe('a SUBSCRIBE behind much that a slow link has still to carry', function () {
  this.timeout(20_000);
  const on = brokerStage();

  it('should be waited for as long as something leaves', async () => {
    const broker = await on.mosquitto();
    const link = await badLink(broker.port, { rate: 8_000_000 });
    try {
      const client = on.client(link.url, { subscribeTimeout: 2_000, keepAlive: 0 });
      const seen = happenings(client);
      record(client.connection$);
      await firstValueFrom(client.connection$);
      const flood = publish(client, 64, LARGE.subarray(0, 524_288), 0);
      record(client.topic$('n'));
      await granted(client, 'n');
      await flood;
      expect(seen()).to.deep.equal(['connected']);
    } finally {
      await link.close();
    }
  });
});
