import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { ApplicationRef, NgZone, inject, signal } from '@angular/core';
import { TestBed, fakeAsync, flushMicrotasks, tick } from '@angular/core/testing';
import { expect } from 'chai';
import { EMPTY, map, take } from 'rxjs';
import { stub } from 'sinon';
import { MqttClient, backoff, connectionSignal, createClient, injectMqtt, topicSignal } from '../entry.js';
import { instrument } from '../../../lib/otel.js';
import { testBroker } from '../../../lib/testing.js';
import { IS_ZONED, leave, open } from '../support.js';

/** What of zone.js is used here. */
interface Zones {
  readonly current: { fork(spec: object): { run(what: () => void): void } };
  readonly ProxyZoneSpec: new () => object;
}

/** Waits until the application is stable: for ever, if something in the zone goes on. */
const stable = () => TestBed.inject(ApplicationRef).whenStable();

/** Holds a connection, which pings each second. */
class Listening {
  readonly client = injectMqtt();
  readonly texts = signal<string[]>([]);
  checks = 0;
  readonly listening = this.client
    .topic$('t')
    .pipe(map((message) => message.text()))
    .subscribe((text) => this.plain.push(text));
  readonly plain: string[] = [];

  ngDoCheck(): void {
    this.checks++;
  }
}

describe('the zone', () => {
  it('should let the application become stable while a client is connected, waits, and lingers', async () => {
    const page = open('', Listening, {
      keepAlive: 1,
      retryWhen: backoff({ min: 60_000, max: 60_000 }),
      linger: 60_000,
    });
    await page.text();
    await stable();
    expect(page.client.toJSON().state).to.equal('online');
    const outage = page.broker.unreachable();
    await page.broker.settled();
    await stable();
    expect(page.client.toJSON().state).to.equal('waiting');
    outage.unsubscribe();
    page.client.reconnect().subscribe();
    await page.text();
    TestBed.inject(NgZone).run(() => page.it.listening.unsubscribe());
    await page.broker.settled();
    await stable();
    expect(page.client.toJSON().state).to.equal('online');
    leave(page);
  });

  it('should not be asked for where there is none', () => {
    const page = open('', Listening);
    expect(Object.keys(Object.getOwnPropertyDescriptors(page.client)).includes('topic$')).to.equal(IS_ZONED);
    leave(page);
  });

  it('should leave the client what it is', async () => {
    const page = open('', Listening);
    expect(page.client).to.be.instanceOf(MqttClient);
    expect(page.client.state$).to.equal(page.client.state$);
    await page.text();
    expect(JSON.parse(JSON.stringify(page.client))).to.include({ state: 'online', streams: 1 });
    expect(String(page.client)).to.match(/^MqttClient .*, online$/);
    let seen = '';
    page.client.state$.pipe(take(1)).subscribe(({ status }) => (seen = status)); // within the call
    expect(seen).to.equal('online');
    await page.client[Symbol.asyncDispose]();
    leave(page);
  });

  it('should leave a client that can be spied on, and instrumented', async () => {
    const page = open('', Listening);
    const called = stub(page.client, 'publish').returns(EMPTY);
    page.client.publish('t', '1').subscribe();
    expect(called.callCount).to.equal(1);
    called.restore();
    const instrumented = instrument(page.client, { tracerProvider: new BasicTracerProvider() });
    await page.text();
    instrumented.publish('t', '1').subscribe();
    await page.text();
    expect(page.it.plain).to.deep.equal(['1']);
    leave(page);
  });

  if (!IS_ZONED) return;

  it('should become stable when messages are acknowledged inside', async () => {
    const page = open('', Listening, { keepAlive: 1 });
    const done: string[] = [];
    TestBed.inject(NgZone).run(() =>
      page.client.topic$('by/hand', { qos: 1, acknowledge: 'manual' }).subscribe((message) => {
        message.acknowledge();
        done.push(message.text());
      }),
    );
    await page.text();
    page.broker.publish('by/hand', '1', { qos: 1 });
    await page.text();
    await stable();
    expect(done).to.deep.equal(['1']);
    leave(page);
  });

  it('should never come to rest around a client that is made by hand: what this is for', async () => {
    const broker = testBroker();
    const client = createClient(broker, { keepAlive: 1 });
    TestBed.configureTestingModule({});
    TestBed.inject(NgZone).run(() => client.connection$.subscribe());
    await broker.settled();
    expect(TestBed.inject(NgZone).hasPendingMacrotasks).to.equal(true);
    client.end({ force: true }).subscribe();
    leave({ broker });
  });

  it('should check for changes with each message that is subscribed to inside', async () => {
    const page = open('{{ plain.join() }}', Listening);
    await page.text();
    const text = () => (page.fixture.nativeElement as HTMLElement).textContent;
    page.broker.publish('t', '1');
    await Promise.resolve();
    expect(text()).to.equal('1');
    page.broker.publish('t', '2');
    await Promise.resolve();
    expect(text()).to.equal('1,2');
    leave(page);
  });

  it('should not check for changes with what is subscribed to outside', async () => {
    const page = open('', Listening);
    await page.text();
    const zones: boolean[] = [];
    const zone = TestBed.inject(NgZone);
    zone.runOutsideAngular(() => page.client.topic$('fast').subscribe(() => zones.push(NgZone.isInAngularZone())));
    zone.run(() => page.client.topic$('fast/too').subscribe(() => zones.push(NgZone.isInAngularZone())));
    await page.text();
    const before = page.it.checks;
    page.broker.publish('fast', '1');
    expect(page.it.checks).to.equal(before);
    page.broker.publish('fast/too', '1');
    expect(zones).to.deep.equal([false, true]);
    leave(page);
  });

  it('should check for changes once for many messages of a signal', async () => {
    const page = open(
      '{{ topic() }}',
      class {
        readonly topic = topicSignal('t');
        checks = 0;
        ngDoCheck(): void {
          this.checks++;
        }
      },
    );
    await page.text();
    const before = page.it.checks;
    for (let n = 0; n < 100; n++) page.broker.publish('t', String(n));
    expect(await page.text()).to.equal('99');
    expect(page.it.checks - before).to.be.within(1, 5);
    leave(page);
  });

  it('should do in fakeAsync, with virtual time', () => {
    const test = fakeAsync(() => {
      const page = open(
        '{{ topic() }} {{ connection().status }} {{ connection.retryIn() }}',
        class {
          readonly topic = topicSignal('t', { initial: '?' });
          readonly connection = connectionSignal();
          readonly client = inject(MqttClient);
        },
        { retryWhen: backoff({ min: 3_000, jitter: 0 }) },
      );
      const shown = () => (page.fixture.nativeElement as HTMLElement).textContent.trim();
      flushMicrotasks();
      page.broker.publish('t', '1');
      page.fixture.detectChanges();
      expect(shown()).to.equal('1 online');
      const outage = page.broker.unreachable();
      tick(1_000);
      expect(shown()).to.equal('1 waiting 2');
      outage.unsubscribe();
      tick(2_000);
      page.broker.publish('t', '2');
      tick(20); // Angular checks for changes of signals with the next frame
      expect(shown()).to.equal('2 online');
      tick(3_600_000); // no keep-alive: nothing is left
      leave(page);
    });
    const { Zone } = globalThis as unknown as { Zone: Zones };
    Zone.current.fork(new Zone.ProxyZoneSpec()).run(test); // throws if a timer is left
  });
});
