import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { expect } from 'chai';
import { Subject, filter, firstValueFrom } from 'rxjs';
import { InvalidOptionsError, type MqttClient } from '../../lib/index.js';
import {
  MqttClientProxy,
  type MqttClientProxyOptions,
  MqttHealthIndicator,
  MqttServer,
  type MqttServerOptions,
} from '../../lib/nestjs.js';
import { OnEvent, nestStage } from './nestStage.js';

let done$ = new Subject<void>();
let begun: string[] = [];

@Controller()
class Jobs {
  @OnEvent('job/+n', { concurrency: 2 })
  work() {
    begun.push('job');
    return done$;
  }
  @MessagePattern('ask')
  ask() {
    return 'answer';
  }
}

const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

describe('the life of the NestJS strategy', () => {
  const on = nestStage();
  beforeEach(() => {
    done$ = new Subject();
    begun = [];
  });

  it('should listen when the broker has granted all subscriptions', async () => {
    const holding = on.broker.hold('suback');
    const { app } = await on.service([Jobs]);
    let isListening = false;
    const listening = app.listen().then(() => (isListening = true));
    await on.settle();
    expect(isListening).to.equal(false);
    holding.unsubscribe();
    await listening;
  });

  it('should find in its session what waited, for all of its handlers', async () => {
    const options = { cleanSession: false };
    const first = await on.serve([Jobs], options);
    await first.app.close();
    for (const topic of ['job/1', 'ask', 'job/2'])
      on.broker.publish(topic, '{"id":"1","data":0,"pattern":""}', { qos: 1 });
    const dropped: string[] = [];
    const { app, server } = await on.service([Jobs], options);
    server.on('message-dropped', ({ topic }) => dropped.push(topic));
    await app.listen();
    await on.settle();
    done$.complete();
    await on.settle();
    expect([begun.length, on.broker.published('ask/reply').length, dropped]).to.deep.equal([2, 1, []]);
  });

  it('should not listen, and say why, when a subscription is refused', async () => {
    const refusing = on.broker.refuse('job/#');
    const { app, server } = await on.service([Jobs]);
    const failure = await failureOf(app.listen());
    expect(String(failure)).to.match(/^SubscriptionRefusedError: the broker refused the subscription "job\/\+"/);
    expect(on.broker.clients).to.deep.equal([]);
    expect([...server.failures.keys()]).to.deep.equal(['job/+n']);
    refusing.unsubscribe();
    await app.listen();
    expect([on.broker.clients.length, server.failures.size]).to.deep.equal([1, 0]);
  });

  it('should not listen when the broker refuses the connection for good, and wait for one that is away', async () => {
    const refusing = on.broker.refuseConnect(0x86);
    const refused = await on.service([Jobs]);
    expect(String(await failureOf(refused.app.listen()))).to.match(/^ConnectionRefusedError/);
    refusing.unsubscribe();
    const away = on.broker.unreachable();
    const { app, server } = await on.service([Jobs]);
    const listening = app.listen();
    await firstValueFrom(server.status.pipe(filter((status) => status === 'reconnecting')));
    away.unsubscribe();
    await listening;
    expect(on.broker.clients).to.have.length(1);
  });

  it('should tell its status, and the events of its client', async () => {
    const { app, server } = await on.service([Jobs]);
    const statuses: string[] = [];
    const connected: string[] = [];
    app.status.subscribe((status) => statuses.push(status));
    app.on('connected', ({ clientId }: { clientId: string }) => connected.push(clientId));
    await app.listen();
    on.broker.drop();
    await on.until(() => connected.length > 1);
    await app.close();
    expect(statuses).to.deep.equal([
      'disconnected',
      'connected',
      'reconnecting',
      'connected',
      'disconnected',
      'closed',
    ]);
    expect(connected).to.deep.equal(['service', 'service']);
    expect(server.unwrap<MqttClient>().toString()).to.include('closed');
  });

  it('should close when the handlers that run have finished, and begin no others', async () => {
    on.forgive();
    const { app } = await on.serve([Jobs], { cleanSession: false });
    for (let n = 0; n < 4; n++) on.broker.publish(`job/${n}`, '', { qos: 1 });
    await on.settle();
    let isClosed = false;
    const closing = app.close().then(() => (isClosed = true));
    await on.settle();
    expect([begun.length, isClosed]).to.deep.equal([2, false]);
    done$.complete();
    await closing;
    expect(begun).to.have.length(2);
    expect(on.broker.acknowledged()).to.have.length(2);
    expect(on.broker.clients).to.deep.equal([]);
  });

  it('should close at once when nothing runs, twice, and before it has listened', async () => {
    const { server } = await on.service([Jobs]);
    await Promise.all([server.close(), server.close()]);
  });

  it('should settle listen when it is closed meanwhile', async () => {
    const away = on.broker.unreachable();
    const { app, server } = await on.service([Jobs]);
    const listening = failureOf(app.listen());
    await firstValueFrom(server.status.pipe(filter((status) => status === 'reconnecting')));
    await server.close();
    away.unsubscribe();
    expect(String(await listening)).to.match(/^ClientEndedError/);
  });

  it('should log once that the connection is refused for good later, and be down', async () => {
    const { server } = await on.serve([Jobs]);
    const refusing = on.broker.refuseConnect(0x87);
    on.broker.drop();
    const lines = () => on.log.of('error').filter((line) => line.startsWith('no more messages come'));
    await on.until(() => lines().length > 0);
    await on.settle();
    refusing.unsubscribe();
    expect(lines()).to.have.length(1);
    const { mqtt } = await new MqttHealthIndicator(server).isHealthy();
    expect(mqtt.status).to.equal('down');
  });
});

