import { expect } from 'chai';
import { NEVER, Observable, Subject, defer, of, throwError } from 'rxjs';
import { type ClientOptions, InvalidOptionsError, type MqttError, type Will, createClient } from '../../lib/index.js';
import type { ConnectPacket } from '../../lib/packet/Packet.js';
import { testBroker } from '../../lib/testing.js';
import { kitSpecs } from '../support/kitStage.js';
import { turn } from '../support/turn.js';
import { watch } from '../support/watch.js';

describe('the options', () => {
  const wrong: [option: string, value: unknown, named?: string][] = [
    ['server', undefined],
    ['server', []],
    ['server', 'nonsense'],
    ['server', 'http://x'],
    ['server', 'mqtt://'],
    ['server', ['mqtt://a', 7]],
    ['server', 'mqtt://%ff@x'],
    ['clientId', 7],
    ['clientId', 'x'.repeat(65_536)],
    ['clientId', 'a\0'],
    ['username', 7],
    ['username', 'a\0'],
    ['password', 'alone'],
    ['will', 'x'],
    ['will', null],
    ['will', { topic: 'a/#' }, 'will.topic'],
    ['will', { topic: 'a', qos: 3 }, 'will.qos'],
    ['will', { topic: 'a', retain: 1 }, 'will.retain'],
    ['will', { topic: 'a', payload: 7 }, 'will.payload'],
    ['will', { topic: 'a', payload: 'x'.repeat(65_536) }, 'will.payload'],
    ['will', { topic: 'a', message: 'x' }, 'will.message'],
    ['keepAlive', -1],
    ['keepAlive', 65_536],
    ['keepAlive', 1.5],
    ['keepAlive', '60'],
    ['pingTimeout', 0],
    ['cleanSession', 'last'],
    ['connectTimeout', 0],
    ['connackTimeout', NaN],
    ['subscribeTimeout', 2 ** 31],
    ['retryWhen', 1_000],
    ['linger', -1],
    ['queue', 7],
    ['queue', { size: -1 }, 'queue.size'],
    ['queue', { overflow: 'drop' }, 'queue.overflow'],
    ['queue', { length: 1 }, 'queue.length'],
    ['maxInflight', 0],
    ['maxInflight', 65_536],
    ['onSessionLost', 'ignore'],
    ['maxPacketSize', 1],
    ['tcp', 'fast'],
    ['tls', true],
    ['ca', 'x'],
    ['clean', true],
    ['keepalive', 60],
    ['nonsense', 1],
  ];
  for (const [option, value, named = option] of wrong) {
    it(`should refuse ${option}: ${JSON.stringify({ value }).slice(0, 40)}`, () => {
      const make = () => createClient({ server: 'mqtt://x', [option]: value } as ClientOptions);
      expect(make).to.throw(InvalidOptionsError).with.property('option', named);
    });
  }

  it('should say what another client calls an option', () => {
    expect(() => createClient('mqtt://x', { keepalive: 60 } as ClientOptions)).to.throw(/use keepAlive/);
  });

  it('should refuse no options at all, and keep credentials out of messages', () => {
    for (const nothing of [undefined, null, {}, 7]) {
      expect(() => createClient(nothing as never))
        .to.throw(InvalidOptionsError)
        .with.property('option', 'server');
    }
    expect(() => createClient('foo://u:secret@x'))
      .to.throw(InvalidOptionsError)
      .with.property('message')
      .not.contain('secret');
  });

  it('should require a client identifier for a persistent session, and allow an empty one only without [MQTT-3.1.3-7]', () => {
    for (const cleanSession of [false, 'first'] as const) {
      for (const clientId of ['', undefined]) {
        expect(() => createClient('mqtt://x', { cleanSession, clientId }))
          .to.throw(InvalidOptionsError)
          .with.property('option', 'clientId');
      }
    }
    expect(() => createClient('mqtt://x', { clientId: '' })).not.to.throw();
    expect(() => createClient('mqtt://x', { clientId: '', cleanSession: true })).not.to.throw();
  });

  it('should take options as undefined for their defaults', () => {
    expect(() => createClient('tcp://x', { linger: undefined, queue: undefined, will: undefined })).not.to.throw();
  });

  it('should never change options, nor follow later changes', async () => {
    const broker = testBroker();
    const will: { -readonly [K in keyof Will]: Will[K] } = Object.seal({ topic: 'will', payload: 'x' });
    const options = Object.freeze({ server: broker, clientId: 'c', will, queue: Object.freeze({ size: 1 }) });
    const client = createClient(options);
    will.topic = 'other';
    watch(client.connection$);
    expect(broker.clients[0]!.will!.topic).to.equal('will');
    watch(client.end());
    await turn();
  });

  it('should take a server and options, or options with a server', () => {
    expect(createClient('mqtt://x')).to.have.property('connection$');
    expect(createClient({ server: ['mqtt://x', NEVER] })).to.have.property('connection$');
    expect(createClient(NEVER, { clientId: 'x' })).to.have.property('connection$');
    expect(createClient(() => 'mqtt://x')).to.have.property('connection$');
  });
});

