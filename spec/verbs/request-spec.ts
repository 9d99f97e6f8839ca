import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { EMPTY, type Observable, Subject, concat, filter, of, retry, throwError, timer } from 'rxjs';
import {
  ClientEndedError,
  InvalidArgumentError,
  InvalidTopicError,
  type Message,
  MessageExpiredError,
  NotSupportedError,
  RequestFailedError,
  type RequestOptions,
  RequestTimeoutError,
  SubscriptionRefusedError,
  request,
} from '../../lib/index.js';
import type { PublishPacket } from '../../lib/packet/Packet.js';
import type { PublishProperties } from '../../lib/packet/PacketProperties.js';
import type { PublishedMessage } from '../../lib/testing.js';
import type { Codec } from '../../lib/client/Codec.js';
import type { Decoded } from '../../lib/verbs/byCodec.js';
import type { ScriptedConnection } from '../support/ScriptedConnection.js';
import { connackBy } from '../support/connackBy.js';
import { kitSpecs } from '../support/kitStage.js';
import { message, texts } from '../support/message.js';
import { clientSpecs } from '../support/stage.js';
import { watch } from '../support/watch.js';

/** An answer to a request, on its response topic and with its correlation data. */
function answerTo(asked: PublishPacket, text: string, properties?: PublishProperties): PublishPacket {
  const { responseTopic, correlationData } = asked.properties!;
  return message(responseTopic!, text, { properties: { correlationData, ...properties } });
}

/** The filters of the SUBSCRIBEs that came since they were last taken. */
function subscribed(server: ScriptedConnection): string[] {
  return server.take('subscribe').flatMap(({ subscriptions }) => subscriptions.map(({ filter }) => filter));
}

/** Milliseconds after the last request for which the response topic stays subscribed. */
const LINGER = 1_000;

