import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { Subject, concatMap, delay, firstValueFrom, map, mergeMap, of, retry, tap } from 'rxjs';
import { InvalidArgumentError, MqttClient, backoff, consume, json, request, respond, topic } from '../../lib/index.js';
import { contextOf, instrument, traced } from '../../lib/otel.js';
import { type KitStage, kitSpecs } from '../support/kitStage.js';
import { telemetryStage } from '../support/telemetry.js';
import { watch } from '../support/watch.js';

/** A registered SDK, clients that use it, and what specs ask about spans. */
function tracedStage(on: KitStage) {
  const sdk = telemetryStage();
  /** The ended span of a name; the newest, if there are several. */
  const span = (name: string) => {
    const names = sdk.spans().map((one) => one.name);
    expect(names).to.include(name);
    return sdk.spans()[names.lastIndexOf(name)]!;
  };
  return {
    sdk,
    span,
    idOf: (name: string) => span(name).spanContext().spanId,
    parentOf: (name: string) => span(name).parentSpanContext?.spanId,
    traceOf: (name: string) => span(name).spanContext().traceId,
    client: (options = {}) => instrument(on.client(options)),
    /** Runs something in a span of the application's. */
    within: <R>(name: string, act: () => R) =>
      trace.getTracer('spec').startActiveSpan(name, (one) => {
        const result = act();
        one.end();
        return result;
      }),
  };
}

