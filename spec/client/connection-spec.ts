import { expect } from 'chai';
import { EMPTY, NEVER, Observable, mergeMap, of, tap, throwError } from 'rxjs';
import {
  ClientEndedError,
  ConnectTimeoutError,
  ConnectionFailedError,
  ConnectionLostError,
  ConnectionRefusedError,
  type Connection,
  type Duplex,
  type MqttError,
  ProtocolError,
  backoff,
} from '../../lib/index.js';
import type { ConnackPacket, Packet } from '../../lib/packet/Packet.js';
import { message } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** What a CONNACK of MQTT 5 without properties means (MQTT5 section 3.2.2.3). */
const SAID_NOTHING: Connection['properties'] = {
  assignedClientIdentifier: undefined,
  serverKeepAlive: undefined,
  sessionExpiryInterval: 0,
  receiveMaximum: 65_535,
  maximumQoS: 2,
  retainAvailable: true,
  maximumPacketSize: 268_435_460,
  topicAliasMaximum: 0,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  sharedSubscriptionAvailable: true,
  responseInformation: undefined,
  serverReference: undefined,
  reasonString: undefined,
  userProperties: [],
};

kitSpecs('connection$ and state$', (on) => {
  const statuses = (states: readonly { status: string }[]) => states.map(({ status }) => status);

  /** The broker's transport: how many are open, at each dial. */

  function counted(fails: (dial: number) => boolean = () => false) {
    const opened: number[] = [];
    let open = 0;
    const transport = new Observable<Duplex>((subscriber) => {
      opened.push(++open);
      subscriber.add(() => open--);
      if (fails(opened.length)) subscriber.error(new ConnectionFailedError('refused'));
      else on.broker.subscribe(subscriber);
    });
    return { opened, transport };
  }

  it('should have hung up before the notifier hears of it, who may want another connection at once', async () => {
    const { opened, transport } = counted();
    const client = on.client({ server: transport, retryWhen: (failures) => failures });
    const held = watch(client.connection$);
    await on.settle();
    on.broker.drop();
    await on.settle();
    on.broker.hangUp();
    await on.settle();
    expect(opened).to.deep.equal([1, 1, 1]);
    expect(held.values.length).to.equal(3);
  });

  it('should have given up a dial that fails within its subscription before the notifier hears of it', async () => {
    const { opened, transport } = counted((dial) => dial < 4);
    const client = on.client({ server: transport, retryWhen: (failures) => failures });
    const held = watch(client.connection$);
    await on.settle();
    expect(opened).to.deep.equal([1, 1, 1, 1]);
    expect(held.values.length).to.equal(1);
  });

  it('should emit the present connection to a late subscriber, and nothing when there is none', async () => {
    const { client } = await on.online();
    expect(watch(client.connection$).values.length).to.equal(1);
    on.broker.unreachable();
    on.broker.hangUp();
    await on.settle();
    expect(watch(client.connection$).values.length).to.equal(0);
  });

  it('should complete on end, and at once for those who come later', async () => {
    const { client, held } = await on.online();
    watch(client.end());
    await on.settle();
    expect([held.completed, held.error]).to.deep.equal([true, undefined]);
    expect(watch(client.connection$).completed).to.equal(true);
    expect(on.dials).to.equal(1);
  });

  it('should show each state with what belongs to it', async () => {
    const client = on.client({ retryWhen: backoff({ jitter: 0, min: 500, stableAfter: 0 }) });
    const states = watch(client.state$);
    const held = watch(client.connection$);
    await on.settle();
    await on.tick(50);
    const lost = on.clock.now;
    on.broker.hangUp();
    await on.settle();
    await on.tick(500);
    held.unsubscribe();
    await on.tick(1_000);
    const cause = (states.values[3] as { cause?: MqttError }).cause;
    expect(cause).to.be.instanceOf(ConnectionLostError);
    expect(states.values).to.deep.equal([
      { status: 'idle' },
      { status: 'connecting', attempt: 1 },
      { status: 'online', sessionPresent: false, since: 1_800_000_000_000 },
      { status: 'waiting', attempt: 1, delay: 500, retryAt: lost + 500, cause },
      { status: 'connecting', attempt: 1 },
      { status: 'online', sessionPresent: false, since: lost + 500 },
      { status: 'closing' },
      { status: 'idle' },
    ]);
  });

  it('should count the attempts since the last connection', async () => {
    on.broker.unreachable();
    const client = on.client({ retryWhen: backoff({ jitter: 0 }) });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.tick(3_000);
    expect(states.values.at(-1)).to.include({ status: 'waiting', attempt: 4, delay: 4_000 });
  });

  it('should show waiting also with a notifier that does not say how long', async () => {
    on.broker.unreachable();
    const client = on.client({ retryWhen: () => NEVER });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.settle();
    expect(states.values.at(-1))
      .to.have.keys('status', 'attempt', 'cause')
      .and.include({ status: 'waiting', attempt: 2 });
  });

  it('should not show waiting any more when the notifier has answered at once', async () => {
    const outage = on.broker.unreachable();
    let failures = 0;
    const client = on.client({
      retryWhen: (failed) =>
        failed.pipe(
          tap(() => {
            if (++failures === 2) outage.unsubscribe();
          }),
        ),
    });
    const states = watch(client.state$);
    watch(client.connection$);
    await on.settle();
    const shown = statuses(states.values).filter((status) => status !== 'waiting');
    expect(shown).to.deep.equal(['idle', 'connecting', 'connecting', 'connecting', 'online']);
    expect(states.values.at(-1)?.status).to.equal('online');
  });

  it('should show the last state to those who come after the end', async () => {
    const { client } = await on.online();
    watch(client.end());
    await on.settle();
    const late = watch(client.state$);
    expect([late.values, late.completed]).to.deep.equal([[{ status: 'closed' }], true]);
  });

  it('should tell every observer of state$ the states in one order, whatever one of them does', async () => {
    const client = on.client();
    client.state$.subscribe(({ status }) => {
      if (status === 'online') watch(client.end({ force: true }));
    });
    const second = watch(client.state$);
    watch(client.connection$);
    await on.settle();
    expect(statuses(second.values)).to.deep.equal(['idle', 'connecting', 'online', 'closing', 'closed']);
  });

  it('should miss no state that an observer causes by its answer to the first', async () => {
    const client = on.client();
    const seen: string[] = [];
    client.state$.subscribe(({ status }) => {
      seen.push(status);
      if (status === 'idle') watch(client.connection$);
    });
    await on.settle();
    expect(seen).to.deep.equal(['idle', 'connecting', 'online']);
  });

  it('should give up a dial after connectTimeout, and try again', async () => {
    const outage = on.broker.hang();
    const client = on.client({ connectTimeout: 3_000 });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.tick(2_999);
    expect(states.values.at(-1)?.status).to.equal('connecting');
    await on.tick(1);
    expect((states.values.at(-1) as { cause: MqttError }).cause).to.be.instanceOf(ConnectTimeoutError);
    outage.unsubscribe();
    await on.tick(1_000);
    expect(states.values.at(-1)?.status).to.equal('online');
  });

  it('should not time out once it is online', async () => {
    const { held } = await on.online({ keepAlive: 0 });
    await on.tick(3_600_000);
    expect([held.values.length, on.dials]).to.deep.equal([1, 1]);
  });

  it('should reconnect after a clean close by the broker as after a break', async () => {
    const { held } = await on.online();
    on.broker.hangUp();
    await on.tick(1_000);
    on.broker.drop();
    await on.tick(2_000);
    expect(held.values.length).to.equal(3);
  });

  it('should wait longer while the broker accepts and drops, and start anew once it was stable', async () => {
    const { client } = await on.online({ retryWhen: backoff({ jitter: 0 }) });
    const states = watch(client.state$);
    const delays = () => states.values.flatMap((state) => (state.status === 'waiting' ? [state.delay] : []));
    for (const delay of [1_000, 2_000, 4_000]) {
      on.broker.hangUp();
      await on.tick(delay);
    }
    await on.tick(5_000);
    on.broker.hangUp();
    await on.settle();
    expect(delays()).to.deep.equal([1_000, 2_000, 4_000, 1_000]);
  });

  it('should give up when the notifier does, and connect afresh for the next', async () => {
    const outage = on.broker.unreachable();
    const client = on.client({ retryWhen: backoff({ retries: 1, jitter: 0 }) });
    const states = watch(client.state$);
    const held = watch(client.connection$);
    await on.tick(1_000);
    expect(held.error).to.be.instanceOf(ConnectionFailedError);
    expect(states.values.at(-1)).to.deep.equal({ status: 'closed', cause: held.error });
    outage.unsubscribe();
    const again = watch(client.connection$);
    await on.settle();
    expect([again.values.length, states.values.at(-1)?.status]).to.deep.equal([1, 'online']);
  });

  it('should survive a notifier that throws', async () => {
    on.broker.unreachable();
    const client = on.client({
      retryWhen: () => {
        throw new Error('boom');
      },
    });
    const held = watch(client.connection$);
    await on.settle();
    expect(held.error).to.be.instanceOf(ConnectionFailedError);
  });

  it('should try again when a transport completes without a connection', async () => {
    const servers: Observable<Duplex>[] = [EMPTY, on.broker];
    const held = watch(on.client({ server: () => servers.shift()! }).connection$);
    await on.tick(1_000);
    expect(held.values.length).to.equal(1);
  });

  it('should try again when a transport errors, and keep the cause', async () => {
    const cause = new Error('no route');
    const client = on.client({ server: throwError(() => cause) });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.settle();
    const state = states.values.at(-1) as { cause?: MqttError };
    expect(state.cause).to.be.instanceOf(ConnectionFailedError);
    expect(state.cause!.cause).to.equal(cause);
  });

  it('should treat a transport whose write throws as a connection that broke', async () => {
    const duplex: Duplex = {
      bytes$: NEVER,
      buffered: 0,
      write: () => {
        throw new Error('EPIPE');
      },
    };
    const client = on.client({ server: of(duplex) });
    const states = watch(client.state$);
    watch(client.connection$);
    await on.settle();
    expect((states.values.at(-1) as { cause?: MqttError }).cause).to.be.instanceOf(ConnectionLostError);
  });

  it('should refuse everything after the end with a ClientEndedError', async () => {
    const client = on.client();
    watch(client.end());
    await on.settle();
    const late = [
      watch<unknown>(client.topic$('a')),
      watch<unknown>(client.publish('a', 'b')),
      watch<unknown>(client.subscribe('a')),
      watch<unknown>(client.unsubscribe('a')),
      watch<unknown>(client.ping()),
    ];
    for (const { error } of late) expect(error).to.be.instanceOf(ClientEndedError);
    expect(on.dials).to.equal(0);
  });
});