clientSpecs(
  'request with MQTT 5',
  (on) => {
    it('should subscribe, publish when that is granted, emit the answer, and complete', async () => {
      const { client, server } = await on.online();
      on.broker.silentOn.add('subscribe');
      const asked = watch(request(client, 'sum', '1 2', { properties: { userProperties: { a: 'b' } } }));
      await on.settle();
      const [subscribe, ...others] = server.take();
      if (subscribe?.type !== 'subscribe') throw new Error('expected SUBSCRIBE');
      expect(others).to.deep.equal([]);
      const [{ filter, qos }] = subscribe.subscriptions as [{ filter: string; qos: number }];
      expect(filter).to.match(/^tortoise-rx\/response\/[0-9a-f]{32}$/);
      expect(qos).to.equal(1);

      server.send({ type: 'suback', packetId: subscribe.packetId, reasonCodes: [1] });
      await on.settle();
      const [question] = server.take('publish');
      expect(question).to.include({ topic: 'sum', qos: 1, retain: false });
      expect(texts([question!])).to.deep.equal(['1 2']);
      expect(question!.properties).to.deep.include({ responseTopic: filter, userProperties: [['a', 'b']] });
      expect(new TextDecoder().decode(question!.properties!.correlationData)).to.match(/^[0-9a-f]{32}$/);
      expect(asked).to.deep.include({ values: [], ends: 0 });

      server.send(answerTo(question!, '3', { contentType: 'text/plain' }));
      await on.settle();
      expect(texts(asked.values)).to.deep.equal(['3']);
      expect(asked.values[0]!.properties.contentType).to.equal('text/plain');
      expect([asked.completed, asked.error]).to.deep.equal([true, undefined]);
    });

    it('should hand each of a thousand requests its own answer, over one subscription', async () => {
      const { client, server } = await on.online();
      const asked = Array.from({ length: 1_000 }, (_, i) => watch(request(client, 'double', String(i))));
      await on.settle();
      expect(server.take('subscribe')).to.have.length(1);
      const questions = server.take('publish');
      expect(questions).to.have.length(1_000);
      expect(new Set(questions.map(({ properties }) => String(properties!.correlationData))).size).to.equal(1_000);
      expect(new Set(questions.map(({ properties }) => properties!.responseTopic)).size).to.equal(1);
      const answers = questions.map((one) => answerTo(one, String(2 * Number(texts([one])[0]))));
      server.send(...answers.reverse());
      await on.settle();
      expect(asked.map(({ values }) => texts(values))).to.deep.equal(asked.map((_, i) => [String(2 * i)]));
      expect(asked.every(({ completed }) => completed)).to.equal(true);
      await on.tick(LINGER);
      expect(server.take('unsubscribe')).to.have.length(1);
    });

    it('should keep the response topic for a second after the last request, and ask on it again meanwhile', async () => {
      const { client, server } = await on.online();
      for (let i = 0; i < 3; i++) {
        const asked = watch(request(client, 'a'));
        await on.settle();
        server.send(answerTo(server.take('publish')[0]!, 'yes'));
        await on.tick(LINGER - 1);
        expect(asked.completed).to.equal(true);
      }
      expect(subscribed(server)).to.have.length(1);
      expect(server.take('unsubscribe')).to.deep.equal([]);
      await on.tick(1);
      expect(server.take('unsubscribe')).to.have.length(1);
      watch(request(client, 'a'));
      await on.settle();
      expect(subscribed(server)).to.have.length(1);
    });

    it('should put the response topic below what the broker says, and ask the broker again on each connection', async () => {
      on.broker.connack = { properties: { responseInformation: 'replies/spec' } };
      const { client, server } = await on.online({ requestResponseInformation: true });
      watch(request(client, 'a'));
      await on.settle();
      const [first] = subscribed(server);
      expect(first).to.match(/^replies\/spec\/[0-9a-f]{32}$/);
      expect(server.take('publish')[0]!.properties!.responseTopic).to.equal(first);
      on.broker.connack = { properties: { responseInformation: 'others/' } };
      server.close();
      await on.tick(2_000);
      on.broker.current.take();
      watch(request(client, 'a'));
      await on.settle();
      expect(subscribed(on.broker.current)).to.deep.equal([first!.replace('replies/spec', 'others')]);
    });

    it('should give two clients response topics of their own', async () => {
      const { client } = await on.online();
      const other = on.client({ clientId: 'other' });
      for (const one of [client, other]) watch(request(one, 'a'));
      await on.settle();
      const all = on.broker.connections.flatMap((connection) => subscribed(connection));
      expect(all).to.have.length(2);
      expect(all[0]).not.to.equal(all[1]);
    });

    it('should tell apart the answers to requests on a response topic of the caller, and take one without correlation data', async () => {
      const { client, server } = await on.online();
      const asked = ['a', 'b', 'c'].map((text) =>
        watch(request(client, 'svc', text, { responseTopic: 'mine/answers' })),
      );
      await on.settle();
      expect(subscribed(server)).to.deep.equal(['mine/answers']);
      const questions = server.take('publish');
      expect(questions.map(({ properties }) => properties!.responseTopic)).to.deep.equal(Array(3).fill('mine/answers'));
      server.send(message('mine/answers', 'old', { retain: true }));
      server.send(answerTo(questions[1]!, 'to b'), answerTo(questions[0]!, 'to a'));
      await on.settle();
      expect(asked.map(({ values }) => texts(values))).to.deep.equal([['to a'], ['to b'], []]);
      server.send(message('mine/answers', 'plain'));
      await on.settle();
      expect(asked.map(({ values }) => texts(values))).to.deep.equal([['to a'], ['to b'], ['plain']]);
    });

    it('should tell the broker how long an answer is waited for, and leave another interval as it is', async () => {
      on.broker.dial = 'hang';
      const client = on.client();
      watch(request(client, 'a', '', { timeout: 60_000 }));
      watch(request(client, 'b', '', { timeout: 60_000, properties: { messageExpiryInterval: 7 } }));
      watch(request(client, 'c', '', { timeout: Infinity }));
      await on.tick(2_500);
      on.broker.dial = 'accept';
      await on.tick(20_000);
      const intervals = on.broker.current.take('publish').map(({ topic, properties }) => [topic, properties!.messageExpiryInterval]); // prettier-ignore
      const ofA = intervals.find(([topic]) => topic === 'a')![1] as number;
      expect(ofA).to.be.greaterThan(30).and.lessThan(58);
      expect(intervals.slice(1)).to.deep.equal([['b', 7], ['c', undefined]]); // prettier-ignore
    });

    it('should find its answers after a reconnect, with a session and without, and repeat nothing that was acknowledged', async () => {
      for (const sessionPresent of [true, false]) {
        const { client, server } = await on.online({ cleanSession: false });
        const asked = watch(request(client, 'a'));
        await on.settle();
        const [question] = server.take('publish');
        on.broker.connack = { sessionPresent };
        server.close();
        await on.tick(2_000);
        const now = on.broker.current;
        expect(now.take('publish')).to.deep.equal([]);
        expect(subscribed(now)).to.deep.equal(sessionPresent ? [] : [question!.properties!.responseTopic]);
        now.send(answerTo(question!, 'yes'));
        await on.settle();
        expect(texts(asked.values)).to.deep.equal(['yes']);
        watch(client.end({ force: true }));
        await on.settle();
        on.broker.connack = {};
      }
    });
  },
  [5],
);

