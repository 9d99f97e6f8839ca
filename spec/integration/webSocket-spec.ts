import { expect } from 'chai';
import { filter, firstValueFrom, lastValueFrom, merge } from 'rxjs';
import { WebSocket } from 'ws';
import { type ClientEvent, createClient, webSocket } from '../../lib/index.js';
import { encode } from '../../lib/packet/encode.js';
import { BROKERS, brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { webSocketServer } from '../support/webSocketServer.js';

const isDisconnected = (event: ClientEvent) => event.type === 'disconnected';
const isRetry = (event: ClientEvent) => event.type === 'retry';

/** Mosquitto 2.0.11 pauses for five seconds in the middle of a message that does not fit into the socket's buffer. */
const LARGE = { aedes: 200_000, Mosquitto: 10_000, kit: 200_000 };

for (const { kind, version, name } of BROKERS) {
  describe(`${name} over WebSocket`, function () {
    this.timeout(20_000);
    const on = brokerStage(version);

    for (const qos of [0, 1, 2] as const) {
      it(`should carry messages at QoS ${qos}, large and small, in order`, async () => {
        const { url } = await on.broker(kind, { webSocket: true });
        const [reader, writer] = [on.client(url), on.client(url)];
        const received = record(reader.topic$('n', { qos }));
        await granted(reader, 'n');
        const payloads = [0, 1, 100, LARGE[kind], 3].map((size, i) => new Uint8Array(size).fill(i));
        await lastValueFrom(merge(...payloads.map((payload) => writer.publish('n', payload, { qos }))));
        const lengths = (await received.first(5)).map(({ payload }) => [payload.length, payload.at(-1)]);
        expect(lengths).to.deep.equal(payloads.map((payload) => [payload.length, payload.at(-1)]));
      });
    }

    it('should give user name and password of the URL to the broker', async () => {
      const { url } = await on.broker(kind, { webSocket: true, users: { me: 'se cret' } });
      const client = on.client(`${url.replace('//', '//me:se%20cret@')}/mqtt?signature=1`);
      expect(await firstValueFrom(client.connection$)).to.have.property('server', `${url}/mqtt`);
    });

    it('should hear DISCONNECT before the end, and so not publish the will [MQTT-3.14.4-3]', async () => {
      const { url } = await on.broker(kind, { webSocket: true });
      const watcher = on.client(url);
      const wills = record(watcher.topic$('#'));
      await granted(watcher, '#');
      const client = on.client(url, { will: { topic: 'will' } });
      await firstValueFrom(client.publish('first'));
      await lastValueFrom(client.end(), { defaultValue: undefined });
      await firstValueFrom(on.client(url, { will: { topic: 'will' } }).publish('second'));
      expect((await wills.first(2)).map(({ topic }) => topic)).to.deep.equal(['first', 'second']);
    });

    it('should be reached again after a cut, at a URL signed anew, with all that was published meanwhile', async () => {
      const broker = await on.broker(kind, { webSocket: true });
      const proxy = await on.proxy(broker);
      let signatures = 0;
      const signed = () => Promise.resolve(`${proxy.url.replace('mqtt', 'ws')}/mqtt?signature=${++signatures}`);
      const client = on.client(signed, { clientId: 'signed', cleanSession: false });
      const connections = record(client.connection$);
      const lost = record(client.events$.pipe(filter(isDisconnected)));
      const received = record(client.topic$('n', { qos: 2 }));
      await granted(client, 'n');
      for (let cut = 1; cut <= 3; cut++) {
        proxy.cut();
        expect((await lost.first(cut)).at(-1)).to.include({ closeCode: 1006 });
        await firstValueFrom(client.publish('n', String(cut), { qos: 2 }));
        expect((await connections.first(cut + 1)).at(-1)).to.include({ sessionPresent: true });
      }
      expect((await received.first(3)).map((message) => message.text())).to.deep.equal(['1', '2', '3']);
      expect(signatures).to.be.greaterThanOrEqual(4);
    });
  });
}

describe('a WebSocket server', () => {
  const on = brokerStage();

  it('should see a URL signed for each attempt, and its close code and reason show in events$', async () => {
    const server = await webSocketServer();
    let attempts = 0;
    const client = on.client(() => `${server.url}/mqtt?signature=${++attempts}`);
    const lost = record(client.events$.pipe(filter(isDisconnected)));
    client.connection$.subscribe();
    for (const code of [1012, 4000]) {
      const peer = await server.next();
      peer.once('message', () => {
        peer.send(encode({ type: 'connack', reasonCode: 0, sessionPresent: false }));
        peer.close(code, 'restarting');
      });
    }
    const events = await lost.first(2);
    expect(events.map(({ closeCode }) => closeCode)).to.deep.equal([1012, 4000]);
    for (const { cause } of events) expect(cause).to.include({ closeReason: 'restarting' });
    expect(server.requests.slice(0, 2).map(({ url }) => url)).to.deep.equal(['/mqtt?signature=1', '/mqtt?signature=2']);
    await lastValueFrom(client.end({ force: true }), { defaultValue: undefined });
    await server.close();
  });

  it('should be tried again when it answers 401, which says so', async () => {
    let isKnown = false;
    const server = await webSocketServer({ verifyClient: (_, done) => done(isKnown, 401) });
    const client = on.client(server.url);
    const retries = record(client.events$.pipe(filter(isRetry)));
    client.connection$.subscribe();
    const [retry] = await retries.first(1);
    expect(retry!.cause.message).to.contain('401');
    isKnown = true;
    await server.next();
    await lastValueFrom(client.end({ force: true }), { defaultValue: undefined });
    await server.close();
  });

  it('should close the connection of a client that was sent a text frame [MQTT-6.0.0-1]', async () => {
    const server = await webSocketServer();
    const client = on.client(webSocket(server.url));
    const retries = record(client.events$.pipe(filter(isRetry)));
    client.connection$.subscribe();
    (await server.next()).send('hello');
    const [retry] = await retries.first(1);
    expect(retry!.cause).to.include({ code: 'PROTOCOL', clause: 'MQTT-6.0.0-1' });
    await lastValueFrom(client.end({ force: true }), { defaultValue: undefined });
    await server.close();
  });
});

describe('createClient with webSocket', () => {
  const on = brokerStage();

  it('should send header fields, and offer the subprotocol that it is told', async () => {
    const server = await webSocketServer({ handleProtocols: (offered) => [...offered].join() });
    const client = on.client(server.url, {
      webSocket: { headers: { authorization: 'Bearer 1' }, protocols: 'mqttv3.1' },
    });
    client.connection$.subscribe();
    expect((await server.next()).protocol).to.equal('mqttv3.1');
    expect(server.requests[0]!.headers).to.include({ authorization: 'Bearer 1' });
    await lastValueFrom(client.end({ force: true }), { defaultValue: undefined });
    await server.close();
  });

  it('should dial with any class that is like WebSocket', async () => {
    const dialled: string[] = [];
    class Own extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        dialled.push(url);
      }
    }
    const { url } = await on.broker('aedes', { webSocket: true });
    const client = on.client(`${url}/mqtt`, { webSocket: { WebSocketCtor: Own } });
    await firstValueFrom(client.publish('a', 'x', { qos: 2 }));
    expect(dialled).to.deep.equal([`${url}/mqtt`]);
  });

  it('should refuse options that are none', () => {
    expect(() => createClient('ws://localhost', { webSocket: 'mqtt' as never })).to.throw('option webSocket');
  });
});
