import { expect } from 'chai';
import { filter, retry, take } from 'rxjs';
import { publishEach } from '../../lib/index.js';
import { message } from '../support/message.js';
import { kitSpecs } from '../support/kitStage.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

kitSpecs('what is asked for while a connection ends', (on) => {
  it('should go on when the error handler of a failed ping publishes', async () => {
    const { client } = await on.online();
    on.broker.hold('pingresp');
    client.ping().subscribe({ error: () => client.publish('log', 'ping failed').subscribe() });
    await on.settle();
    on.broker.hangUp();
    await on.tick(1_000);
    expect(on.broker.published().map(({ topic }) => topic)).to.deep.equal(['log']);
  });

  it('should ping again on the next connection when a lost ping is retried at once', async () => {
    const { client } = await on.online();
    const fault = on.broker.hold('pingresp');
    const ping = watch(client.ping().pipe(retry(3)));
    await on.settle();
    fault.unsubscribe();
    on.broker.hangUp();
    await on.tick(1_000);
    expect([ping.values, ping.error, ping.completed]).to.deep.equal([[0], undefined, true]);
  });

  it('should connect again after somebody came and left while it was closing', async () => {
    const client = on.client({ linger: 50 });
    const closing$ = client.state$.pipe(
      filter(({ status }) => status === 'closing'),
      take(1),
    );
    closing$.subscribe(() => client.topic$('x').subscribe().unsubscribe());
    client.publish('a').subscribe();
    await on.tick(1_000);
    const later = watch(client.publish('later', '', { qos: 1 }));
    await on.tick(1_000);
    expect(later.completed).to.equal(true);
    expect(on.dials).to.equal(2);
  });

  it("should refuse a publish with offline: 'fail' while it is closing", async () => {
    const client = on.client({ linger: 50 });
    const closing$ = client.state$.pipe(
      filter(({ status }) => status === 'closing'),
      take(1),
    );
    const errors: unknown[] = [];
    const error = (reason: unknown) => errors.push(reason);
    closing$.subscribe(() => client.publish('x', '', { qos: 1, offline: 'fail' }).subscribe({ error }));
    client.publish('a').subscribe();
    await on.tick(1_000);
    expect(errors).to.have.lengthOf(1).and.have.nested.property('[0].code', 'OFFLINE');
    expect(on.dials).to.equal(1);
  });

  it('should settle with ClientEndedError what a fatal error interrupts while it ends', async () => {
    const { client } = await on.online();
    on.broker.hold('puback');
    const publish = watch(client.publish('a', '', { qos: 1 }));
    const end = watch(client.end());
    await on.settle();
    on.broker.refuseConnect(0x87);
    on.broker.hangUp();
    await on.tick(1_000);
    expect([end.completed, publish.error]).to.have.nested.property('[1].code', 'CLIENT_ENDED');
    expect(end.completed).to.equal(true);
  });

  it('should not throw when JavaScript says null for options', async () => {
    const client = on.client();
    const none = null as unknown as undefined;
    expect(() => [client.topic$('a', none), client.subscribe('a', none), publishEach(client, () => ({ topic: 'a' }), none)]).not.to.throw(); // prettier-ignore
    const ended = watch(client.end(none));
    await on.settle();
    expect(ended.completed).to.equal(true);
  });

  it('should publish on the next connection what is published when DISCONNECT is seen [MQTT-3.14.4-2]', async () => {
    const client = on.client({ linger: 50 });
    const goodbye$ = client.events$.pipe(
      filter((event) => event.type === 'packet-sent' && event.packet.type === 'disconnect'),
      take(1),
    );
    goodbye$.subscribe(() => client.publish('log').subscribe());
    client.publish('a').subscribe();
    await on.tick(1_000);
    expect([on.broker.published().map(({ topic }) => topic), on.dials]).to.deep.equal([['a', 'log'], 2]);
  });
});

clientSpecs('what is sent and read while a connection ends', (on) => {
  it('should not set DUP on what is published when a ping fails: it was never written [MQTT-3.3.1-3]', async () => {
    on.broker.connack = { sessionPresent: true };
    const { client, server } = await on.online({ cleanSession: false });
    on.broker.silentOn.add('pingreq');
    client.ping().subscribe({ error: () => client.publish('log', 'x', { qos: 1 }).subscribe() });
    await on.settle();
    server.close();
    await on.tick(1_000);
    expect(on.broker.current.take('publish').map(({ dup }) => dup)).to.deep.equal([false]);
  });

  it('should not read what answers to the packets that leave with DISCONNECT', async () => {
    const { client, held, server } = await on.online({ linger: 0 });
    const seen = watch(client.messages$());
    on.broker.offends = ({ type }) => {
      if (type === 'disconnect') server.send(message('late'));
      return false;
    };
    held.unsubscribe();
    await on.tick(1);
    expect([server.hungUp, seen.values]).to.deep.equal([true, []]);
  });
});