clientSpecs(
  'request with MQTT 3.1.1',
  (on) => {
    const SHADOW = { responseTopic: ['shadow/get/accepted', 'shadow/get/rejected'] };

    it('should err without a response topic, and say what to do', async () => {
      const { client, server } = await on.online();
      const { error } = watch(request(client, 'a'));
      expect(error).to.be.instanceOf(NotSupportedError);
      expect(String(error)).to.match(/responseTopic and matches.*protocolVersion to 5 or 'auto'/);
      await on.settle();
      expect(server.take()).to.deep.equal([]);
    });

    it('should find out by the connection when the version is auto', async () => {
      connackBy(on.broker, () => (on.broker.current.version === 5 ? { reasonCode: 0x84 } : {}));
      const client = on.client({ protocolVersion: 'auto' });
      const asked = watch(request(client, 'a'));
      expect(asked.ends).to.equal(on.synchronous ? 1 : 0);
      const shadow = watch(request(client, 'shadow/get', '', SHADOW));
      await on.settle();
      expect(asked.error).to.be.instanceOf(NotSupportedError);
      on.broker.current.send(message('shadow/get/accepted', 'yes'));
      await on.settle();
      expect(texts(shadow.values)).to.deep.equal(['yes']);
    });

    it('should take the answer of a device shadow, accepted or rejected, and leave what is retained', async () => {
      const { client, server } = await on.online();
      for (const outcome of ['accepted', 'rejected']) {
        const asked = watch(request(client, 'shadow/get', '', SHADOW));
        await on.settle();
        expect(server.take('publish')[0]).to.deep.include({ topic: 'shadow/get', qos: 1 });
        server.send(message('shadow/get/accepted', 'old', { retain: true }), message(`shadow/get/${outcome}`, 'new'));
        await on.tick(LINGER);
        expect(asked.values.map((one) => [one.topic, one.text()])).to.deep.equal([[`shadow/get/${outcome}`, 'new']]);
        expect(asked.completed).to.equal(true);
        expect(subscribed(server)).to.deep.equal(SHADOW.responseTopic);
        expect(server.take('unsubscribe').flatMap(({ filters }) => filters)).to.deep.equal(SHADOW.responseTopic);
      }
    });

    it('should wait for all response topics', async () => {
      const { client, server } = await on.online({ subscribeBatch: 1 });
      on.broker.silentOn.add('subscribe');
      watch(request(client, 'shadow/get', '', SHADOW));
      await on.settle();
      for (const { packetId } of server.take('subscribe')) {
        expect(server.take('publish')).to.deep.equal([]);
        server.send({ type: 'suback', packetId, reasonCodes: [1] });
        await on.settle();
      }
      expect(server.take('publish')).to.have.length(1);
    });

    it('should pick the answers of many requests with matches, over one subscription', async () => {
      const { client, server } = await on.online();
      const ask = (token: string) =>
        watch(
          request(client, 'shadow/get', JSON.stringify({ token }), {
            ...SHADOW,
            matches: (one) => one.json<{ token: string }>().token === token,
          }),
        );
      const asked = ['a', 'b', 'c'].map(ask);
      await on.settle();
      expect(server.take('subscribe')).to.have.length(1);
      server.send(...['c', 'x', 'a', 'b'].map((token) => message('shadow/get/accepted', JSON.stringify({ token }))));
      await on.settle();
      expect(asked.map(({ values }) => values.map((one) => one.json()))).to.deep.equal([[{ token: 'a' }], [{ token: 'b' }], [{ token: 'c' }]]); // prettier-ignore
    });
  },
  [4],
);

