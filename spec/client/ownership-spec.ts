import { expect } from 'chai';
import { Subject, firstValueFrom } from 'rxjs';
import { type ClientOptions, type Connection, createClient, tls, webSocket } from '../../lib/index.js';
import { memoryStore, sessionStore } from '../../lib/store.js';
import { type MemoryPeer, memory } from '../../lib/testing.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { GREETER_KINDS, type GreeterKind, greeter } from '../support/greeter.js';
import { texts } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  Object.values(value).forEach(deepFrozen);
  return Object.freeze(value);
}

describe('the options of a client', () => {
  let ours: Authority;
  let identity: Identity;
  const server = greeter(() => identity);

  before(async () => {
    ours = await authority('ours');
    identity = await ours.sign(['127.0.0.1']);
  });
  afterEach(() => server.close());

  const options = (kind?: GreeterKind) => ({
    clientId: 'c',
    username: 'u',
    password: Buffer.from('secret'),
    will: { topic: 'w', payload: Buffer.from('gone') },
    queue: { size: 10 },
    tcp: { noDelay: true },
    tls: { ca: [Buffer.from(ours.cert)], ALPNProtocols: [kind === 'wss' ? 'http/1.1' : 'mqtt'] },
    webSocket: { protocols: ['mqtt'], headers: { 'X-Token': 'one' } },
  });

  /** Without what a transport has no use for. */
  const forKind = (kind: GreeterKind, { tls: secure, ...others }: ReturnType<typeof options>) =>
    kind === 'mqtts' || kind === 'wss' ? { ...others, tls: secure } : others;

  /** What arrived of the options. */
  async function arrived(kind: GreeterKind, client: ReturnType<typeof createClient>) {
    await firstValueFrom(client.connection$);
    await firstValueFrom(client.end({ force: true }), { defaultValue: undefined });
    const connect = server.greetings.at(-1)!.toString('latin1');
    return {
      connect: ['secret', 'gone'].filter((text) => connect.includes(text)),
      alpn: kind === 'mqtts' ? server.alpn.at(-1) : 'mqtt',
      token: kind.startsWith('ws') ? server.requests.at(-1)!.headers['x-token'] : 'one',
    };
  }
  const ALL = { connect: ['secret', 'gone'], alpn: 'mqtt', token: 'one' };

  for (const kind of GREETER_KINDS) {
    it(`should be good for ${kind} when they are frozen, all the way down`, async () => {
      const url = `${kind}://${await server.listen(kind)}`;
      expect(await arrived(kind, createClient(url, deepFrozen(forKind(kind, options(kind)))))).to.deep.equal(ALL);
    });

    for (const [how, serverOf] of [
      ['a URL', (url: string) => url],
      ['a function', (url: string) => () => url],
      ['a list', (url: string) => [url]],
    ] as const) {
      it(`should be those that createClient was given, whatever becomes of them, for ${kind} and ${how}`, async () => {
        const given = options(kind);
        const address = serverOf(`${kind}://${await server.listen(kind)}`);
        const client = createClient(address, forKind(kind, given));
        if (Array.isArray(address)) address[0] = 'mqtt://127.0.0.1:1';
        given.password.fill(0);
        given.will.payload.fill(0);
        given.tls.ca[0]!.fill(0);
        given.tls.ca.pop();
        given.tls.ALPNProtocols[0] = 'other';
        given.webSocket.headers['X-Token'] = 'two';
        given.webSocket.protocols[0] = 'nonsense';
        for (const part of [given.will, given.tls, given.tcp, given.webSocket]) {
          for (const name of Object.keys(part)) (part as Record<string, unknown>)[name] = 7;
        }
        expect(await arrived(kind, client)).to.deep.equal(ALL);
      });
    }
  }

  it('should be copied by a transport of its own as well', async () => {
    const { tls: secure, webSocket: web } = options();
    const [host, port] = (await server.listen('mqtts')).split(':');
    const given = { ...secure, host: host!, port: Number(port) };
    const overTls = createClient(tls(given), { clientId: 'c' });
    given.port = 1;
    given.ALPNProtocols[0] = 'other';
    await firstValueFrom(overTls.connection$);
    await firstValueFrom(overTls.end({ force: true }), { defaultValue: undefined });
    expect(server.alpn.at(-1)).to.equal('mqtt');
    await server.close();

    const overWebSocket = createClient(webSocket(`ws://${await server.listen('ws')}`, web), { clientId: 'c' });
    web.headers['X-Token'] = 'two';
    await firstValueFrom(overWebSocket.connection$);
    await firstValueFrom(overWebSocket.end({ force: true }), { defaultValue: undefined });
    expect(server.requests.at(-1)!.headers['x-token']).to.equal('one');
  });

  it('should be refused by name, also by one that every object has', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const given = Object.defineProperty({}, name, { value: 1, enumerable: true }) as ClientOptions;
      expect(() => createClient('mqtt://x', given)).to.throw(/^option \S+: there is no such option$/);
    }
  });
});