clientSpecs('what the broker sees of connection$ and state$', (on) => {
  it('should emit each connection with its session, server and client identifier', async () => {
    const client = on.client({ clientId: 'kitchen' });
    const held = watch(client.connection$);
    await on.settle();
    on.broker.connack = { sessionPresent: false };
    on.broker.current.fail();
    await on.tick(1_000);
    const connection: Connection = {
      clientId: 'kitchen',
      server: 'custom transport',
      sessionPresent: false,
      protocolVersion: on.version,
      ...(on.version === 5 ? { properties: SAID_NOTHING } : {}),
    };
    expect(held.values).to.deep.equal([connection, connection]);
    expect(held.ends).to.equal(0);
  });

  // ─── timeouts ───

  it('should give up after connackTimeout, without DISCONNECT, and try again', async () => {
    on.broker.connack = 'silent';
    const client = on.client({ connackTimeout: 3_000 });
    watch(client.connection$);
    const states = watch(client.state$);
    await on.tick(3_000);
    expect((states.values.at(-1) as { cause: MqttError }).cause).to.be.instanceOf(ConnectTimeoutError);
    expect([on.broker.current.hungUp, on.sent()]).to.deep.equal([true, ['connect']]);
  });

  // ─── reconnecting ───

  // ─── fatal errors ───

  for (const [reasonCode, reasonCode5] of [
    [1, 0x84],
    [2, 0x85],
    [4, 0x86],
    [5, 0x87],
  ] as const) {
    const [said, clause] =
      on.version === 5 ? [`0x${reasonCode5.toString(16)}`, 'MQTT5-3.2.2-7'] : [reasonCode, 'MQTT-3.2.2-5'];
    it(`should error every holder once when the broker refuses with ${said}, and not try again [${clause}]`, async () => {
      on.broker.connack = { reasonCode };
      const client = on.client();
      const states = watch(client.state$);
      const holders = [
        watch<unknown>(client.connection$),
        watch<unknown>(client.topic$('a')),
        watch<unknown>(client.publish('a', 'b')),
        watch<unknown>(client.publish('a', 'b', { qos: 2 })),
        watch<unknown>(client.subscribe('a')),
        watch<unknown>(client.unsubscribe('a')),
        watch<unknown>(client.ping()),
      ].filter((_, i) => !on.synchronous || i === 0);
      await on.tick(60_000);
      for (const { error, ends } of holders) {
        expect(error).to.be.instanceOf(ConnectionRefusedError).with.property('reasonCode', reasonCode5);
        expect((error as ConnectionRefusedError).returnCode).to.equal(on.version === 5 ? undefined : reasonCode);
        expect(ends).to.equal(1);
      }
      const dials = on.synchronous ? 7 : 1; // each came after the one before had failed
      expect(on.broker.dials).to.equal(dials);
      expect(states.values.at(-1)?.status).to.equal('closed');
      expect(on.clock.countTimers()).to.equal(0);
    });
  }

  it('should error all who hold a connection that is lost for good', async () => {
    const { client, held } = await on.online();
    on.broker.silentOn.add('publish').add('subscribe').add('pingreq');
    const holders = [
      held,
      watch<unknown>(client.topic$('a')),
      watch<unknown>(client.publish('a', 'b', { qos: 1 })),
      watch<unknown>(client.subscribe('b')),
    ];
    await on.settle();
    on.broker.connack = { reasonCode: 5 };
    on.broker.current.close();
    await on.tick(1_000);
    for (const { error, ends } of holders) {
      expect(error).to.be.instanceOf(ConnectionRefusedError);
      expect(ends).to.equal(1);
    }
  });

  it('should forget the filters of those who were told, so that the next connection is clean', async () => {
    const { client } = await on.online();
    watch(client.topic$('a'));
    watch(client.topic$('b'));
    await on.settle();
    on.broker.connack = { reasonCode: 5 };
    on.broker.current.close();
    await on.tick(1_000);
    on.broker.connack = {};
    watch(client.topic$('c'));
    await on.settle();
    const [subscribe, more] = on.broker.current.take('subscribe');
    expect(subscribe?.subscriptions).to.deep.equal([{ filter: 'c', qos: 0 }]);
    expect(more).to.equal(undefined);
    expect([...watch(client.subscriptions$).values[0]!.keys()]).to.deep.equal(['c']);
  });

  it(`should retry CONNACK ${on.version === 5 ? '0x88' : '3'}`, async () => {
    on.broker.connack = { reasonCode: 3 };
    const held = watch(on.client().connection$);
    await on.tick(999);
    on.broker.connack = {};
    await on.tick(1);
    expect(held.values.length).to.equal(1);
  });

  // ─── a broker that breaks the protocol ───

  /** A PUBLISH, with the length of its properties in MQTT 5. */

  const publish = (flags: number, ...rest: number[]) => {
    const body = on.version === 5 ? [...rest, 0] : rest;
    return [0x30 | flags, body.length, ...body];
  };

  const violations: [string, (send: (...packets: Packet[]) => void, bytes: (b: number[]) => void) => void][] = [
    ['a second CONNACK [MQTT-3.2.0-1]', (send) => send({ type: 'connack', sessionPresent: false, reasonCode: 0 })],
    ['a packet that only a client may send', (send) => send({ type: 'pingreq' })],
    ['bad flags [MQTT-2.2.2-2]', (_, bytes) => bytes([0x41, 2, 0, 1])],
    ['packet identifier 0 [MQTT-2.3.1-1]', (_, bytes) => bytes(publish(2, 0, 1, 97, 0, 0))],
    ['a wildcard in a topic [MQTT-3.3.2-2]', (_, bytes) => bytes(publish(0, 0, 1, 0x23))],
    ['invalid UTF-8 [MQTT-1.5.3-1]', (_, bytes) => bytes(publish(0, 0, 1, 0xff))],
    ['U+0000 in a topic [MQTT-1.5.3-2]', (_, bytes) => bytes(publish(0, 0, 1, 0))],
    ['QoS 3 [MQTT-3.3.1-4]', (_, bytes) => bytes(publish(6, 0, 1, 97, 0, 1))],
    ['a type that does not exist', (_, bytes) => bytes([0xf0, 0])],
  ];
  for (const [what, act] of violations) {
    it(`should close on ${what} and reconnect [MQTT-4.8.0-1]`, async () => {
      const { client, held, server } = await on.online();
      const states = watch(client.state$);
      act(
        (...packets) => server.send(...packets),
        (bytes) => server.sendBytes(Uint8Array.from(bytes)),
      );
      await on.settle();
      expect((states.values.at(-1) as { cause?: MqttError }).cause).to.be.instanceOf(ProtocolError);
      expect([server.hungUp, held.ends]).to.deep.equal([true, 0]);
      await on.tick(1_000);
      expect(held.values.length).to.equal(2);
    });
  }

  it('should not accept a session in answer to a clean start [MQTT-3.2.2-1]', async () => {
    on.broker.connack = { sessionPresent: true };
    const client = on.client();
    watch(client.connection$);
    const states = watch(client.state$);
    await on.settle();
    expect((states.values.at(-1) as { cause?: MqttError }).cause).to.be.instanceOf(ProtocolError);
  });

  it('should take nothing before CONNACK [MQTT-3.2.0-1]', async () => {
    on.broker.connack = 'silent';
    const client = on.client();
    const all = watch(client.messages$());
    watch(client.connection$);
    await on.settle();
    on.broker.current.send(message('a', 'early'));
    await on.settle();
    expect([all.values, on.broker.current.hungUp]).to.deep.equal([[], true]);
  });

  it('should survive a CONNACK that is followed at once by a close', async () => {
    const client = on.client();
    on.broker.connack = 'silent';
    const held = watch(client.connection$);
    await on.settle();
    const connack: ConnackPacket = { type: 'connack', sessionPresent: false, reasonCode: 0 };
    on.broker.current.send(connack);
    on.broker.current.close();
    await on.settle();
    on.broker.connack = {};
    await on.tick(1_000);
    expect(held.values.length).to.equal(2);
  });

  // ─── transports of one's own ───

  it('should speak once over a transport that emits twice', async () => {
    const client = on.client({ server: on.broker.transport.pipe(mergeMap((duplex) => [duplex, duplex])) });
    watch(client.publish('a', 'x', { qos: 1 }));
    await on.settle();
    expect(on.broker.current.take().map(({ type }) => type)).to.deep.equal(['connect', 'publish']);
  });
});
