import { expect } from 'chai';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { connect } from 'node:net';
import { ReplaySubject, firstValueFrom, forkJoin, lastValueFrom, map, mergeMap, range, retry, toArray } from 'rxjs';
import {
  type MqttClient,
  type QoS,
  RequestFailedError,
  RequestTimeoutError,
  type RespondResult,
  request,
  respond,
} from '../../lib/index.js';
import type { Broker } from '../support/Broker.js';
import { BROKERS_AND_EJABBERD, brokerStage } from '../support/brokerStage.js';
import { describeWith } from '../support/describeWith.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { watch } from '../support/watch.js';

/** How many packets of a type a client has sent. */
function sent(client: MqttClient): (type: string) => number {
  const { values } = watch(client.events$);
  return (type) => values.filter((event) => event.type === 'packet-sent' && event.packet.type === type).length;
}

/** What a promise was rejected with. */
const failure = (made: Promise<unknown>) => made.then(() => undefined, (error: unknown) => error); // prettier-ignore

for (const { name, kind, version, needs, user } of BROKERS_AND_EJABBERD.filter((broker) => broker.version === 5)) {
  describeWith(needs, `request and respond at a broker: ${name}`, function () {
    this.timeout(20_000);
    const stage = brokerStage(version, user);
    let broker: Broker;
    beforeEach(async function () {
      this.timeout(20_000);
      broker = await stage.broker(kind);
    });

    async function responding(...args: Parameters<typeof respond<string>> extends [unknown, ...infer R] ? R : never) {
      const client = stage.client(broker.url, { clientId: 'responder' });
      const answered = record<RespondResult>(respond(client, ...args));
      await granted(client, args[0]);
      return { client, answered };
    }

    it('should answer a thousand requests at once over one subscription, at every QoS', async function () {
      this.timeout(20_000);
      await responding('double', (one) => String(2 * Number(one.text())), { qos: 2 });
      for (const qos of [0, 1, 2] as QoS[]) {
        const client = stage.client(broker.url, { clientId: `asker ${qos}`, maxInflight: 100 });
        const count = sent(client);
        const ask = (i: number) => request(client, 'double', String(i), { qos });
        const all = await lastValueFrom(forkJoin(Array.from({ length: 1_000 }, (_, i) => ask(i))));
        expect(all.map((one) => Number(one.text()))).to.deep.equal(all.map((_, i) => 2 * i));
        expect([count('subscribe'), count('publish')]).to.deep.equal([1, 1_000]);
      }
    });

    it('should carry the failure of a responder, whatever its text, and several answers', async () => {
      const { answered } = await responding('svc', (one) => {
        if (one.text() === 'fail') throw new Error('no such\n\0room \ud800 \uffff');
        return ['1', '2', '3'];
      });
      const client = stage.client(broker.url, { clientId: 'asker' });
      const error = await failure(firstValueFrom(request(client, 'svc', 'fail')));
      expect(error).to.be.instanceOf(RequestFailedError).with.property('reason', 'no such  room    ');
      const three = await lastValueFrom(request(client, 'svc', '', { responses: 3 }).pipe(toArray()));
      expect(three.map((one) => one.text())).to.deep.equal(['1', '2', '3']);
      expect(await answered.first(4)).to.have.length(4);
    });

    it('should be understood by MQTT.js, which asks and answers by itself', async () => {
      const other = await mqtt.connectAsync(broker.url, { protocolVersion: 5, clientId: 'other', ...user });
      try {
        other.on('message', (topic, payload, { properties }) => {
          const { responseTopic, correlationData } = properties!;
          if (topic === 'back') return answered.next([topic, String(payload), String(correlationData)]);
          other.publish(responseTopic!, `theirs to ${String(payload)}`, { properties: { correlationData: correlationData! } }); // prettier-ignore
        });
        const answered = new ReplaySubject<string[]>(1);
        await other.subscribeAsync(['theirs', 'back'], { qos: 1 });
        const { client } = await responding('ours', (one) => `ours to ${one.text()}`);
        expect((await firstValueFrom(request(client, 'theirs', 'us'))).text()).to.equal('theirs to us');
        const properties = { responseTopic: 'back', correlationData: Buffer.from('42') };
        await other.publishAsync('ours', 'them', { qos: 1, properties });
        expect(await firstValueFrom(answered)).to.deep.equal(['back', 'ours to them', '42']);
      } finally {
        await other.endAsync(true);
      }
    });

    it('should get through a connection that is cut again and again, and answer each request once at QoS 2', async function () {
      this.timeout(30_000);
      const proxy = await stage.proxy(broker);
      const worked = new Map<string, number>();
      const server = stage.client(proxy.url, { clientId: 'responder', cleanSession: false });
      watch(
        respond(
          server,
          'svc',
          (one) => {
            worked.set(one.text(), (worked.get(one.text()) ?? 0) + 1);
            return one.text();
          },
          { qos: 2 },
        ),
      );
      await granted(server, 'svc');
      const client = stage.client(proxy.url, { clientId: 'asker', cleanSession: false, maxInflight: 20 });
      const numbers = Array.from({ length: 200 }, (_, i) => String(i));
      const answers: string[] = [];
      const all = lastValueFrom(
        range(200).pipe(mergeMap((i) => request(client, 'svc', String(i), { qos: 2, timeout: 20_000 }), 20)),
      );
      watch(
        client.messages$().pipe(
          mergeMap((one) => {
            answers.push(one.text());
            if (answers.length % 50 === 0 && answers.length < 200) proxy.cut();
            return [];
          }),
        ),
      );
      await all;
      expect(answers.sort()).to.deep.equal(numbers.sort());
      expect([...worked.values()]).to.deep.equal(Array(200).fill(1));
    });
  });
}

