import { ErrorHandler } from '@angular/core';
import { expect } from 'chai';
import { type Codec, bytes, json, publishAction, topic } from '../entry.js';
import { leave, open } from '../support.js';

const target = topic('house/+room/target', { payload: json<number>(), qos: 1, retain: true });

class Thermostat {
  readonly heat = publishAction((room: string, celsius: number) => ({ topic: target.name({ room }), value: celsius }));
  readonly light = publishAction('house/light', { qos: 1 });
}
const TEMPLATE = `{{ heat.pending() }} {{ heat.count() }} {{ heat.receipt()?.qos }} {{ heat.error()?.message }}`;

describe('publishAction', () => {
  it('should say that it is pending until the broker has the message', async () => {
    const page = open(TEMPLATE, Thermostat);
    expect(await page.text()).to.equal('false 0');
    const held = page.broker.hold('puback');
    page.it.heat('attic', 21);
    expect(await page.text()).to.equal('true 1');
    held.unsubscribe();
    page.broker.release();
    expect(await page.text()).to.equal('false 0 1');
    expect(page.broker.published('house/attic/target')[0]).to.include({ qos: 1, retain: true });
    leave(page);
  });

  it('should count several at once, and cancel none', async () => {
    const page = open(TEMPLATE, Thermostat);
    const outage = page.broker.unreachable();
    page.it.heat('attic', 21);
    page.it.heat('bath', 24);
    expect(await page.text()).to.equal('true 2');
    outage.unsubscribe();
    page.client.reconnect().subscribe();
    expect(await page.text()).to.equal('false 0 1');
    expect(page.broker.published('house/+/target').map((message) => message.text())).to.deep.equal(['21', '24']);
    leave(page);
  });

  it('should show what went wrong, until the next call', async () => {
    const page = open(TEMPLATE, Thermostat);
    page.it.heat('a/b', 21); // the function throws
    expect(await page.text()).to.match(/^false 0 +invalid topic .*room/);
    page.it.heat('attic', undefined as unknown as number); // the codec throws
    expect(await page.text()).to.match(/^false 0 +value: expected something that JSON can say/);
    page.it.heat('attic', 21);
    expect(await page.text()).to.equal('false 0 1');
    leave(page);
  });

  it('should show that the broker refuses, with MQTT 5', async () => {
    const page = open(TEMPLATE, Thermostat, { protocolVersion: 5 });
    page.broker.refuse('house/attic/#');
    page.it.heat('attic', 21);
    expect(await page.text()).to.match(/^false 0 .*refused/);
    leave(page);
  });

  it('should publish text and bytes, values with a codec, and to topics that are values', async () => {
    const Room: Codec<{ room: string }> = json();
    const page = open(
      '',
      class {
        readonly text = publishAction('text');
        readonly room = publishAction('room', { payload: Room, retain: true });
        readonly bytes = publishAction('bytes', { payload: bytes() });
        readonly attic = publishAction(target.name({ room: 'attic' }), { retain: false });
        readonly plain = publishAction((payload: string) => ({ topic: 'plain', payload, qos: 2 }), {
          qos: 1,
          retain: true,
        });
      },
    );
    page.it.text('hello');
    page.it.text();
    page.it.room({ room: 'attic' });
    page.it.bytes(Uint8Array.of(97));
    page.it.attic(21);
    page.it.plain('x');
    await page.text();
    expect(page.broker.published('#').map((m) => [m.topic, m.text(), m.qos, m.retain])).to.deep.equal([
      ['text', 'hello', 0, false],
      ['text', '', 0, false],
      ['room', '{"room":"attic"}', 0, true],
      ['bytes', 'a', 0, false],
      ['house/attic/target', '21', 1, false],
      ['plain', 'x', 2, true],
    ]);
    leave(page);
  });

  it('should finish what it began when its component leaves, and report what fails then', async () => {
    const reported: unknown[] = [];
    const providers = [{ provide: ErrorHandler, useValue: { handleError: (error: unknown) => reported.push(error) } }];
    const page = open(TEMPLATE, Thermostat, { protocolVersion: 5 }, providers);
    page.broker.refuse('house/bath/#');
    page.it.heat('attic', 21);
    page.it.heat('bath', 24);
    page.fixture.destroy();
    await page.broker.settled();
    expect(page.broker.published('house/attic/target').length).to.equal(1);
    expect([reported.length, page.it.heat.error()]).to.deep.equal([1, undefined]);
    expect(String(reported[0])).to.match(/PublishRefusedError/);
    leave(page);
  });

  it('should report nothing that the end of the client leaves unfinished', async () => {
    const reported: unknown[] = [];
    const providers = [{ provide: ErrorHandler, useValue: { handleError: (error: unknown) => reported.push(error) } }];
    const page = open(TEMPLATE, Thermostat, {}, providers);
    page.broker.hold('puback');
    page.it.light('on');
    await page.text();
    leave(page);
    expect([reported, page.it.light.pending()]).to.deep.equal([[], false]);
  });
});