kitSpecs(
  'request with MQTT 5 and a responder',
  (on) => {
    /** Answers a request, on its response topic and with its correlation data. */
    const answer = ({ properties: asked }: PublishedMessage, text: string, properties?: PublishProperties) =>
      on.broker.publish(asked.responseTopic!, text, {
        properties: { correlationData: asked.correlationData, ...properties },
      });

    it('should make a new request for each subscription, and drop a late answer to the one before', async () => {
      const { client } = await on.online();
      const asked = watch(request(client, 'a', '', { timeout: 100 }).pipe(retry(1)));
      await on.settle();
      await on.tick(100);
      const [first, second] = on.broker.published();
      expect(asked.ends).to.equal(0);
      answer(first!, 'late');
      answer(second!, 'right');
      answer(second!, 'again');
      await on.settle();
      expect(texts(asked.values)).to.deep.equal(['right']);
      expect(asked.completed).to.equal(true);
    });

    it('should take nothing for an answer that has other correlation data, or none', async () => {
      const { client } = await on.online();
      const asked = watch(request(client, 'a'));
      await on.settle();
      const [question] = on.broker.published();
      const wrong = ['', 'x', 'x'.repeat(32), 'x'.repeat(65_535)].map((text) => new TextEncoder().encode(text));
      answer(question!, 'none', { correlationData: undefined });
      for (const correlationData of wrong) answer(question!, 'wrong', { correlationData });
      answer(question!, 'right');
      await on.settle();
      expect(texts(asked.values)).to.deep.equal(['right']);
    });

    it('should say nothing of its own to a device with a convention of its own', async () => {
      const { client } = await on.online();
      const options = { responseTopic: 'device/out', matches: () => true, properties: { correlationData: 'mine' } };
      watch(request(client, 'device/in', '', { ...options, timeout: Infinity }));
      watch(request(client, 'device/in', '', { responseTopic: ['a/+', 'b'], timeout: Infinity }));
      await on.settle();
      const [own, several] = on.broker.published();
      expect(own!.properties).to.deep.equal({ correlationData: new TextEncoder().encode('mine') });
      expect(several!.properties).to.have.all.keys('correlationData');
    });

    it('should err with what the responder says when it failed', async () => {
      const { client } = await on.online();
      const asked = watch(request(client, 'a/b'));
      await on.settle();
      answer(on.broker.published()[0]!, '', {
        userProperties: [
          ['x', 'y'],
          ['error', 'no such room'],
        ],
      });
      await on.settle();
      expect(asked.error).to.be.instanceOf(RequestFailedError).and.include({
        code: 'REQUEST_FAILED',
        topic: 'a/b',
        reason: 'no such room',
        message: 'the responder failed at the request to "a/b": no such room',
      });
      expect(asked.values).to.deep.equal([]);
    });

    it('should say in the error of a request that nobody was subscribed, if the broker says so', async () => {
      const { client } = await on.online();
      const asked = watch(request(client, 'a'));
      await on.tick(10_000);
      expect(asked.error).to.be.instanceOf(RequestTimeoutError).with.property('during', 'answer');
      expect(String(asked.error)).to.match(/nobody was subscribed/);
    });

    it('should refuse response topic and correlation data among the properties', async () => {
      const { client } = await on.online();
      for (const name of ['responseTopic', 'correlationData']) {
        const { error } = watch(request(client, 'a', '', { properties: { [name]: 'x' } }));
        expect(error).to.be.instanceOf(InvalidArgumentError).with.property('field', `properties.${name}`);
      }
    });
  },
  [5],
);