kitSpecs('the payload that is published', (on) => {
  it('should not be copied: what it holds when it leaves the queue is sent', async () => {
    const outage = on.broker.unreachable();
    const client = on.client();
    const payload = new TextEncoder().encode('before');
    watch(client.publish('a', payload, { qos: 1 }));
    await on.settle();
    payload.set(new TextEncoder().encode('after!'));
    outage.unsubscribe();
    await on.tick(1_000);
    expect(on.broker.published('a').map((one) => one.text())).to.deep.equal(['after!']);
  });

  it('should be free when a publish at QoS 1 or 2 has settled: it is not sent again', async () => {
    const { client } = await on.online({ cleanSession: false });
    const payload = new Uint8Array(20_000).fill(1);
    const sent = [watch(client.publish('a', payload, { qos: 1 })), watch(client.publish('a', payload, { qos: 2 }))];
    await on.settle();
    expect(sent.map(({ completed }) => completed)).to.deep.equal([true, true]);
    payload.fill(0);
    on.broker.drop();
    await on.tick(1_000);
    expect(on.broker.clients).to.have.length(1);
    expect(on.broker.published('a')).to.have.length(2);
  });

  it('should not be free at QoS 0 when the publish has settled: the transport may still hold it', async () => {
    let peer: MemoryPeer | undefined;
    const written: Uint8Array[] = [];
    const serve = (its: MemoryPeer) => {
      peer = its;
      its.bytes$.subscribe((bytes) => written.push(bytes));
    };
    const client = on.client({ server: memory(serve, { synchronous: on.synchronous }) });
    watch(client.connection$);
    await on.settle();
    peer!.write(on.version === 5 ? Uint8Array.of(0x20, 3, 0, 0, 0) : Uint8Array.of(0x20, 2, 0, 0));
    await on.settle();
    peer!.pause();
    const payload = new Uint8Array(20_000).fill(1);
    const receipt = watch(client.publish('a', payload));
    await on.settle();
    expect(receipt.completed).to.equal(true);
    payload.fill(2);
    peer!.resume();
    await on.settle();
    expect(written.at(-1)!.every((byte) => byte === 2)).to.equal(true);
  });

  it('should be kept by a store as it is when it is written, after the turn of the publish', async () => {
    const writes: Uint8Array[] = [];
    const answers = new Subject<undefined>();
    const store = sessionStore(() =>
      Promise.resolve({
        async *entries() {},
        write(changes) {
          for (const change of changes) if (change.type === 'put') writes.push(change.value);
          return firstValueFrom(answers);
        },
        close: () => Promise.resolve(),
      }),
    );
    const { client } = await on.online({ cleanSession: false, store });
    answers.next(undefined);
    await on.settle();
    const payload = new TextEncoder().encode('before');
    watch(client.publish('a', payload, { qos: 1 }));
    payload.set(new TextEncoder().encode('after!'));
    await on.settle();
    payload.set(new TextEncoder().encode('later!'));
    const kept = Buffer.from(writes.at(-1)!).toString('latin1');
    expect([kept.includes('after!'), kept.includes('before'), kept.includes('later!')]).to.deep.equal([true, false, false]); // prettier-ignore
    answers.next(undefined);
    await on.settle();
    answers.next(undefined);
  });
});

/** Names that every object has. */
const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype'];

