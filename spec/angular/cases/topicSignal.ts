import { Injector, inject, signal } from '@angular/core';
import { expect } from 'chai';
import { type Codec, json, topic, topicSignal } from '../entry.js';
import { leave, open } from '../support.js';

const Celsius: Codec<number> = {
  encode: String,
  decode(message) {
    const value = Number(message.text() || 'nothing');
    if (Number.isNaN(value)) throw new Error('not a number');
    return value;
  },
};

describe('topicSignal', () => {
  it('should show what a topic says, and let go of it with its component', async () => {
    const page = open(
      '{{ temperature() }}',
      class {
        readonly temperature = topicSignal('house/attic/temp', { initial: 'nothing yet' });
      },
    );
    expect(await page.text()).to.equal('nothing yet');
    page.broker.publish('house/attic/temp', '21');
    expect(await page.text()).to.equal('21');

    page.fixture.destroy();
    await page.broker.settled();
    expect(page.broker.subscriptions).to.deep.equal([]);
    leave(page);
  });

  it('should show what is retained', async () => {
    const page = open(
      '{{ temperature()?.celsius }}',
      class {
        readonly temperature = topicSignal('house/attic/temp', { payload: json<{ celsius: number }>(), qos: 1 });
      },
    );
    page.broker.publish('house/attic/temp', '{"celsius":21}', { retain: true });
    expect(await page.text()).to.equal('21');
    expect(page.broker.subscriptions[0]).to.include({ filter: 'house/attic/temp', qos: 1 });
    leave(page);
  });

  it('should take codec and QoS from a topic that is a value', async () => {
    const temperature = topic('house/+room/temp', { payload: Celsius, qos: 1 });
    const page = open(
      '{{ double() }}',
      class {
        readonly temperature = topicSignal(temperature, { initial: 0 });
        readonly double = () => this.temperature() * 2;
      },
    );
    page.broker.publish('house/attic/temp', '21');
    expect(await page.text()).to.equal('0'); // it was not subscribed yet
    page.broker.publish('house/attic/temp', '21');
    expect(await page.text()).to.equal('42');
    expect(page.broker.subscriptions[0]).to.include({ filter: 'house/+/temp', qos: 1 });
    leave(page);
  });

  it('should neither freeze nor throw when a payload does not parse, and say so', async () => {
    const page = open(
      '{{ temperature() }} {{ temperature.error()?.message }}',
      class {
        readonly temperature = topicSignal('t', { payload: Celsius, initial: 0 });
      },
    );
    await page.text();
    page.broker.publish('t', '21');
    expect(await page.text()).to.equal('21');
    page.broker.publish('t', 'warm');
    expect(await page.text()).to.match(/^21 .*not a number/);
    page.broker.publish('t', '22');
    expect(await page.text()).to.equal('22');
    leave(page);
  });

  it('should keep the messages of many topics in one value', async () => {
    const page = open(
      '{{ shown() }}',
      class {
        readonly rooms = topicSignal('house/+room/temp', {
          payload: Celsius,
          initial: new Map<string, number>(),
          reduce: (rooms, { params, value }) => new Map(rooms).set(params.room, value),
        });
        readonly shown = () => [...this.rooms()].map(([room, celsius]) => `${room}: ${celsius}`).join(', ');
      },
    );
    await page.text();
    page.broker.publish('house/attic/temp', '21');
    page.broker.publish('house/bath/temp', '24');
    page.broker.publish('house/attic/temp', '22');
    expect(await page.text()).to.equal('attic: 22, bath: 24');
    leave(page);
  });

  it('should follow a filter that changes, with the initial value at once', async () => {
    const page = open(
      '{{ temperature() }}',
      class {
        readonly room = signal<string | undefined>('attic');
        readonly temperature = topicSignal(
          () => {
            const room = this.room();
            return room === undefined ? undefined : `house/${room}/temp`;
          },
          { initial: '?' },
        );
      },
    );
    await page.text();
    page.broker.publish('house/attic/temp', '21');
    expect(await page.text()).to.equal('21');

    page.it.room.set('bath');
    expect(page.it.temperature(), 'the attic is not the bath').to.equal('?');
    page.broker.publish('house/attic/temp', '22'); // still subscribed, and of no interest
    expect(await page.text()).to.equal('?');
    expect(page.broker.subscriptions.map(({ filter }) => filter)).to.deep.equal(['house/bath/temp']);
    page.broker.publish('house/bath/temp', '24');
    expect(await page.text()).to.equal('24');

    page.it.room.set(undefined);
    expect(await page.text()).to.equal('?');
    expect(page.broker.subscriptions).to.deep.equal([]);

    page.it.room.set('attic');
    await page.text();
    page.fixture.destroy();
    await page.broker.settled();
    expect(page.broker.subscriptions).to.deep.equal([]);
    leave(page);
  });

  it('should say that its filter is refused, and try again on the next connection', async () => {
    const page = open(
      '{{ secret() }} {{ secret.error()?.name }}',
      class {
        readonly secret = topicSignal('secret', { initial: '?' });
      },
    );
    const refusal = page.broker.refuse('secret');
    expect(await page.text()).to.equal('? SubscriptionRefusedError');
    refusal.unsubscribe();
    page.client.reconnect().subscribe();
    expect(await page.text()).to.equal('?');
    page.broker.publish('secret', 'told');
    expect(await page.text()).to.equal('told');
    leave(page);
  });

  it('should live on after a fatal error, when the client is connected again', async () => {
    const page = open(
      '{{ topic() }} {{ topic.error()?.name }}',
      class {
        readonly topic = topicSignal('t', { initial: '?' });
      },
    );
    await page.text();
    const refusal = page.broker.refuseConnect(5);
    page.client.reconnect().subscribe({ error: () => undefined }); // all who listen are told
    expect(await page.text()).to.equal('? ConnectionRefusedError');
    refusal.unsubscribe();
    page.client.reconnect().subscribe(); // say after a login
    await page.text();
    page.broker.publish('t', '1');
    expect(await page.text()).to.equal('1');
    leave(page);
  });

  it('should say what is wrong with a filter that is no literal', async () => {
    const page = open(
      '{{ topic() }} {{ topic.error()?.name }}',
      class {
        readonly room = signal('a/#');
        readonly topic = topicSignal(() => `${this.room()}/b`, { initial: '?' });
      },
    );
    expect(await page.text()).to.equal('? InvalidTopicError');
    page.it.room.set('a');
    expect(await page.text()).to.equal('?');
    leave(page);
  });

  it('should live in the injector that it is given, and ask for one where there is none', async () => {
    const page = open(
      '{{ later?.() }}',
      class {
        readonly injector = inject(Injector);
        later: (() => string | undefined) | undefined;
      },
    );
    expect(() => topicSignal('t')).to.throw(/topicSignal\(\) can only be used within an injection context/);
    page.it.later = topicSignal('t', { injector: page.it.injector });
    await page.text();
    page.broker.publish('t', '1');
    await page.text();
    expect(page.it.later()).to.equal('1');
    page.fixture.destroy();
    await page.broker.settled();
    expect(page.broker.subscriptions).to.deep.equal([]);
    leave(page);
  });
});
