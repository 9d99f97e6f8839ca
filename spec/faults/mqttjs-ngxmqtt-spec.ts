import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { MqttError } from '../../lib/index.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** The second list of FEATURES.md, numbered in its order. */
clientSpecs('faults of MQTT.js and ngx-mqtt that users suffer from', (on) => {
  it('1. should set DUP on what is redelivered, resend as a window, and keep order across QoS levels', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('publish');
    for (let i = 0; i < 40; i++) watch(client.publish('a', String(i), { qos: i % 2 === 0 ? 1 : 2 }));
    await on.settle();
    on.broker.connack = { sessionPresent: true };
    on.broker.current.fail();
    await on.tick(1_000);
    const again = on.broker.current.take('publish'); // none was acknowledged: all came without waiting for another
    expect(texts(again)).to.deep.equal(Array.from({ length: 40 }, (_, i) => String(i)));
    expect(again.every(({ dup }) => dup)).to.equal(true);
    expect(on.broker.current.writes).to.be.lessThan(5);
  });

  it('2. should subscribe again to all filters but the refused one, and not report that as granted', async () => {
    const { client } = await on.online();
    on.broker.grant = (filter, qos) => (filter === 'no' ? 0x80 : qos);
    const states = watch(client.subscriptions$);
    for (const filter of ['a', 'no', 'b']) watch(client.topic$(filter));
    await on.settle();
    expect(states.values.at(-1)!.get('no')!.state).to.equal('refused');
    on.broker.current.fail();
    await on.tick(1_000);
    const [subscribe] = on.broker.current.take('subscribe');
    expect(subscribe!.subscriptions.map(({ filter }) => filter)).to.deep.equal(['a', 'b']);
  });

  it('3. should settle every publish: offline and then a forced end, an end with something unacknowledged', async () => {
    on.broker.dial = 'refuse';
    const offline = on.client();
    const queued = ([0, 1, 2] as const).map((qos) => watch(offline.publish('a', 'x', { qos })));
    await on.settle();
    watch(offline.end({ force: true }));
    expect(queued.map(({ error }) => (error as MqttError).code)).to.deep.equal(Array(3).fill('CLIENT_ENDED'));

    on.broker.dial = 'accept';
    const { client } = await on.online();
    on.broker.silentOn.add('publish').add('pubrel');
    const sent = ([1, 2] as const).map((qos) => watch(client.publish('a', 'x', { qos })));
    await on.settle();
    watch(client.end({ timeout: 100 }));
    await on.tick(100);
    expect(sent.map(({ error }) => (error as MqttError).code)).to.deep.equal(['CLIENT_ENDED', 'CLIENT_ENDED']);
  });

  it('4. should not stall later messages when a listener throws, nor let work block the pings', async () => {
    const { client, server, held } = await on.online({ keepAlive: 5, maxInflight: 1 });
    client.topic$('a').subscribe(() => {
      throw new Error('listener');
    });
    const all = watch(client.topic$('a'));
    await on.settle();
    server.send(message('a', '1'), message('a', '2'));
    on.broker.silentOn.add('publish');
    for (let i = 0; i < 100; i++) watch(client.publish('b', 'x', { qos: 1 }));
    await on.tick(60_000);
    expect([texts(all.values), held.values.length]).to.deep.equal([['1', '2'], 1]);
    expect(server.take('pingreq').length).to.be.greaterThanOrEqual(10);
    expect(on.unhandled().length).to.equal(2);
  });

  it('5. should bound the offline queue, grow the reconnect interval, and not end in silence at CONNACK 5', async () => {
    on.broker.dial = 'refuse';
    const client = on.client({ queue: { size: 10 } });
    const publishes = Array.from({ length: 11 }, () => watch(client.publish('a', 'x')));
    const states = watch(client.state$);
    await on.tick(20_000);
    expect((publishes[10]!.error as MqttError).code).to.equal('QUEUE_OVERFLOW');
    const delays = states.values.flatMap((state) => (state.status === 'waiting' ? [state.delay] : []));
    expect(delays).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000].slice(-delays.length));
    on.broker.dial = 'accept';
    on.broker.connack = { reasonCode: 5 };
    await on.tick(30_000);
    expect(publishes.slice(0, 10).map(({ error }) => (error as MqttError).code)).to.deep.equal(
      Array(10).fill('CONNECTION_REFUSED'),
    );
    expect(states.values.at(-1)?.status).to.equal('closed');
  });

  it('6. should not send a publish to a filter, nor deliver a PUBLISH that comes before CONNACK', async () => {
    const { client, server } = await on.online();
    expect((watch(client.publish('a/+/b', 'x')).error as MqttError).code).to.equal('INVALID_TOPIC');
    await on.settle();
    expect(server.take()).to.deep.equal([]);
    on.broker.connack = 'silent';
    const early = on.client();
    const heard = watch(early.topic$('a'));
    await on.settle();
    on.broker.current.send(message('a', 'early'));
    await on.settle();
    expect([heard.values, on.broker.current.hungUp]).to.deep.equal([[], true]);
  });

  it('7. should match empty levels, $SYS and $share as the standard says [MQTT-4.7.1-2] [MQTT-4.7.2-1]', async () => {
    const { client, server } = await on.online();
    const heard = ['a//b', '+/+', '/+', '+/x', '$SYS/+', '$share/g/s/#'].map((filter) => watch(client.topic$(filter)));
    await on.settle();
    server.send(message('a//b'), message('/x'), message('$SYS/x'), message('s/1/2'));
    await on.settle();
    expect(heard.map(({ values }) => values.map(({ topic }) => topic))).to.deep.equal([
      ['a//b'],
      ['/x'],
      ['/x'],
      ['/x'],
      ['$SYS/x'],
      ['s/1/2'],
    ]);
  });
});

describe('what MQTT.js costs to load', () => {
  it('8. should be less than half of 105 kB in the bundle of a client that listens, and install no other package than ws', () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents:
          "import { createClient } from './lib/index.browser.js'; createClient('wss://a').topic$('b').subscribe();",
        resolveDir: '.',
      },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      external: ['rxjs'],
    });
    const size = gzipSync(outputFiles[0]!.contents).length;
    expect(size).to.be.within(5_000, 52_500);
    const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies?: object };
    expect(Object.keys(dependencies).filter((name) => name !== 'ws')).to.deep.equal([]);
  });
});