kitSpecs('request, answered on a topic of its own', (on) => {
  const ON = { responseTopic: 'answers' };
  const reply = (text: string) => on.broker.publish('answers', text);
  const published = () => on.broker.published().map(({ topic }) => topic);

  it('should subscribe before it is published again, when the broker lost the session', async () => {
    const { client } = await on.online({ cleanSession: false });
    on.broker.hold('puback');
    const asked = watch(request(client, 'a', '', ON));
    await on.settle();
    expect(published()).to.deep.equal(['a']);
    on.broker.restart();
    const answering = on.broker.published$.subscribe(() => reply('yes')); // within the PUBLISH: for who has subscribed
    on.broker.release();
    await on.tick(2_000);
    answering.unsubscribe();
    expect(published()).to.deep.equal(['a', 'a']);
    expect([texts(asked.values), asked.completed]).to.deep.equal([['yes'], true]);
  });

  it('should err when time is up, say what it waited for, and leave nothing', async () => {
    const client = on.client();
    const hanging = on.broker.hang();
    const unconnected = watch(request(client, 'a', '', { ...ON, timeout: 500 }));
    await on.tick(500);
    hanging.unsubscribe();
    watch(client.connection$);
    await on.tick(12_000);
    const ungranting = on.broker.hold('suback');
    const ungranted = watch(request(client, 'b', '', { ...ON, timeout: 500 }));
    await on.tick(500);
    ungranting.unsubscribe();
    const fault = on.broker.hold('puback');
    const unacknowledged = watch(request(client, 'c', '', { ...ON, timeout: 500 }));
    await on.tick(500);
    fault.unsubscribe();
    const unanswered = watch(request(client, 'd', '', ON));
    await on.tick(9_999);
    expect(unanswered.ends).to.equal(0);
    await on.tick(1);
    const errors = [unconnected, ungranted, unacknowledged, unanswered].map(
      ({ error }) => error as RequestTimeoutError,
    );
    for (const error of errors) expect(error).to.be.instanceOf(RequestTimeoutError);
    expect(errors.map(({ topic, timeout, during }) => [topic, timeout, during])).to.deep.equal([
      ['a', 500, 'connect'],
      ['b', 500, 'subscribe'],
      ['c', 500, 'publish'],
      ['d', 10_000, 'answer'],
    ]);
    await on.tick(LINGER);
    expect(published()).to.deep.equal(['c', 'd']);
    expect(on.broker.subscriptions).to.deep.equal([]);
    expect((await subscriptions(client)).size).to.equal(0);
  });

  it('should not send a request that expired in the queue, which is a time-out as well', async () => {
    const { client } = await on.online({ maxInflight: 1 });
    const fault = on.broker.hold('puback');
    watch(client.publish('first', '', { qos: 1 }));
    const asked = watch(request(client, 'a', '', { ...ON, timeout: 60_000 }));
    await on.settle();
    // As on a laptop that sleeps: the wall clock goes on, timers do not.
    on.clock.setSystemTime(Date.now() + 61_000);
    expect(published()).to.deep.equal(['first']);
    fault.unsubscribe();
    await on.settle();
    expect(asked.error).to.be.instanceOf(RequestTimeoutError).with.property('during', 'publish');
    expect(asked.error).to.have.property('cause').instanceOf(MessageExpiredError);
    expect(published()).to.deep.equal(['first']);
  });

  it('should leave nothing when it is unsubscribed, at any time', async () => {
    const client = on.client({ maxInflight: 1 });
    const early = watch(request(client, 'early', '', ON));
    early.unsubscribe();
    await on.tick(LINGER);
    watch(client.connection$);
    await on.settle();
    const ungranting = on.broker.hold('suback');
    const ungranted = watch(request(client, 'ungranted', '', ON));
    await on.settle();
    ungranted.unsubscribe();
    await on.tick(LINGER);
    ungranting.unsubscribe();
    const fault = on.broker.hold('puback');
    const unanswered = watch(request(client, 'unanswered', '', ON));
    const queued = watch(request(client, 'queued', '', ON));
    await on.settle();
    unanswered.unsubscribe();
    queued.unsubscribe();
    reply('late');
    await on.tick(LINGER);
    fault.unsubscribe();
    await on.settle();
    expect(published()).to.deep.equal(['unanswered']);
    expect(on.broker.subscriptions).to.deep.equal([]);
    expect((await subscriptions(client)).size).to.equal(0);
    for (const { values, ends } of [early, ungranted, unanswered, queued])
      expect([values, ends]).to.deep.equal([[], 0]);
  });

  it('should give up a thousand requests without a rest', async () => {
    const { client } = await on.online();
    const sent = watch(client.events$.pipe(filter(({ type }) => type === 'packet-sent')));
    const asked = Array.from({ length: 1_000 }, () => watch(request(client, 'a', '', { ...ON, timeout: 300 })));
    await on.tick(300);
    expect(asked.every(({ error }) => error instanceof RequestTimeoutError)).to.equal(true);
    await on.tick(LINGER);
    expect((await subscriptions(client)).size).to.equal(0);
    const types = sent.values.map((event) => event.type === 'packet-sent' && event.packet.type);
    expect(types.filter((type) => type === 'unsubscribe')).to.have.length(1);
    expect(on.clock.countTimers()).to.be.lessThan(5);
  });

  it('should wait for answers until a notifier emits, from when it is published', async () => {
    const { client } = await on.online();
    const fault = on.broker.hold('suback');
    const asked = watch(request(client, 'a', '', { ...ON, responses: timer(2_000), timeout: 1_500 }));
    await on.tick(1_000);
    fault.unsubscribe();
    await on.settle();
    reply('1');
    await on.tick(1_999);
    reply('2');
    await on.settle();
    expect([texts(asked.values), asked.ends]).to.deep.equal([['1', '2'], 0]);
    await on.tick(1);
    reply('3');
    await on.settle();
    expect([texts(asked.values), asked.completed]).to.deep.equal([['1', '2'], true]);
  });

  it('should err when the client is ended, before and after', async () => {
    const { client } = await on.online();
    const open = watch(request(client, 'a', '', ON));
    await on.settle();
    watch(client.end());
    await on.settle();
    expect(open.error).to.be.instanceOf(ClientEndedError);
    const late = watch(request(client, 'a', '', ON));
    expect(late.error).to.be.instanceOf(ClientEndedError);
    const never = on.client();
    on.broker.hang();
    const waiting = watch(request(never, 'a', '', ON));
    await on.settle();
    watch(never.end({ force: true }));
    await on.settle();
    expect(waiting.error).to.be.instanceOf(ClientEndedError);
  });

  it('should err with what ends the connection for good, once, and work with the next one', async () => {
    const { client } = await on.online();
    const asked = Array.from({ length: 3 }, () => watch(request(client, 'a', '', ON)));
    await on.settle();
    const refusal = on.broker.refuseConnect(0x87);
    on.broker.hangUp();
    await on.tick(2_000);
    expect(asked.map(({ error, ends }) => [(error as { code?: string }).code, ends])).to.deep.equal(Array(3).fill(['CONNECTION_REFUSED', 1])); // prettier-ignore
    refusal.unsubscribe();
    const again = watch(request(client, 'a', '', ON));
    await on.settle();
    reply('yes');
    await on.settle();
    expect(texts(again.values)).to.deep.equal(['yes']);
  });

  it('should wait for as many answers as it was told', async () => {
    const { client } = await on.online();
    const asked = watch(request(client, 'a', '', { ...ON, responses: 3, timeout: 1_000 }));
    const few = watch(request(client, 'a', '', { ...ON, responses: 4, timeout: 1_000 }));
    await on.settle();
    reply('1');
    reply('2');
    await on.tick(999);
    reply('3');
    await on.tick(1);
    expect([texts(asked.values), asked.completed]).to.deep.equal([['1', '2', '3'], true]);
    expect([texts(few.values), few.error instanceof RequestTimeoutError]).to.deep.equal([['1', '2', '3'], true]);
  });

  it('should complete without an answer when the notifier emits, and err with the notifier or when time is up before', async () => {
    const { client } = await on.online();
    const stop = new Subject<void>();
    const none = watch(request(client, 'a', '', { ...ON, responses: stop }));
    const failing = watch(request(client, 'b', '', { ...ON, responses: throwError(() => new Error('mine')) }));
    const late = watch(request(client, 'c', '', { ...ON, responses: EMPTY, timeout: 50 }));
    const atOnce = watch(request(client, 'd', '', { ...ON, responses: of(1) }));
    await on.settle();
    stop.next();
    expect([none.values, none.completed]).to.deep.equal([[], true]);
    expect(failing.error).to.have.property('message', 'mine');
    expect(atOnce.completed).to.equal(true);
    await on.tick(50);
    expect(late.error).to.be.instanceOf(RequestTimeoutError);
    expect(published()).to.deep.equal(['a', 'c']);
    expect(stop.observed).to.equal(false);
  });

  it('should err when the response topic is refused, and publish nothing', async () => {
    const refusal = on.broker.refuse('answers');
    const { client } = await on.online();
    const asked = watch(request(client, 'a', '', ON));
    await on.settle();
    expect(asked.error).to.be.instanceOf(SubscriptionRefusedError).with.property('filter', 'answers');
    expect(on.broker.published()).to.deep.equal([]);
    refusal.unsubscribe();
    const again = watch(request(client, 'a', '', ON));
    await on.settle();
    reply('yes');
    await on.settle();
    expect(texts(again.values)).to.deep.equal(['yes']);
  });

  it('should ask and answer within the callbacks of another request', async () => {
    const { client } = await on.online();
    const subscribed = watch(client.events$.pipe(filter(({ type }) => type === 'subscribed')));
    const chained = watch(concat(...['a', 'b', 'c'].map((topic) => request(client, topic, '', ON))));
    for (let i = 0; i < 3; i++) {
      await on.settle();
      reply(String(i));
    }
    await on.settle();
    expect([published(), texts(chained.values), chained.completed]).to.deep.equal([
      ['a', 'b', 'c'],
      ['0', '1', '2'],
      true,
    ]);
    expect(subscribed.values.length).to.equal(1);
  });

  it('should end a request alone whose matches throws', async () => {
    const { client } = await on.online();
    const failing = watch(request(client, 'a', '', { ...ON, matches: () => { throw new Error('mine'); } })); // prettier-ignore
    const fine = watch(request(client, 'b', '', ON));
    await on.settle();
    reply('yes');
    await on.settle();
    expect(failing.error).to.have.property('message', 'mine');
    expect(texts(fine.values)).to.deep.equal(['yes']);
  });

  it('should use the QoS for the request and for the response topic', async () => {
    const { client } = await on.online();
    watch(request(client, 'a', '', { ...ON, qos: 0 }));
    await on.settle();
    expect(on.broker.subscriptions.map(({ qos }) => qos)).to.deep.equal([0]);
    watch(request(client, 'a', '', { ...ON, qos: 2 }));
    await on.settle();
    expect(on.broker.subscriptions.map(({ qos }) => qos)).to.deep.equal([2]);
    expect(on.broker.published().map(({ qos }) => qos)).to.deep.equal([0, 2]);
  });

  it('should write and read values by codecs', async () => {
    const { client } = await on.online();
    const json = <T>() => ({
      encode: (value: T) => JSON.stringify(value),
      decode: (one: { text(): string }) => JSON.parse(one.text()) as T,
      contentType: 'application/json',
    });
    const both = watch(request(client, 'a', { x: 1 }, { ...ON, payload: json<{ x: number }>() }));
    const each = watch(request(client, 'b', [1], { ...ON, payload: json<number[]>(), answer: json<{ x: number }>() }));
    const answer = watch(request(client, 'c', 'text', { ...ON, answer: json<{ x: number }>() }));
    await on.settle();
    const questions = on.broker.published();
    expect(texts(questions)).to.deep.equal(['{"x":1}', '[1]', 'text']);
    const said = on.version === 5 ? ['application/json', 'application/json', undefined] : [undefined, undefined, undefined]; // prettier-ignore
    expect(questions.map(({ properties }) => properties.contentType)).to.deep.equal(said);
    reply('{"x":2}');
    await on.settle();
    for (const { values } of [both, each, answer]) {
      expect(values.map(({ value, topic }) => [value.x, topic])).to.deep.equal([[2, 'answers']]);
      expect([values[0]!.text(), values[0]!.levels, values[0]!.params]).to.deep.equal(['{"x":2}', ['answers'], {}]);
    }
    const unread = watch(request(client, 'a', 1, { ...ON, payload: json<number>() }));
    await on.settle();
    reply('no json');
    await on.settle();
    expect(unread.error).to.be.instanceOf(SyntaxError);
  });

  it('should know the types of what is asked and answered', () => {
    const { client, number, list } = { client: on.client(), number: codec<number>(), list: codec<string[]>() };
    expectTypeOf(request(client, 'a')).toEqualTypeOf<Observable<Message>>();
    expectTypeOf(request(client, 'a', 1, { payload: number })).toEqualTypeOf<Observable<Decoded<number>>>();
    expectTypeOf(request(client, 'a', 1, { payload: number, answer: list })).toEqualTypeOf<Observable<Decoded<string[]>>>(); // prettier-ignore
    expectTypeOf(request(client, 'a', 'x', { answer: list })).toEqualTypeOf<Observable<Decoded<string[]>>>();
    const date: Codec<Date, string> = { encode: String, decode: (one) => new Date(one.text()) };
    expectTypeOf(request(client, 'a', 'x', { payload: date })).toEqualTypeOf<Observable<Decoded<Date>>>();
    expectTypeOf(request(client, 'a', 'x', { payload: date, answer: list })).toEqualTypeOf<Observable<Decoded<string[]>>>(); // prettier-ignore
    // @ts-expect-error what the codec reads is not what it writes
    request(client, 'a', new Date(), { payload: date });
    // @ts-expect-error a value without a codec
    request(client, 'a', 1);
    // @ts-expect-error a value of another type
    request(client, 'a', 'x', { payload: number });
    // @ts-expect-error bytes or text, where only the answer has a codec
    request(client, 'a', 1, { answer: number });
  });

  const WRONG: readonly (readonly [what: string, topic: string, options: RequestOptions, says: RegExp])[] = [
    ['a topic with wildcards', 'a/#', ON, /"#" at index 2/],
    ['a filter that is none', 'a', { responseTopic: 'x#' }, /invalid topic "x#"/],
    ['no filter', 'a', { responseTopic: [] }, /responseTopic: expected a topic filter at least/],
    ['its own topic for answers', 'a/b', { responseTopic: 'a/+' }, /responseTopic: "a\/\+" matches the topic/],
    ['a QoS that does not exist', 'a', { ...ON, qos: 3 as 2 }, /qos: expected 0, 1 or 2, got 3/],
    ['no time', 'a', { ...ON, timeout: 0 }, /timeout: expected milliseconds/],
    ['too much time', 'a', { ...ON, timeout: 2 ** 31 }, /timeout: expected milliseconds/],
    ['no answers', 'a', { ...ON, responses: 0 }, /responses: expected an integer from 1/],
    ['half an answer', 'a', { ...ON, responses: 1.5 }, /responses: expected an integer from 1/],
    ['matches without topics', 'a', { matches: () => true }, /matches: needs the option responseTopic/],
    ['matches that is no function', 'a', { ...ON, matches: 'x' as never }, /matches: expected a function/],
    ['properties that are none', 'a', { ...ON, properties: 5 as never }, /properties: expected an object/],
    ['an option that does not exist', 'a', { ...ON, retries: 3 } as never, /retries: there is no such option/],
  ];
  for (const [what, topic, options, says] of WRONG) {
    it(`should refuse ${what}, and send nothing`, async () => {
      const { client } = await on.online();
      const events = watch(client.events$);
      const { error } = watch(request(client, topic, '', options));
      expect(error instanceof InvalidTopicError || error instanceof InvalidArgumentError).to.equal(true, String(error));
      expect(String(error)).to.match(says);
      await on.settle();
      expect(events.values).to.deep.equal([]);
    });
  }
});

const codec = <T>(): Codec<T> => ({ encode: String, decode: (one) => one.json<T>() });

async function subscriptions(client: Parameters<typeof request>[0]): Promise<ReadonlyMap<string, unknown>> {
  return await Promise.resolve(watch(client.subscriptions$).values[0]!);
}
