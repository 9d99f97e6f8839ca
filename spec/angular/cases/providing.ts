import { EnvironmentInjector, InjectionToken, createEnvironmentInjector, inject } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { expect } from 'chai';
import { endWith, firstValueFrom, ignoreElements } from 'rxjs';
import {
  type MqttOptions,
  MqttClient,
  backoff,
  injectMqtt,
  mqttToken,
  provideMqtt,
  provideMqttTesting,
} from '../entry.js';
import { testBroker } from '../../../lib/testing.js';
import { leave, virtualTime } from '../support.js';

const NAME = new InjectionToken('name', { factory: () => 'kitchen' });

function injected(...providers: ReturnType<typeof provideMqtt>[]): MqttClient {
  TestBed.configureTestingModule({ providers });
  return TestBed.runInInjectionContext(() => injectMqtt());
}

describe('provideMqtt', () => {
  it('should provide one client, made when it is injected, which opens nothing by itself', async () => {
    const broker = testBroker();
    let asked = 0;
    const options: MqttOptions = () => {
      asked++;
      return { clientId: inject(NAME) };
    };
    TestBed.configureTestingModule({ providers: [provideMqtt(broker, options)] });
    TestBed.inject(NAME);
    expect(asked).to.equal(0);
    const client = TestBed.inject(MqttClient);
    expect(TestBed.runInInjectionContext(() => injectMqtt())).to.equal(client);
    await broker.settled();
    expect([asked, broker.clients]).to.deep.equal([1, []]);
    client.connection$.subscribe();
    await broker.settled();
    expect(broker.clients.map(({ clientId }) => clientId)).to.deep.equal(['kitchen']);
    leave({ broker });
  });

  it('should ask a function of the server for each attempt, in injection context', async () => {
    const [one, other] = [testBroker(), testBroker()];
    const servers = new InjectionToken('servers', { factory: () => [one, other] });
    const client = injected(provideMqtt(() => inject(servers).shift()!));
    client.connection$.subscribe();
    await one.settled();
    client.reconnect().subscribe();
    await other.settled();
    await other.settled();
    expect([one.clients.length, other.clients.length]).to.deep.equal([0, 1]);
    leave({ broker: other });
  });

  it('should finish what is in flight when its injector is destroyed, also over another connection', async () => {
    const broker = testBroker();
    const brokers = new InjectionToken('broker', { factory: () => broker });
    TestBed.configureTestingModule({});
    const route = createEnvironmentInjector(
      [provideMqtt(() => inject(brokers), { retryWhen: backoff({ min: 1, max: 1 }) })],
      TestBed.inject(EnvironmentInjector),
    );
    const client = route.get(MqttClient);
    broker.hold('puback');
    let outcome: unknown;
    client
      .publish('a', '1', { qos: 1 })
      .subscribe({ next: () => (outcome = 'sent'), error: (error: unknown) => (outcome = error) });
    await broker.settled();
    route.destroy();
    broker.drop();
    broker.release();
    await firstValueFrom(client.state$.pipe(ignoreElements(), endWith('ended')));
    expect(outcome).to.equal('sent');
    leave({ broker });
  });

  it('should provide further clients by tokens', async () => {
    const [house, plant] = [testBroker(), testBroker()];
    const PLANT = mqttToken('plant');
    const client = injected(provideMqtt(house), provideMqtt(PLANT, plant, { clientId: 'second' }));
    const second = TestBed.runInInjectionContext(() => injectMqtt(PLANT));
    expect(second).not.to.equal(client);
    second.connection$.subscribe();
    await plant.settled();
    expect([house.clients, plant.clients.map(({ clientId }) => clientId)]).to.deep.equal([[], ['second']]);
    leave({ broker: plant });
  });

  it('should say what to do where nothing is provided', () => {
    TestBed.configureTestingModule({});
    const PLANT = mqttToken('plant');
    const refused = (token?: typeof PLANT) => () => TestBed.runInInjectionContext(() => injectMqtt(token));
    expect(refused()).to.throw('token: there is no client: add provideMqtt(server) to the providers');
    expect(refused(PLANT)).to.throw(
      'token: there is no InjectionToken plant: add provideMqtt(token, server) to the providers',
    );
  });

  it('should name an option that is wrong', () => {
    expect(() => injected(provideMqtt('wss://a', { keepalive: 3 } as MqttOptions))).to.throw(/keepalive/);
  });

  it('should let tests take the place of the client of the application', async () => {
    const broker = testBroker();
    injected(provideMqtt('wss://broker.example/mqtt'), provideMqttTesting(broker)).connection$.subscribe();
    await broker.settled();
    expect(broker.clients.length).to.equal(1);
    leave({ broker });
  });

  it('should end the client with its injector, which may be that of a route', async () => {
    const broker = testBroker();
    TestBed.configureTestingModule({});
    const route = createEnvironmentInjector([provideMqtt(broker)], TestBed.inject(EnvironmentInjector));
    const client = route.get(MqttClient);
    let isOver = false;
    client.topic$('t').subscribe({ complete: () => (isOver = true) });
    await broker.settled();
    expect(broker.clients.length).to.equal(1);
    route.destroy();
    await broker.settled();
    expect([isOver, broker.clients]).to.deep.equal([true, []]);
    leave({ broker });
  });

  describe('when the browser says online', () => {
    const online = () => document.defaultView!.dispatchEvent(new document.defaultView!.Event('online'));

    it('should not wait for the next attempt, however long the wait has become', async () => {
      virtualTime();
      const broker = testBroker();
      const client = injected(provideMqttTesting(broker, { retryWhen: backoff({ min: 60_000, max: 60_000 }) }));
      const outage = broker.unreachable();
      client.connection$.subscribe();
      await broker.settled();
      online(); // too early
      await broker.settled();
      expect([client.toJSON().state, broker.clients.length]).to.deep.equal(['waiting', 0]);
      outage.unsubscribe();
      online();
      await broker.settled();
      expect(client.toJSON().state).to.equal('online');
      leave({ broker });
    });

    it('should find out whether the connection is still there', async () => {
      const clock = virtualTime();
      const broker = testBroker();
      const client = injected(provideMqttTesting(broker, { retryWhen: backoff({ min: 100, jitter: 0 }) }));
      client.connection$.subscribe();
      await broker.settled();
      broker.halfOpen();
      online();
      await broker.settled();
      clock.tick(5_000); // nothing answers the ping
      expect(client.toJSON().state).to.equal('waiting');
      clock.tick(100);
      await broker.settled();
      expect(client.toJSON().state).to.equal('online');
      leave({ broker });
    });

    it('should not connect a client that nobody needs, nor one that has ended', async () => {
      const broker = testBroker();
      const client = injected(provideMqttTesting(broker));
      online();
      await broker.settled();
      expect([client.toJSON().state, broker.clients]).to.deep.equal(['idle', []]);
      leave({ broker });
      online();
      await broker.settled();
      expect(broker.clients).to.deep.equal([]);
    });
  });
});