kitSpecs('an instrumented client', (on: KitStage) => {
  const { sdk, span, idOf, parentOf, traceOf, within, client } = tracedStage(on);
  const is5 = () => on.version === 5;

  it('should have a span for each publish, from its subscription to its receipt', async () => {
    on.broker.hold('puback');
    const publish$ = client().publish('house/attic/temp', '21', { qos: 1, retain: true });
    expect(sdk.spans()).to.have.length(0);
    within('application', () => watch(publish$));
    await on.tick(300);
    expect(sdk.spans().map(({ name }) => name)).to.deep.equal(['application']);
    on.broker.release();
    await on.settle();
    const { kind, status, attributes } = span('send');
    expect(kind).to.equal(SpanKind.PRODUCER);
    expect(status.code).to.equal(SpanStatusCode.UNSET);
    expect(attributes).to.deep.equal({
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'house/attic/temp',
      'messaging.client.id': 'spec',
      'messaging.mqtt.qos': 1,
      'messaging.mqtt.retain': true,
    });
    expect([parentOf('send'), traceOf('send')]).to.deep.equal([idOf('application'), traceOf('application')]);
    const { 'messaging.client.operation.duration': [duration] = [] } = await sdk.points();
    expect(duration!.value).to.deep.include({ count: 1, sum: 0.3 });
  });

  it('should say in which way a publish failed, and end its span when nobody waits for it', async () => {
    const made = client();
    watch(made.publish('a/#', ''));
    await on.settle();
    expect(span('send').attributes).to.include({ 'error.type': 'INVALID_TOPIC' });
    expect(span('send').status.code).to.equal(SpanStatusCode.ERROR);
    expect(span('send').events[0]!.name).to.equal('exception');
    on.broker.hold('puback');
    const left = watch(made.publish('b', '', { qos: 1 }));
    await on.settle();
    left.unsubscribe();
    expect(span('send').attributes)
      .to.include({ 'messaging.destination.name': 'b' })
      .and.not.have.property('error.type');
    on.broker.release();
    await on.settle();
    expect(sdk.spans()).to.have.length(2);
  });

  it('should put a publish and its consumer into one trace, with two clients', async () => {
    const [house, dashboard] = [client({ clientId: 'house' }), client({ clientId: 'dashboard' })];
    const active: (string | undefined)[] = [];
    watch(
      dashboard.topic$('house/+room/temp').pipe(tap(() => active.push(trace.getActiveSpan()?.spanContext().spanId))),
    );
    await on.settle();
    within('application', () => watch(house.publish('house/attic/temp', '21')));
    await on.settle();
    const { kind, attributes, links } = span('process house/+room/temp');
    expect(kind).to.equal(SpanKind.CONSUMER);
    expect(attributes).to.deep.equal({
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'house/attic/temp',
      'messaging.destination.template': 'house/+room/temp',
      'messaging.client.id': 'dashboard',
      'messaging.message.body.size': 2,
      'messaging.mqtt.qos': 0,
    });
    expect(active).to.deep.equal([idOf('process house/+room/temp')]);
    const [message] = on.broker.published('house/attic/temp');
    const names = (message!.properties.userProperties ?? []).map(([name]) => name);
    if (is5()) {
      expect(names).to.deep.equal(['traceparent']);
      expect(traceOf('process house/+room/temp')).to.equal(traceOf('application'));
      expect(parentOf('process house/+room/temp')).to.equal(idOf('send'));
      expect(links.map((link) => link.context.spanId)).to.deep.equal([idOf('send')]);
    } else {
      expect(names).to.deep.equal([]);
      expect(parentOf('process house/+room/temp')).to.equal(undefined);
      expect(links).to.deep.equal([]);
    }
  });

  it('should not take the context in which the client was connected for that of a message', async () => {
    const made = client();
    within('a request that connects', () => watch(made.topic$('a')));
    await on.settle();
    on.broker.publish('a', '');
    await on.settle();
    expect(parentOf('process a')).to.equal(undefined);
    expect(traceOf('process a')).not.to.equal(traceOf('a request that connects'));
  });

  it('should have a span around work until it is done, and what it publishes within', async () => {
    const made = client();
    const gates = new Map<string, () => void>();
    const work = traced(async (message) => {
      await new Promise<void>((resolve) => gates.set(message.text(), resolve));
      return firstValueFrom(made.publish('saved', message.text(), { qos: 1 }));
    });
    const consumed = watch(consume(made, 'orders/+id', work, { concurrency: 2 }));
    await on.settle();
    within('shop', () => {
      watch(made.publish('orders/1', 'one', { qos: 1 }));
      watch(made.publish('orders/2', 'two', { qos: 1 }));
    });
    await on.tick(100);
    expect(sdk.spans().filter(({ name }) => name.startsWith('process'))).to.have.length(0);
    for (const text of ['one', 'two']) {
      gates.get(text)!();
      await on.tick(100);
    }
    expect(consumed.values).to.have.length(2);
    const processed = sdk.spans().filter(({ name }) => name === 'process orders/+id');
    expect(processed.map(({ attributes }) => attributes['messaging.destination.name'])).to.deep.equal([
      'orders/1',
      'orders/2',
    ]);
    const saved = sdk.spans().filter(({ attributes }) => attributes['messaging.destination.name'] === 'saved');
    expect(saved.map(({ parentSpanContext }) => parentSpanContext!.spanId)).to.deep.equal(
      processed.map((one) => one.spanContext().spanId),
    );
    const traces = new Set([...processed, ...saved, span('shop')].map((one) => one.spanContext().traceId));
    expect(traces.size).to.equal(is5() ? 1 : 3);
    const { 'messaging.process.duration': [duration] = [] } = await sdk.points();
    expect(duration!.value).to.deep.include({ count: 2 }).and.have.property('sum').closeTo(0.3, 0.001);
    expect(duration!.attributes).to.include({ 'messaging.destination.template': 'orders/+id' });
  });

  it('should say which work failed, and end the span of work that is given up', async () => {
    const made = client();
    const failing = traced(() => {
      throw new TypeError('no such order');
    });
    watch(consume(made, 'orders/#', failing, { onError: 'acknowledge' }));
    const running = watch(
      consume(
        made,
        'slow',
        traced(() => new Subject()),
      ),
    );
    await on.settle();
    on.broker.publish('orders/1', '', { qos: 1 });
    on.broker.publish('slow', '', { qos: 1 });
    await on.settle();
    expect(span('process orders/#').attributes).to.include({ 'error.type': 'TypeError' });
    expect(span('process orders/#').status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'no such order' });
    expect(sdk.spans()).to.have.length(1);
    running.unsubscribe();
    expect(span('process slow').attributes).not.to.have.property('error.type');
  });

  it('should have one span for a message whose work goes on behind topic$', async () => {
    const made = client();
    watch(made.topic$('a').pipe(mergeMap(traced((message) => of(message).pipe(delay(100))))));
    await on.settle();
    on.broker.publish('a', '');
    await on.tick(50);
    expect(sdk.spans()).to.have.length(0);
    await on.tick(100);
    expect(sdk.spans().map(({ name }) => name)).to.deep.equal(['process a']);
  });

  it('should have a span of the delivery and one of the work for a message that waits in between', async () => {
    const made = client();
    watch(made.topic$('a').pipe(concatMap(traced((message) => of(message).pipe(delay(100))))));
    await on.settle();
    on.broker.publish('a', '1');
    on.broker.publish('a', '2');
    await on.tick(300);
    expect(sdk.spans().map(({ name }) => name)).to.deep.equal(['process a', 'process a', 'process a']);
  });

  it('should name destinations by what has few values', async () => {
    const template = (name: string) => (name.startsWith('house/') ? 'house/{room}/temp' : undefined);
    const made = instrument(on.client(), { template });
    const temperature = topic('cellar/+room/temp', { payload: json(), qos: 1 });
    watch(made.publish('house/attic/temp', '1'));
    watch(made.publish(temperature.name({ room: 'wine' }), 12));
    watch(made.topic$('$share/one/a'));
    await on.settle();
    on.broker.publish('a', '');
    await on.settle();
    expect(span('send house/{room}/temp').attributes).to.include({
      'messaging.destination.template': 'house/{room}/temp',
    });
    expect(span('send cellar/+room/temp').attributes).to.include({
      'messaging.destination.name': 'cellar/wine/temp',
      'messaging.mqtt.qos': 1,
    });
    expect(span('process $share/one/a').attributes).to.include({ 'messaging.consumer.group.name': 'one' });
  });

  it('should lose no message to a template that throws', async () => {
    const wrong = () => {
      throw new TypeError('not for this one');
    };
    const made = instrument(on.client(), { template: wrong });
    const heard = watch(made.topic$('a'));
    await on.settle();
    const sent = watch(made.publish('a', 'x'));
    await on.settle();
    expect([sent.error, heard.values.length]).to.deep.equal([undefined, 1]);
    expect(sdk.spans().map(({ name }) => name)).to.have.members(['send', 'process a']);
  });

  it('should publish nothing twice with retry, when an exchange is unfinished in a persistent session', async () => {
    const made = client({ cleanSession: false, retryWhen: backoff({ retries: 0 }) });
    on.broker.hold('pubrec');
    const sent = watch(made.publish('a', 'x', { qos: 2 }).pipe(retry(1)));
    await on.tick(100);
    on.broker.drop();
    on.broker.release();
    await on.tick(2_000);
    expect([sent.completed, sent.values.length, on.broker.published('a').length]).to.deep.equal([true, 1, 1]);
    const errors = sdk.spans().map(({ attributes }) => attributes['error.type']);
    expect(errors).to.deep.equal(['PUBLISH_UNFINISHED', undefined]);
  });

  it('should leave it to the client to refuse what is no topic', async () => {
    const made = client();
    const refused = [watch(made.publish(undefined as never, '')), watch(made.topic$({} as never))];
    refused.push(watch(made.publish({} as never, '')), watch(made.topic$(null as never)));
    await on.settle();
    const plain = on.client();
    const expected = [watch(plain.publish(undefined as never, '')), watch(plain.topic$({} as never))];
    expected.push(watch(plain.publish({} as never, '')), watch(plain.topic$(null as never)));
    expect(refused.map(({ error }) => String(error))).to.deep.equal(expected.map(({ error }) => String(error)));
  });

  it('should make no publish fail that would not without it', async () => {
    const made = client();
    const full = Array.from({ length: 1_000 }, (_, n) => [`${n}`, ''] as const);
    const published = [
      watch(made.publish('a', '')),
      watch(made.publish('b', '', { properties: { userProperties: full } })),
      watch(made.publish('c', '', { properties: { userProperties: 5 as never } })),
      watch(made.publish('d', '', { properties: { userProperties: [5] as never } })),
    ];
    await on.settle();
    expect(published.map(({ error }) => (error as { code?: string } | undefined)?.code)).to.deep.equal(
      is5()
        ? [undefined, undefined, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT']
        : [undefined, 'NOT_SUPPORTED', 'NOT_SUPPORTED', 'NOT_SUPPORTED'],
    );
  });

  it('should count messages, bytes, packets, connections and states, and lose nothing at the end', async () => {
    const made = client();
    const listening = watch(made.topic$('a', { qos: 1 }));
    await on.settle();
    for (const qos of [0, 1, 1] as const) watch(made.publish('a', 'x', { qos }));
    await on.settle();
    on.broker.hold('puback');
    await on.tick(5_000);
    watch(made.publish('b', 'x', { qos: 1 }));
    await on.tick(5_000);
    const points = await sdk.points();
    const value = (name: string, attributes: object = {}) =>
      points[name]
        ?.filter((point) => Object.entries(attributes).every(([key, wanted]) => point.attributes[key] === wanted))
        .reduce((sum, point) => sum + (point.value as number), 0);
    expect(value('messaging.client.sent.messages', { 'messaging.operation.name': 'send' })).to.equal(4);
    expect(value('messaging.client.sent.messages', { 'messaging.mqtt.qos': 1 })).to.equal(3);
    expect(value('messaging.client.consumed.messages')).to.equal(3);
    expect(value('mqtt.client.packets', { 'network.io.direction': 'transmit' })).to.be.at.least(8);
    expect(value('mqtt.client.io', { 'network.io.direction': 'receive' })).to.be.at.least(20);
    expect(value('mqtt.client.connections')).to.equal(1);
    expect(value('mqtt.client.in_flight.messages')).to.equal(1);
    expect(value('mqtt.client.queued.messages')).to.equal(0);
    expect(value('mqtt.client.connection.state', { 'mqtt.client.state': 'online' })).to.equal(1);
    expect(value('mqtt.client.connection.state')).to.equal(1);
    on.broker.release();
    listening.unsubscribe();
    watch(made.publish('a', 'x'));
    await on.settle();
    watch(made.end());
    await on.settle();
    const after = await sdk.points();
    const sent = after['messaging.client.sent.messages']!.reduce((sum, point) => sum + (point.value as number), 0);
    expect(sent).to.equal(5);
    for (const { 'mqtt.client.connection.state': states } of [after, await sdk.points()]) {
      const present = states!.filter(({ value: isPresent }) => isPresent === 1);
      expect(present.map(({ attributes }) => attributes['mqtt.client.state'])).to.deep.equal(['closed']);
    }
  });

  it('should say that a client is in one state, also when its identifier is known later', async () => {
    const made = client({ clientId: '' });
    await sdk.points();
    const held = watch(made.connection$);
    await on.settle();
    for (const { 'mqtt.client.connection.state': states } of [await sdk.points(), await sdk.points()]) {
      const present = states!.filter(({ value }) => value === 1);
      expect(present.map(({ attributes }) => attributes['mqtt.client.state'])).to.deep.equal(['online']);
    }
    held.unsubscribe();
  });

  it('should tell of each client when another has ended', async () => {
    const sum = async () =>
      (await sdk.points())['mqtt.client.queued.messages']!.filter(({ value }) => value === 1).length;
    const [one, other] = [client({ clientId: 'one' }), client({ clientId: 'other' })];
    watch(other.suspend());
    await on.settle();
    watch(one.end());
    await on.settle();
    const waiting = watch(other.publish('a', ''));
    await on.settle();
    expect([await sum(), await sum()]).to.deep.equal([1, 1]);
    waiting.unsubscribe();
  });

  it('should count what goes wrong, by its code', async () => {
    const made = client({ keepAlive: 10, pingInterval: 10 });
    watch(made.connection$);
    watch(made.topic$('a', { payload: json() }));
    await on.tick(11_000);
    on.broker.publish('a', '{');
    await on.settle();
    on.broker.drop();
    await on.tick(1_500);
    const points = await sdk.points();
    const told = (name: string) =>
      points[name]?.map(({ value, attributes }) => [
        value,
        attributes['error.type'] ?? attributes['mqtt.client.drop.reason'],
      ]);
    expect(told('mqtt.client.connection.losses')).to.deep.equal([[1, 'CONNECTION_LOST']]);
    expect(told('mqtt.client.connection.retries')).to.deep.equal([[1, 'CONNECTION_LOST']]);
    expect(told('mqtt.client.connections')![0]![0]).to.equal(2);
    expect(told('mqtt.client.dropped.messages')).to.deep.equal([[1, 'undecodable']]);
    expect(points['mqtt.client.ping.duration']![0]!.value).to.have.property('count', 1);
  });

  it('should hold no connection', async () => {
    const made = client({ linger: 10 });
    await on.tick(10_000);
    expect(on.broker.clients).to.have.length(0);
    const held = watch(made.connection$);
    await on.settle();
    held.unsubscribe();
    await on.tick(6_000);
    expect(on.broker.clients).to.have.length(0);
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should be the client in everything else', async () => {
    const plain = on.client();
    const made = instrument(plain);
    expect(made).to.be.instanceOf(MqttClient);
    expect(made.connection$).to.equal(plain.connection$);
    expect(Reflect.get(made, 'end')).to.equal(Reflect.get(made, 'end'));
    expect(made.toJSON()).to.deep.equal(plain.toJSON());
    expect(String(made)).to.equal('MqttClient spec at custom transport, idle');
    const pinged = watch(made.ping());
    await on.settle();
    expect(pinged.values).to.have.length(1);
    expect(await firstValueFrom(made.state$)).to.have.property('status', 'online');
  });

  it('should refuse what is no option', () => {
    for (const options of [{ period: 1 }, { period: Infinity }, { tracers: sdk.tracers }]) {
      expect(() => instrument(on.client(), options)).to.throw(InvalidArgumentError);
    }
  });
});