kitSpecs('names that every object has', (on) => {
  it('should be topics, levels and filters as any others', async () => {
    const { client } = await on.online();
    const heard = NAMES.map((name) => watch(client.topic$(name)));
    const below = NAMES.map((name) => watch(client.topic$(`${name}/+/x`)));
    const subscriptions = watch(client.subscriptions$);
    await on.settle();
    for (const name of NAMES) {
      on.broker.publish(name, name);
      on.broker.publish(`${name}/${name}/x`, 'below');
    }
    await on.settle();
    expect(heard.map(({ values }) => texts(values))).to.deep.equal(NAMES.map((name) => [name]));
    expect(below.map(({ values }) => values.map(({ levels }) => levels[1]))).to.deep.equal(NAMES.map((name) => [name]));
    expect([...subscriptions.values.at(-1)!.keys()]).to.include.members(NAMES);
    for (const { subscription } of [...heard, ...below]) subscription.unsubscribe();
    await on.settle();
    expect(watch(client.subscriptions$).values[0]!.size).to.equal(0);
  });

  it('should be named wildcards whose values are properties of params alone', async () => {
    const { client } = await on.online();
    const filter = NAMES.map((name) => `+${name}`).join('/');
    const heard = watch(client.topic$(filter));
    await on.settle();
    on.broker.publish(NAMES.map((name) => `value of ${name}`).join('/'));
    await on.settle();
    const { params } = heard.values[0]!;
    expect(Object.entries(params)).to.deep.equal(NAMES.map((name) => [name, `value of ${name}`]));
    expect(JSON.parse(JSON.stringify(params))).to.have.own.property('__proto__', 'value of __proto__');
    expect(Object.getPrototypeOf(params)).to.equal(Object.prototype);
    expect(({} as Record<string, unknown>).constructor).to.equal(Object);
  });
});

clientSpecs('names that every object has', (on) => {
  it('should be client identifiers, and find a session of their own in a store', async () => {
    const store = memoryStore();
    for (const clientId of NAMES) {
      const client = on.client({ clientId, cleanSession: false, store, server: memory(() => {}, { synchronous: on.synchronous }) }); // prettier-ignore
      const left = watch(client.publish('a', clientId, { qos: 1 }));
      await on.settle();
      watch(client.end({ timeout: 0 }));
      await on.tick(10_000);
      expect(left.ends).to.equal(1);
    }
    on.broker.connack = { sessionPresent: true };
    for (const clientId of NAMES) {
      const client = on.client({ clientId, cleanSession: false, store });
      const held = watch(client.connection$);
      await on.settle();
      const [{ properties, ...connection }] = held.values as [Connection];
      const server = 'custom transport';
      expect(connection).to.deep.equal({ clientId, server, sessionPresent: true, protocolVersion: on.version });
      expect(properties === undefined).to.equal(on.version === 4);
      const [connect, ...rest] = on.broker.current.received;
      expect(connect).to.have.property('clientId', clientId);
      expect(texts(rest.filter(({ type }) => type === 'publish') as never), clientId).to.deep.equal([clientId]);
    }
  });
});

kitSpecs(
  'the options that MQTT 5 adds',
  (on) => {
    it('should be those that createClient was given, whatever becomes of them', async () => {
      const authentication = { method: 'm', data: Buffer.from('proof'), respond: () => [Buffer.from('proof')] };
      const userProperties: [string, string][] = [['k', 'v']];
      const properties = { correlationData: Buffer.from('id'), userProperties: { k: 'v' } };
      on.start({ authentication: { method: 'm', respond: () => true } });
      const client = on.client({ authentication, userProperties, will: { topic: 'w', properties } });
      authentication.method = 'other';
      authentication.data.fill(0);
      userProperties[0]![1] = 'other';
      userProperties.push(['k', 'more']);
      properties.correlationData.fill(0);
      properties.userProperties.k = 'other';
      watch(client.connection$);
      await on.settle();
      const [connect] = on.broker.clients;
      expect(connect!.properties).to.deep.include({
        userProperties: [['k', 'v']],
        authenticationMethod: 'm',
        authenticationData: Uint8Array.from(Buffer.from('proof')),
      });
      expect(connect!.will!.properties).to.deep.include({
        correlationData: Uint8Array.from(Buffer.from('id')),
        userProperties: [['k', 'v']],
      });
    });
  },
  [5],
);