kitSpecs('what CONNECT says', (on) => {
  let seen: ConnectPacket[];
  /** What the broker says to CONNECT. */
  let verdict: true | number;
  beforeEach(() => {
    seen = [];
    verdict = true;
    on.start({
      authenticate(connect) {
        seen.push(connect);
        return verdict;
      },
    });
  });
  const connects = () => seen;
  const decode = (bytes?: Uint8Array) => bytes && new TextDecoder().decode(bytes);

  it('should carry credentials and will', async () => {
    await on.online({
      username: 'u',
      password: 'p',
      will: { topic: 'w', payload: 'gone', qos: 2, retain: true },
      keepAlive: 7,
    });
    const [connect] = connects();
    expect([connect!.username, decode(connect!.password), connect!.keepAlive]).to.deep.equal(['u', 'p', 7]);
    const { properties, payload, ...will } = connect!.will!;
    expect({ ...will, payload: decode(payload), properties }).to.deep.equal({
      properties: undefined,
      topic: 'w',
      payload: 'gone',
      qos: 2,
      retain: true,
    });
  });

  it('should make an identifier of its own when none is given, the same each time', async () => {
    await on.online({ clientId: undefined });
    on.broker.drop();
    await on.tick(1_000);
    const [first, second] = connects();
    expect(first!.clientId)
      .to.match(/^tortoise-[0-9a-z]{14}$/)
      .and.equal(second!.clientId);
  });

  const forms = [
    [true, [true, true, true]],
    [false, [false, false, false]],
    ['first', [true, false, false]],
  ] as const;
  for (const [cleanSession, expected] of forms) {
    it(`should ask for a session as cleanSession ${String(cleanSession)} says, at each connection [MQTT-3.1.2-4]`, async () => {
      await on.online({ cleanSession });
      for (let i = 0; i < 2; i++) {
        on.broker.drop();
        await on.tick(2_000 ** i * 1_000);
      }
      expect(
        connects()
          .map(({ cleanStart }) => cleanStart)
          .slice(0, 3),
      ).to.deep.equal(expected);
    });
  }

  it("should stay clean with 'first' until a connection was accepted", async () => {
    verdict = 0x88;
    watch(on.client({ cleanSession: 'first' }).connection$);
    await on.settle();
    verdict = true;
    await on.tick(1_000);
    expect(connects().map(({ cleanStart }) => cleanStart)).to.deep.equal([true, true]);
  });

  it('should ask functions at every attempt: values, promises and Observables', async () => {
    let n = 0;
    await on.online({
      username: () => `u${++n}`,
      password: () => Promise.resolve(`p${n}`),
      will: () => of({ topic: `w/${n}` }),
    });
    on.broker.drop();
    await on.tick(1_000);
    expect(connects().map(({ username, password, will }) => [username, decode(password), will?.topic])).to.deep.equal([
      ['u1', 'p1', 'w/1'],
      ['u2', 'p2', 'w/2'],
    ]);
  });

  it('should try again when a function fails, and keep the cause', async () => {
    const cause = new Error('no token');
    const failing: (() => unknown)[] = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
      () => throwError(() => cause),
      () => new Observable((o) => o.complete()),
    ];
    const password = () => (failing.shift() ?? (() => 'p'))() as string;
    const client = on.client({ username: 'u', password });
    const states = watch(client.state$);
    const held = watch(client.connection$);
    await on.tick(15_000);
    expect(held.values.length).to.equal(1);
    const causes = states.values.flatMap((state) => (state.status === 'waiting' ? [state.cause] : []));
    expect(causes.map(({ code }) => code)).to.deep.equal([
      'CONNECTION_FAILED',
      'CONNECTION_FAILED',
      'CONNECTION_FAILED',
      'CONNECTION_FAILED',
    ]);
    expect(causes.slice(0, 3).map((error) => error.cause)).to.deep.equal([cause, cause, cause]);
  });

  it('should time out a function that never answers, and leave its Observable', async () => {
    const silent = new Subject<string>();
    const client = on.client({ username: 'u', password: () => silent });
    watch(client.connection$);
    await on.settle();
    expect(silent.observed).to.equal(true);
    await on.tick(10_000);
    expect([silent.observed, connects()]).to.deep.equal([false, []]);
  });

  it('should end with an InvalidOptionsError when a function gives something wrong', async () => {
    const client = on.client({ will: () => ({ topic: 'a/+' }) });
    const held = watch(client.connection$);
    await on.settle();
    expect(held.error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'will.topic');
    expect(connects()).to.deep.equal([]);
  });

  it('should refuse a password without a user name that only the attempt can tell [MQTT-3.1.2-22], which MQTT 5 allows', async () => {
    const held = watch(on.client({ password: () => 'p' }).connection$);
    await on.settle();
    if (on.version === 5) {
      const [connect] = connects();
      expect([connect!.username, decode(connect!.password), held.values.length]).to.deep.equal([undefined, 'p', 1]);
    } else {
      expect((held.error as MqttError).code).to.equal('INVALID_OPTIONS');
      expect(connects()).to.deep.equal([]);
    }
  });

  it('should try a list of servers in turn', async () => {
    const other = testBroker({ synchronous: on.synchronous });
    const outage = other.unreachable();
    let dials = 0;
    const server = [defer(() => (dials++, other)), on.broker];
    const held = watch(on.client({ server }).connection$);
    await on.tick(1_000);
    expect([dials, connects().length, held.values.length]).to.deep.equal([1, 1, 1]);
    outage.unsubscribe();
    on.broker.drop();
    await on.tick(2_000);
    expect([dials, connects().length, held.values.length]).to.deep.equal([2, 1, 2]);
  });

  it('should ask a server function at every attempt, for an address, a list or a transport', async () => {
    const gives = [() => on.broker, () => of([on.broker]), () => Promise.resolve([on.broker])];
    let asked = 0;
    const held = watch(on.client({ server: () => gives[asked++ % 3]!() as never }).connection$);
    await on.settle();
    for (let i = 0; i < 2; i++) {
      on.broker.drop();
      await on.tick(2_000);
    }
    expect([asked, held.values.length, connects().length]).to.deep.equal([3, 3, 3]);
  });

  it('should share nothing between clients: a fatal error of one touches no other', async () => {
    const { held } = await on.online({ clientId: 'a' });
    verdict = 0x87;
    const other = watch(on.client({ clientId: 'b' }).connection$);
    await on.settle();
    expect([other.ends, held.ends, on.broker.clients.length]).to.deep.equal([1, 0, 1]);
  });
});