describe('the options of the NestJS entry', () => {
  for (const [what, make, expected] of [
    ['of handlers in capitals', { Qos: 1 }, /option of the handler of "x": Qos: there is no such option; use qos/],
    ['a QoS that there is not', { qos: 3 }, /option of the handler of "x": qos: expected 0, 1 or 2, got 3/],
    [
      'to refuse messages under MQTT 3.1.1',
      { onError: 'refuse' },
      /onError of the handler of "x": 'refuse' needs MQTT 5/,
    ],
    ['a group with levels', { sharedGroup: 'a/b' }, /sharedGroup: expected a name without/],
    ['a schema for a codec', { payload: {} }, /payload: expected a codec such as json\(schema\)/],
  ] as const) {
    it(`should refuse ${what}`, () => {
      const server = new MqttServer({ server: 'mqtt://localhost' });
      const add = () => server.addHandler('x', () => Promise.resolve(), true, make);
      expect(add).to.throw(InvalidOptionsError, expected);
    });
  }

  it('should leave extras of others alone', () => {
    const server = new MqttServer({ server: 'mqtt://localhost' });
    server.addHandler('x', () => Promise.resolve(), true, { queue: 'jobs' });
    expect(server.getHandlers().has('x')).to.equal(true);
    expect(server.getHandlerByPattern('x')).to.be.a('function');
  });

  it('should say which pattern is no topic filter', () => {
    const server = new MqttServer({ server: 'mqtt://localhost' });
    expect(() => server.addHandler('a/#/b', () => Promise.resolve(), true)).to.throw('"a/#/b"');
  });

  for (const [options, expected] of [
    [{ concurrency: 0 }, 'option concurrency: expected an integer from 1, or Infinity, got 0'],
    [{ shutdownTimeout: -1 }, 'option shutdownTimeout: expected milliseconds from 0, or Infinity, got -1'],
    [{ url: 'mqtt://localhost' }, 'option url: there is no such option; use server'],
  ] as const) {
    it(`should refuse of a server ${JSON.stringify(options)}`, () => {
      expect(() => new MqttServer(options as MqttServerOptions)).to.throw(InvalidOptionsError, expected);
    });
  }

  for (const [options, expected] of [
    [{ format: 'xml' }, `option format: expected 'nest' or 'plain', got "xml"`],
    [{ timeout: 0 }, 'option timeout: expected milliseconds from 1, or Infinity, got 0'],
  ] as const) {
    it(`should refuse of a proxy ${JSON.stringify(options)}`, () => {
      const given = { server: 'mqtt://localhost', ...options } as unknown as MqttClientProxyOptions;
      expect(() => new MqttClientProxy(given)).to.throw(InvalidOptionsError, expected);
    });
  }
});

describe('the health indicator of the NestJS entry', () => {
  const on = nestStage();

  it('should be up when the broker answers a ping', async () => {
    const { server } = await on.serve([Jobs]);
    const health = await new MqttHealthIndicator(server).isHealthy('broker');
    expect(health.broker.status).to.equal('up');
    expect(health.broker.roundTrip).to.be.at.least(0);
    const proxy = on.proxy();
    expect((await new MqttHealthIndicator(proxy).isHealthy()).mqtt.status).to.equal('up');
  });

  it('should be down, and say why, when the broker is away, or does not answer', async () => {
    const { server } = await on.serve([Jobs]);
    const indicator = new MqttHealthIndicator(server);
    const holding = on.broker.hold('pingresp');
    const silent = await indicator.isHealthy('mqtt', { timeout: 10 });
    expect(silent.mqtt).to.deep.equal({ status: 'down', message: 'the broker did not answer a ping within 10 ms' });
    holding.unsubscribe();
    const away = on.broker.unreachable();
    await on.until(() => on.log.of('warn').some((line) => line.startsWith('attempt')));
    const { mqtt } = await indicator.isHealthy();
    expect(mqtt.status).to.equal('down');
    expect(mqtt.message).to.match(/broke|unreachable|connecting/);
    away.unsubscribe();
    await server.close();
    expect((await indicator.isHealthy()).mqtt).to.deep.equal({ status: 'down', message: 'it is closed' });
  });
});