kitSpecs(
  'an instrumented client of MQTT 5',
  (on: KitStage) => {
    const { sdk, idOf, parentOf, within, client } = tracedStage(on);

    it('should have the spans of a request and of its answer in one trace', async () => {
      const [asking, answering] = [client({ clientId: 'asking' }), client({ clientId: 'answering' })];
      const noon = traced(() => Promise.resolve('noon'));
      watch(respond(answering, 'time', noon));
      await on.settle();
      const answer = within('application', () => watch(request(asking, 'time', '')));
      await on.settle();
      expect(answer.values).to.have.length(1);
      const answers = 'tortoise-rx/response/{client}';
      const names = ['application', 'send', 'process time', `send ${answers}`, `process ${answers}`];
      expect(sdk.spans().map(({ name }) => name)).to.have.members(names);
      for (const [i, name] of names.entries()) {
        if (i > 0) expect(parentOf(name), name).to.equal(idOf(names[i - 1]!));
      }
    });

    it('should keep user properties, and a context that the application gave', async () => {
      const made = client();
      const mine = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      watch(made.publish('a', '', { properties: { userProperties: new Map([['by', 'ada']]), contentType: 'x' } }));
      watch(made.publish('b', '', { properties: { userProperties: { by: 'ada' } } }));
      watch(made.publish('c', '', { properties: { userProperties: [['traceparent', mine]] } }));
      await on.settle();
      for (const name of ['a', 'b']) {
        const { userProperties } = on.broker.published(name)[0]!.properties;
        expect(userProperties!.map(([key]) => key)).to.deep.equal(['by', 'traceparent']);
      }
      expect(on.broker.published('a')[0]!.properties.contentType).to.equal('x');
      expect(on.broker.published('c')[0]!.properties.userProperties).to.deep.equal([['traceparent', mine]]);
    });

    it('should lose no message to a propagator that throws, as some do at baggage that is nonsense', async () => {
      const made = client();
      const heard = watch(made.topic$('a'));
      await on.settle();
      propagation.disable();
      const fail = () => decodeURIComponent('%E0%A4') as never;
      propagation.setGlobalPropagator({ inject: fail, extract: fail, fields: () => ['baggage'] });
      on.broker.publish('a', 'x', { properties: { userProperties: [['baggage', 'a=%E0%A4']] } });
      const sent = watch(made.publish('a', 'x'));
      await on.settle();
      expect([heard.values.length, sent.error]).to.deep.equal([2, undefined]);
    });

    it('should bring a context along that was not chosen to be recorded, and baggage', async () => {
      const made = client();
      const baggage = propagation.createBaggage({ tenant: { value: 'blue' } });
      const seen = watch(
        made.topic$('a').pipe(map((message) => propagation.getBaggage(contextOf(message))?.getEntry('tenant')?.value)),
      );
      await on.settle();
      context.with(propagation.setBaggage(context.active(), baggage), () => watch(made.publish('a', '')));
      await on.settle();
      expect(seen.values).to.deep.equal(['blue']);
    });
  },
  [5],
);

