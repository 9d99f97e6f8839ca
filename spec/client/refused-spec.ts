import { expect } from 'chai';
import { filter, of } from 'rxjs';
import {
  type ClientOptions,
  InvalidArgumentError,
  InvalidOptionsError,
  MqttClient,
  backoff,
  createClient,
  publishEach,
} from '../../lib/index.js';
import { createClient as createBrowserClient } from '../../lib/index.browser.js';
import { kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

describe('a wrong option', () => {
  for (const [given, option, hint] of [
    [{ webSocket: { bogus: 1 } }, 'webSocket.bogus', 'there is no such option'],
    [{ webSocket: { protocol: 'mqtt' } }, 'webSocket.protocol', 'use protocols'],
    [{ webSocket: { Headers: {} } }, 'webSocket.Headers', 'use headers'],
    [{ queue: { Size: 1 } }, 'queue.Size', 'use size'],
    [{ queue: { length: 1 } }, 'queue.length', 'there is no such option'],
    [{ will: { topic: 'a', message: 'x' } }, 'will.message', 'use payload'],
    [{ will: { topic: 'a', Qos: 1 } }, 'will.Qos', 'use qos'],
    [{ keepAlive: 60_000 }, 'keepAlive', 'did you mean 60?'],
    [{ keepAlive: 30_000 }, 'keepAlive', 'did you mean 30?'],
    [{ keepAlive: 90_000 }, 'keepAlive', 'did you mean 90?'],
    [{ pingInterval: 30_000 }, 'pingInterval', 'did you mean 30?'],
    [{ pingInterval: 121 }, 'pingInterval', 'from 1 to 120'],
    [{ keepAlive: 10, pingInterval: 11 }, 'pingInterval', 'from 1 to 10'],
    [{ keepalive: 60 }, 'keepalive', 'use keepAlive'],
    [{ clientid: 'a' }, 'clientid', 'use clientId'],
    [{ clean: true }, 'clean', 'use cleanSession'],
    [{ wsOptions: {} }, 'wsOptions', 'use webSocket'],
    [{ reconnectPeriod: 1 }, 'reconnectPeriod', 'use retryWhen: backoff({ min })'],
    [{ tcp: { host: 'other' } }, 'tcp.host', 'in the URL of the option server'],
    [{ tls: { port: 8_883 } }, 'tls.port', 'in the URL of the option server'],
    [{ tls: { ca: 'x' } }, 'tls', 'expected mqtts:// or wss:// in the option server'],
    [{ retryWhen: backoff }, 'retryWhen', 'backoff itself: call it'],
    [{ __proto__: null, constructor: 1 }, 'constructor', 'there is no such option'],
  ] as const) {
    it(`should be refused, with a hint at what was meant: ${JSON.stringify(given)}`, () => {
      for (const make of [createClient, createBrowserClient]) {
        expect(() => make('ws://broker', given as ClientOptions))
          .to.throw(InvalidOptionsError, hint)
          .with.property('option', option);
      }
    });
  }

  it('should be refused when it stands beside others', () => {
    const make = createClient as (...given: unknown[]) => MqttClient;
    expect(() => make({ server: 'mqtt://broker' }, { clientId: 'a' })).to.throw(InvalidOptionsError, 'in one object');
    for (const options of ['my-client', 1_883, () => undefined]) {
      expect(() => make('mqtt://broker', options)).to.throw(InvalidOptionsError, 'option options: expected an object');
    }
    expect(() => backoff(1_000 as never)).to.throw(InvalidOptionsError, 'an object such as { min: 1_000 }, got 1000');
    expect(() => backoff({ Min: 100 } as never)).to.throw(
      InvalidOptionsError,
      'option Min: backoff has no such option',
    );
  });

  it('should be seen in one that makes a client by hand', () => {
    const made = MqttClient as unknown as new (...given: unknown[]) => MqttClient;
    for (const given of [[], ['mqtt://broker'], [{ server: 'mqtt://broker' }]]) {
      expect(() => new made(...given)).to.throw(InvalidOptionsError, 'createClient(server, options)');
    }
  });
});

describe('a server that is no address', () => {
  for (const [server, hint] of [
    ['localhost:1883', 'write mqtt://localhost:1883'],
    ['localhost', 'write mqtt://localhost,'],
    ['192.168.1.2:1883', 'write mqtt://192.168.1.2:1883'],
    ['broker.example', 'write mqtt://broker.example'],
    ['[::1]:1883', 'write mqtt://[::1]:1883'],
    ['::1', 'write mqtt://host:port'],
    ['broker.example:1883/mqtt', 'write mqtt://host:port'],
    ['user:secret@broker:1883', 'write mqtt://host:port'],
    ['mqtt:broker:1883', 'write mqtt://host:port'],
    ['//broker:1883', 'expected a URL such as mqtt://localhost:1883'],
    ['"mqtt://u:secret@broker"', 'quotes of its own: take them away'],
    ["'mqtt://u:secret@broker'", 'quotes of its own: take them away'],
    ['mqtt://u:secret@broker"', 'quotes of its own: take them away'],
    [' mqtt://u:secret@broker', 'white space around it'],
    ['mqtt://u:secret@broker\n', 'white space around it'],
    ['', 'is a variable not set?'],
    ['undefined', 'is a variable not set?'],
    ['mqtt://u:secret@broker:99999', 'a number up to 65535'],
    ['mqtt://u:secret@my broker', 'in a password be escaped'],
    ['mqtt://u:se%cret@broker', 'percent-encoded'],
    ['mqtt://', 'a host name after //, got none'],
    ['mqtt://:secret@broker', 'a user name before the password'],
    ['http://broker', 'got http://'],
    [{ host: 'broker', port: 1_883, password: 'secret' }, "write its host and port as 'mqtt://host:port'"],
    [new URL('mqtt://u:secret@broker'), 'give its href'],
    [1_883, 'got number'],
    [null, 'got object'],
    [undefined, 'give the option server'],
  ] as const) {
    it(`should be refused, with a hint at what to write: ${JSON.stringify(server)}`, () => {
      for (const given of [server, [server, 'mqtt://other']]) {
        expect(() => createClient({ server: given } as never))
          .to.throw(InvalidOptionsError, hint)
          .with.property('option', 'server');
      }
      expect(() => createClient({ server } as never)).not.to.throw(/secret/);
    });
  }

  it('should be refused with the same hints beside the options, and in their place', () => {
    const make = createClient as (...given: unknown[]) => MqttClient;
    expect(() => make('localhost:1883')).to.throw(InvalidOptionsError, 'write mqtt://localhost:1883');
    for (const given of [
      [{ host: 'broker', port: 1_883 }],
      [{ port: 1_883 }, { clientId: 'a' }],
      [{ hostname: 'a' }],
    ]) {
      expect(() => make(...given)).to.throw(InvalidOptionsError, "use server: 'mqtt://host:port'");
    }
    expect(() => make(new URL('mqtt://broker'))).to.throw(InvalidOptionsError, 'give its href');
  });
});

kitSpecs('a wrong option of a call', (on) => {
  for (const [call, field, hint, ask] of [
    ['publish, { Qos: 1 }', 'Qos', 'use qos', (client: MqttClient) => client.publish('a', 'x', { Qos: 1 } as never)],
    ['publish, { retained: true }', 'retained', 'use retain', (client: MqttClient) => client.publish('a', 'x', { retained: true } as never)], // prettier-ignore
    ['publish, { messageExpiryInterval: 1 }', 'messageExpiryInterval', 'use expiry', (client: MqttClient) => client.publish('a', 'x', { messageExpiryInterval: 1 } as never)], // prettier-ignore
    ['publish, a callback', 'options', 'expected an object', (client: MqttClient) => client.publish('a', 'x', (() => undefined) as never)], // prettier-ignore
    ['publish, 1', 'options', 'expected an object', (client: MqttClient) => client.publish('a', 'x', 1 as never)],
    ['publish, { offline: "Fail" }', 'offline', "expected 'queue' or 'fail'", (client: MqttClient) => client.publish('a', 'x', { offline: 'Fail' } as never)], // prettier-ignore
    ['publish, { expiry: "300" }', 'expiry', 'milliseconds from 1', (client: MqttClient) => client.publish('a', 'x', { expiry: '300' } as never)], // prettier-ignore
    ['messages$, a filter', 'which', 'there is topic$', (client: MqttClient) => client.messages$('a/#' as never)],
    ['subscribe, { QoS: 1 }', 'QoS', 'use qos', (client: MqttClient) => client.subscribe('a', { QoS: 1 } as never)],
    ['subscribe, 1', 'options', 'expected an object', (client: MqttClient) => client.subscribe('a', 1 as never)],
    ['topic$, { retain: true }', 'retain', 'there is no such option', (client: MqttClient) => client.topic$('a', { retain: true } as never)], // prettier-ignore
    ['topic$, 2', 'options', 'expected an object', (client: MqttClient) => client.topic$('a', 2 as never)],
    ['end, { Force: true }', 'Force', 'use force', (client: MqttClient) => client.end({ Force: true } as never)],
    ['end, true', 'options', 'expected an object', (client: MqttClient) => client.end(true as never)],
    ['publishEach, { Concurrency: 1 }', 'Concurrency', 'use concurrency', (client: MqttClient) => of(1).pipe(publishEach(client, () => ({ topic: 'a' }), { Concurrency: 1 } as never))], // prettier-ignore
  ] as const) {
    it(`should be an error with a hint at what was meant: ${call}`, async () => {
      const { client, held } = await on.online();
      const sent = watch(client.events$.pipe(filter(({ type }) => type === 'packet-sent')));
      const asked = watch<unknown>(ask(client));
      await on.settle();
      expect(asked.error).to.be.instanceOf(InvalidArgumentError).with.property('field', field);
      expect(asked.error).to.have.property('message').that.contains(hint);
      expect([sent.values, held.ends, on.broker.clients.length]).to.deep.equal([[], 0, 1]);
    });
  }

  it('should be seen in what publishEach is told to publish', async () => {
    const { client } = await on.online();
    const results = watch(of(1).pipe(publishEach(client, () => ({ topic: 'a', Qos: 1 }) as never)));
    await on.settle();
    expect(results.values[0]!.error).to.be.instanceOf(InvalidArgumentError).with.property('field', 'Qos');
  });

  it('should not be seen in options that are left open', async () => {
    const { client } = await on.online();
    const asked = [
      client.publish('a', 'x', undefined),
      client.publish('a', 'x', { qos: undefined, expiry: undefined }),
      client.subscribe('a', {}),
      client.topic$('a', { qos: undefined }),
    ].map((each) => watch<unknown>(each));
    await on.settle();
    expect(asked.map(({ error }) => error)).to.deep.equal(asked.map(() => undefined));
  });
});