describe('request and respond at Mosquitto', function () {
  this.timeout(10_000);
  const stage = brokerStage(5);

  it('should say that nobody was subscribed, and find the responder that comes later', async function () {
    this.timeout(20_000);
    const broker = await stage.mosquitto();
    const client = stage.client(broker.url);
    const early = await failure(firstValueFrom(request(client, 'svc', '', { timeout: 2_000 })));
    expect(early).to.be.instanceOf(RequestTimeoutError).with.property('during', 'answer');
    expect(String(early)).to.match(/nobody was subscribed/);
    const late = firstValueFrom(request(client, 'svc', '', { timeout: 200 }).pipe(retry(50)));
    watch(respond(stage.client(broker.url), 'svc', () => 'here'));
    expect((await late).text()).to.equal('here');
  });

  it('should ask itself', async () => {
    const broker = await stage.mosquitto();
    const client = stage.client(broker.url);
    watch(respond(client, 'sum', (one) => request(client, 'square', one.text()).pipe(map((answer) => `${answer.text()}!`)))); // prettier-ignore
    watch(respond(client, 'square', (one) => String(Number(one.text()) ** 2)));
    await granted(client, 'sum', 'square');
    expect((await firstValueFrom(request(client, 'sum', '5'))).text()).to.equal('25!');
  });

  it('should not be cut off by a request whose response topic has wildcards', async () => {
    const broker = await stage.mosquitto();
    const client = stage.client(broker.url);
    const answered = record(respond(client, 'svc', () => 'yes'));
    await granted(client, 'svc');
    const socket = connect(broker.port, '127.0.0.1');
    const said = { protocolVersion: 5 } as const;
    socket.write(mqttPacket.generate({ cmd: 'connect', clientId: 'stranger', protocolId: 'MQTT', clean: true, keepalive: 60, ...said }, said)); // prettier-ignore
    const properties = { responseTopic: 'a/#' };
    const fields = { topic: 'svc', payload: '', qos: 0, retain: false, dup: false } as const;
    socket.write(mqttPacket.generate({ cmd: 'publish', ...fields, properties }, said));
    const [result] = await answered.first(1);
    expect(result!.error).to.have.property('code', 'INVALID_TOPIC');
    expect((await firstValueFrom(request(client, 'svc'))).text()).to.equal('yes');
    socket.destroy();
  });

  it('should share the requests among the responders of a group', async () => {
    const broker = await stage.mosquitto();
    const groups = await Promise.all(
      ['a', 'b'].map(async (clientId) => {
        const client = stage.client(broker.url, { clientId });
        watch(respond(client, '$share/workers/svc', () => clientId));
        await granted(client, '$share/workers/svc');
        return clientId;
      }),
    );
    const client = stage.client(broker.url, { clientId: 'asker' });
    const all = await lastValueFrom(range(20).pipe(mergeMap(() => request(client, 'svc')), toArray())); // prettier-ignore
    expect(all).to.have.length(20);
    expect([...new Set(all.map((one) => one.text()))].sort()).to.deep.equal(groups);
  });

  it('should ask a device that answers with a convention of its own, with MQTT 3.1.1', async () => {
    const broker = await stage.mosquitto();
    const device = stage.client(broker.url, { clientId: 'device', protocolVersion: 4 });
    watch(
      respond(device, 'shadow/get', (one) => one.text(), {
        responseTopic: (one) => `shadow/get/${one.json<{ ok: boolean }>().ok ? 'accepted' : 'rejected'}`,
      }),
    );
    await granted(device, 'shadow/get');
    const client = stage.client(broker.url, { clientId: 'asker', protocolVersion: 4 });
    const responseTopic = ['shadow/get/accepted', 'shadow/get/rejected'];
    const count = sent(client);
    const all = range(100).pipe(
      mergeMap((token) =>
        request(client, 'shadow/get', JSON.stringify({ token, ok: token % 2 === 0 }), {
          responseTopic,
          matches: (one) => one.json<{ token: number }>().token === token,
        }),
      ),
      toArray(),
    );
    const answers = await lastValueFrom(all);
    expect(answers).to.have.length(100);
    expect(answers.filter(({ topic }) => topic === 'shadow/get/rejected')).to.have.length(50);
    expect(count('subscribe')).to.equal(1);
  });
});