kitSpecs('an instrumented client without an SDK', (on: KitStage) => {
  const sdk = telemetryStage(false);

  it('should do what the client does, and nothing else', async () => {
    const plain = on.client();
    const calls: unknown[] = [];
    const answer = new Subject<never>();
    for (const name of ['publish', 'topic$', 'metrics$'] as const) {
      Object.assign(plain, { [name]: (...args: unknown[]) => (calls.push(name, ...args), answer) });
    }
    const made = instrument(plain);
    const options = { qos: 1 } as const;
    expect(made.publish('a', 'x', options)).to.equal(answer);
    expect(made.topic$('b', options)).to.equal(answer);
    expect(calls).to.deep.equal(['publish', 'a', 'x', options, 'topic$', 'b', options]);
    await on.settle();
  });

  it('should run work as it is', async () => {
    const made = instrument(on.client());
    const done = watch(
      consume(
        made,
        'a',
        traced(() => of('done')),
      ),
    );
    await on.settle();
    on.broker.publish('a', '', { qos: 1 });
    await on.settle();
    expect(done.values[0]).to.have.property('result', 'done');
  });

  it('should take providers that are handed in, and begin when an SDK is registered', async () => {
    const made = instrument(on.client(), { tracerProvider: sdk.tracers, meterProvider: sdk.meters });
    watch(made.publish('a', ''));
    await on.settle();
    expect(sdk.spans().map(({ name }) => name)).to.deep.equal(['send']);
    const late = instrument(on.client({ clientId: 'late' }));
    watch(late.publish('b', ''));
    await on.settle();
    trace.setGlobalTracerProvider(sdk.tracers);
    watch(late.publish('c', ''));
    await on.settle();
    expect(sdk.spans().map(({ attributes }) => attributes['messaging.destination.name'])).to.deep.equal(['a', 'c']);
    expect(Object.keys(await sdk.points())).to.include('mqtt.client.connections');
  });
});
