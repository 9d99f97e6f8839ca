import { expect } from 'chai';
import { map, take } from 'rxjs';
import { InvalidArgumentError, type Message, NotSupportedError } from '../../lib/index.js';
import type { PublishPacket, QoS } from '../../lib/packet/Packet.js';
import { GatedStore } from '../support/GatedStore.js';
import { message as packet, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

const MANUAL = { qos: 2, acknowledge: 'manual' } as const;

/** A message of the broker's: its text is its packet identifier. */
const message = (topic: string, packetId: number, qos: QoS = 1): PublishPacket =>
  packet(topic, String(packetId), { qos, packetId });

const again = (one: PublishPacket): PublishPacket => ({ ...one, dup: true });

/** The messages of a text. */
const of = (heard: { values: Message[] }, text: string) => heard.values.filter((one) => one.text() === text);

clientSpecs('acknowledging by hand', (on) => {
  /** What was acknowledged since it was last asked: type, packet identifier, reason code if there is one. */
  const acknowledged = (server = on.broker.current): string[] =>
    server
      .take()
      .filter(({ type }) => type === 'puback' || type === 'pubrec')
      .map((one) => {
        const { type, packetId, reasonCode = 0 } = one as { type: string; packetId: number; reasonCode?: number };
        return `${type} ${packetId}${reasonCode ? ` ${reasonCode}` : ''}`;
      });

  /** Loses the connection, and makes the next one, in a session that lives on unless said otherwise. */
  const reconnect = async (sessionPresent = true) => {
    on.broker.connack = { sessionPresent };
    on.broker.current.close();
    await on.tick(1_000);
    on.broker.current.take();
    return on.broker.current;
  };

  it('should acknowledge when the application says so, in the order in which messages came [MQTT-4.6.0-2] [MQTT-4.6.0-3]', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2, 2), message('a', 3));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '3']);
    expect(acknowledged()).to.deep.equal([]);
    heard.values[2]!.acknowledge();
    heard.values[1]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal([]);
    heard.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1', 'pubrec 2', 'puback 3']);
  });

  it('should acknowledge at once what is acknowledged within next', async () => {
    const { client, server } = await on.online();
    const heard = client.topic$('a', MANUAL).subscribe((one) => one.acknowledge());
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2, 2), packet('a', '3'));
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1', 'pubrec 2']);
    heard.unsubscribe();
  });

  it('should finish the exchange of a QoS 2 message', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1, 2));
    await on.settle();
    expect(server.take('pubcomp')).to.deep.equal([]);
    heard.values[0]!.acknowledge();
    await on.settle();
    expect(server.take('pubcomp')).to.have.length(1);
    server.send(message('a', 1, 2)); // the identifier is free
    await on.settle();
    expect(heard.values).to.have.length(2);
  });

  it('should let what is acknowledged by itself wait behind what is not', async () => {
    const { client, server } = await on.online();
    const slow = watch(client.topic$('a', MANUAL));
    const fast = watch(client.topic$('b', { qos: 2 }));
    await on.settle();
    server.take();
    server.send(message('b', 1), message('a', 2), message('b', 3), message('b', 4, 2));
    await on.settle();
    expect(texts(fast.values)).to.deep.equal(['1', '3', '4']);
    expect(acknowledged()).to.deep.equal(['puback 1']);
    slow.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 2', 'puback 3', 'pubrec 4']);
  });

  it('should wait for every listener that acknowledges by hand', async () => {
    const { client, server } = await on.online();
    const [one, other] = [watch(client.topic$('a', MANUAL)), watch(client.topic$('a', MANUAL))];
    const auto = watch(client.topic$('a', { qos: 2 }));
    await on.settle();
    server.take();
    server.send(message('a', 1));
    await on.settle();
    auto.values[0]!.acknowledge();
    one.values[0]!.acknowledge();
    one.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal([]);
    other.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1']);
  });

  it('should acknowledge what only those have not who left', async () => {
    const { client, server } = await on.online();
    const [stays, leaves] = [watch(client.topic$('a', MANUAL)), watch(client.topic$('a', MANUAL))];
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2));
    await on.settle();
    stays.values[0]!.acknowledge();
    leaves.unsubscribe();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1']);
    leaves.values[1]!.acknowledge(); // it counts no more
    await on.settle();
    expect(acknowledged()).to.deep.equal([]);
    stays.values[1]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 2']);
  });

  it('should not wait for a listener that leaves before it gets the message', async () => {
    const { client, server } = await on.online();
    const others: { unsubscribe(): void }[] = [];
    client.topic$('a', { qos: 1 }).subscribe(() => others.forEach((other) => other.unsubscribe()));
    const slow = watch(client.topic$('a', MANUAL));
    others.push(slow.subscription);
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2));
    await on.settle();
    expect(slow.values).to.deep.equal([]);
    expect(acknowledged()).to.deep.equal(['puback 1', 'puback 2']);
  });

  it('should leave to the next consumer what the last one has not acknowledged', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const first = watch(client.topic$('a', MANUAL).pipe(take(1)));
    const others = watch(client.topic$('b', { qos: 1 }));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('b', 2));
    await on.settle();
    expect(first.completed).to.equal(true);
    expect(acknowledged()).to.deep.equal(['puback 2']); // does not wait for what is never acknowledged
    expect(others.values).to.have.length(1);
    const second = watch(client.topic$('a', MANUAL));
    const next = await reconnect();
    next.send(again(message('a', 1)));
    await on.settle();
    expect(texts(second.values)).to.deep.equal(['1']);
    second.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1']);
  });

  it('should deliver a QoS 2 message again that its only listener has left', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    watch(client.topic$('a', MANUAL).pipe(take(1)));
    await on.settle();
    server.send(message('a', 1, 2));
    await on.settle();
    const second = watch(client.topic$('a', MANUAL));
    const next = await reconnect();
    next.send(again(message('a', 1, 2)));
    await on.settle();
    expect(texts(second.values)).to.deep.equal(['1']);
    expect(acknowledged()).to.deep.equal([]);
    second.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['pubrec 1']);
  });

  it('should acknowledge on leaving if asked to', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('a', { ...MANUAL, acknowledgeOnLeave: true }));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2, 2));
    await on.settle();
    heard.unsubscribe();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1', 'pubrec 2']);
    const last = watch(client.topic$('b', { ...MANUAL, acknowledgeOnLeave: true }));
    await on.settle();
    server.send(message('b', 3));
    await on.settle();
    expect(last.values).to.have.length(1);
    watch(client.end());
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 3']);
  });

  it('should deliver a QoS 1 message again on the next connection, and take no acknowledgement of the old one', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1), message('a', 2));
    await on.settle();
    const next = await reconnect();
    expect(heard.values.map(({ cameAgain }) => cameAgain)).to.deep.equal([false, false]);
    heard.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal([]);
    next.send(again(message('a', 1)), again(message('a', 2)));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '1', '2']);
    expect(heard.values.map(({ cameAgain }) => cameAgain)).to.deep.equal([false, true, false, false]); // the first was done
    heard.values[1]!.acknowledge();
    heard.values[2]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1']);
    expect(heard.values.map(({ cameAgain }) => cameAgain)).to.deep.equal([false, false, false, false]);
  });

  it('should not mistake messages of the old connection for those of this, when a listener acknowledges on leaving', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', { ...MANUAL, acknowledgeOnLeave: true }));
    await on.settle();
    const all = Array.from({ length: 200 }, (_, i) => message('a', i + 1));
    server.send(...all);
    await on.settle();
    const next = await reconnect();
    next.send(...all.map(again));
    await on.settle();
    for (const one of heard.values.slice(0, all.length)) one.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal([]);
    heard.unsubscribe();
    await on.settle();
    expect(acknowledged()).to.deep.equal(all.map(({ packetId }) => `puback ${packetId}`));
  });

  it('should not deliver a QoS 2 message again whose acknowledgement is pending, and acknowledge it there [MQTT-4.3.3-2]', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1, 2), message('a', 2, 2), message('a', 3, 2));
    await on.settle();
    on.broker.dial = 'hang';
    server.close();
    await on.settle();
    heard.values[1]!.acknowledge(); // without a connection
    on.broker.dial = 'accept';
    on.broker.connack = { sessionPresent: true };
    await on.tick(11_000);
    const next = on.broker.current;
    next.take();
    heard.values[2]!.acknowledge(); // before it comes again
    next.send(again(message('a', 1, 2)), again(message('a', 2, 2)), again(message('a', 3, 2)));
    await on.settle();
    expect([texts(heard.values), acknowledged()]).to.deep.equal([['1', '2', '3'], []]);
    heard.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['pubrec 1', 'pubrec 2', 'pubrec 3']);
    expect(next.take('pubcomp')).to.deep.equal([]); // taken with the others
    next.send(message('a', 1, 2));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '3', '1']);
  });

  it('should not say that a message came again before it has: the connection may be lost once more, and then the session', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1), message('a', 2));
    await on.settle();
    const next = await reconnect();
    next.send(again(message('a', 1)));
    await on.settle();
    await on.tick(30_000); // a stable connection: the next attempt comes soon
    const last = await reconnect(false);
    last.send(message('a', 2)); // of a new session
    await on.settle();
    expect(heard.values.map(({ cameAgain }) => cameAgain)).to.deep.equal([true, false, false, false]);
  });

  it('should begin anew when the session is lost', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1, 2), message('a', 2));
    await on.settle();
    const next = await reconnect(false);
    expect(heard.values.map(({ cameAgain }) => cameAgain)).to.deep.equal([false, false]);
    for (const one of heard.values) one.acknowledge();
    next.send(message('a', 1, 2));
    await on.settle();
    expect([texts(heard.values), acknowledged()]).to.deep.equal([['1', '2', '1'], []]);
    heard.values[2]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['pubrec 1']);
  });

  it('should let an acknowledgement do no harm at QoS 0, twice, and after the end', async () => {
    const { client, server } = await on.online();
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.take();
    server.send(packet('a', '0'), message('a', 1), message('a', 2, 2));
    await on.settle();
    heard.values[0]!.acknowledge();
    heard.values[0]!.acknowledge();
    heard.values[1]!.acknowledge();
    heard.values[1]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1']);
    watch(client.end());
    await on.settle();
    heard.values[2]!.acknowledge();
    await on.settle();
    expect([acknowledged(), heard.completed]).to.deep.equal([[], true]);
  });

  it('should leave a message for the next connection when it is abandoned, and the others not wait for it', async () => {
    const { client, server, held } = await on.online({ cleanSession: false, receiveMaximum: 2 });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.take();
    server.send(message('a', 1));
    server.send(message('a', 2));
    await on.settle();
    heard.values[0]!.abandon();
    heard.values[0]!.acknowledge();
    heard.values[1]!.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 2']);
    on.broker.connack = { sessionPresent: true };
    server.send(message('a', 3, 2));
    await on.settle();
    server.take();
    heard.values[2]!.abandon(); // now the broker can send nothing more
    await on.tick(1_000);
    expect(server.take()).to.deep.equal([{ type: 'disconnect' }]); // it publishes no will
    expect([on.broker.connections.length, held.ends]).to.deep.equal([2, 0]);
    const next = on.broker.current;
    next.take();
    next.send(again(message('a', 1)));
    next.send(again(message('a', 3, 2)));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '3', '1', '3']);
    for (const one of heard.values) one.acknowledge();
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1', 'pubrec 3']);
  });

  it('should refuse a message with a reason under MQTT 5 [MQTT5-4.3.3-9], and say that 3.1.1 cannot', async () => {
    const { client, server } = await on.online({ cleanSession: false });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2, 2), message('a', 3));
    await on.settle();
    expect(() => heard.values[0]!.acknowledge(0x81))
      .to.throw(InvalidArgumentError, /reasonCode: expected one of 0x0, 0x10, 0x80/)
      .with.property('field', 'reasonCode');
    if (on.version === 4) {
      expect(() => heard.values[0]!.acknowledge(0x80)).to.throw(NotSupportedError, /needs MQTT 5/);
      for (const one of heard.values) one.acknowledge();
      await on.settle();
      expect(acknowledged()).to.deep.equal(['puback 1', 'pubrec 2', 'puback 3']);
      return;
    }
    heard.values[1]!.acknowledge(0x97);
    heard.values[0]!.acknowledge(0x83);
    heard.values[2]!.acknowledge(0x10);
    await on.settle();
    expect(acknowledged()).to.deep.equal(['puback 1 131', 'pubrec 2 151', 'puback 3 16']);
    server.send(message('a', 2, 2)); // its exchange is over
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '3', '2']);
  });

  it('should count a message of QoS 0 once that is acknowledged within messages$', async () => {
    const { client, server } = await on.online({ receiveMaximum: 1 });
    const heard = watch(client.topic$('a', MANUAL));
    const all = client.messages$().subscribe(() => heard.values.at(-1)!.acknowledge());
    await on.settle();
    server.send(packet('a', '1'));
    await on.settle();
    all.unsubscribe();
    server.send(packet('a', '2'), packet('a', '3'));
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2']);
    heard.values[1]!.acknowledge();
    await on.settle();
    expect(texts(heard.values)).to.deep.equal(['1', '2', '3']);
  });

  it('should say DISCONNECT at the end although as many messages are left unacknowledged as there may be [MQTT-3.14.4-1]', async () => {
    const { client, server } = await on.online({ cleanSession: false, receiveMaximum: 2 });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('a', 2, 2));
    await on.settle();
    expect(heard.values).to.have.length(2);
    watch(client.end());
    await on.settle();
    expect(server.take().map(({ type }) => type)).to.deep.equal(['disconnect']);
    expect([heard.completed, on.broker.connections.length]).to.deep.equal([true, 1]);
  });

  it('should refuse options that say nothing, and those of topic$ in subscribe', async () => {
    const { client } = await on.online();
    const refused = (options: object, filter = 'a') => watch(client.topic$(filter, options)).error;
    expect(refused({ acknowledge: 'by hand' }))
      .to.be.instanceOf(InvalidArgumentError)
      .and.include({ field: 'acknowledge' });
    expect(refused({ ...MANUAL, acknowledgeOnLeave: 1 })).to.include({ field: 'acknowledgeOnLeave' });
    expect(refused({ acknowledgeOnLeave: true })).to.include({ field: 'acknowledgeOnLeave' });
    const given: object = { acknowledge: 'manual' };
    expect(watch(client.subscribe('a', given)).error).to.include({ field: 'acknowledge' });
  });

  it('should acknowledge what an operator throws at as before, and leave what a listener that erred has not', async () => {
    const { client, server } = await on.online();
    const failing = watch(
      client.topic$('a', MANUAL).pipe(
        map(() => {
          throw new Error('of the application');
        }),
      ),
    );
    const auto = watch(client.topic$('b', { qos: 1 }));
    await on.settle();
    server.take();
    server.send(message('a', 1), message('b', 2));
    await on.settle();
    expect([failing.ends, auto.values.length, acknowledged()]).to.deep.equal([1, 1, ['puback 2']]);
  });

  it('should deliver a QoS 2 message to the next process if it was not acknowledged, and not if it was', async () => {
    const disk = new GatedStore();
    const { client, server } = await on.online({ cleanSession: false, store: disk.store });
    const heard = watch(client.topic$('a', MANUAL));
    await on.settle();
    server.send(message('a', 1, 2), message('a', 2, 2));
    await on.settle();
    heard.values[1]!.acknowledge(); // waits for the other one
    await on.settle();
    expect(server.take('pubrec')).to.deep.equal([]);
    const survivor = disk.survivor();
    on.broker.connack = { sessionPresent: true };
    const next = on.client({ cleanSession: false, store: survivor.store, clientId: 'next' });
    const afterwards = watch(next.topic$('a', MANUAL));
    await on.settle();
    const later = on.broker.current;
    later.take();
    later.send(again(message('a', 1, 2)), again(message('a', 2, 2)));
    await on.settle();
    expect([texts(afterwards.values), acknowledged(later)]).to.deep.equal([['1'], []]);
    afterwards.values[0]!.acknowledge();
    await on.settle();
    expect(acknowledged(later)).to.deep.equal(['pubrec 1', 'pubrec 2']);
    expect(of(afterwards, '2')).to.deep.equal([]);
  });
});
