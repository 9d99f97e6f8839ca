import { expect } from 'chai';
import { defer, of } from 'rxjs';
import { createClientWith } from '../../lib/client/createClient.js';
import {
  type ClientEvent,
  type ClientOptions,
  InvalidOptionsError,
  type MqttClient,
  type MqttError,
  backoff,
  createClient,
  isFatal,
} from '../../lib/index.js';
import type { Packet } from '../../lib/packet/Packet.js';
import { connackBy } from '../support/connackBy.js';
import { leaked } from '../support/leaked.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const [USE_ANOTHER, MOVED] = [0x9c, 0x9d];

clientSpecs(
  'a server that names another one',
  (stage) => {
    describe('with the option followServerReference', () => {
      let dialled: string[];
      let clients: MqttClient[];

      beforeEach(() => {
        dialled = [];
        clients = [];
      });

      afterEach(async () => {
        for (const client of clients) watch(client.end({ force: true }));
        await stage.settle();
      });

      /** A client that dials the scripted broker whatever the URL says, and what it went through. */
      function client(options: ClientOptions) {
        const dial = (url: URL) =>
          defer(() => {
            dialled.push(`${url.protocol}//${url.host}${url.pathname}`);
            return stage.broker.transport;
          });
        const made = createClientWith({ mqtt: dial, mqtts: dial, ws: dial, 'mqtt+unix': dial })({
          server: 'mqtt://first',
          clientId: 'spec',
          protocolVersion: 5,
          retryWhen: backoff({ min: 1_000, factor: 2, jitter: 0 }),
          ...options,
        });
        clients.push(made);
        const events: ClientEvent[] = [];
        made.events$.subscribe((event) => events.push(event));
        return { client: made, events };
      }

      /** The same, when the broker has sent the client elsewhere at once. */
      async function sentAway(options: ClientOptions, reasonCode: number, serverReference?: string) {
        const { client: made, events } = client(options);
        stage.broker.connack = { reasonCode, properties: { serverReference } };
        const held = watch<unknown>(made.connection$);
        await stage.settle();
        stage.broker.connack = {};
        return { client: made, held, events, error: () => firstError(held, events) };
      }

      function firstError(held: Watched<unknown>, events: readonly ClientEvent[]): MqttError {
        const [retry] = events.flatMap((event) => (event.type === 'retry' ? [event.cause] : []));
        return retry ?? (held.error as MqttError);
      }

      const hangUp = async (packet: Packet) => {
        stage.broker.current.send(packet);
        stage.broker.current.close();
        await stage.settle();
      };

      for (const follow of [undefined, false] as const) {
        it(`should go nowhere when it is ${String(follow)}`, async () => {
          const { error, held } = await sentAway({ followServerReference: follow }, USE_ANOTHER, 'second');
          expect(error()).to.include({ reasonCode: USE_ANOTHER, serverReference: 'second', isFollowed: false });
          await stage.tick(1_000);
          expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://first']);
          expect(held.values).to.have.length(1);

          const moved = await sentAway({ followServerReference: follow }, MOVED, 'second');
          expect(moved.held.error).to.include({ reasonCode: MOVED, isFollowed: false });
        });
      }

      for (const how of ['CONNACK', 'DISCONNECT'] as const) {
        const send = async (options: ClientOptions, reasonCode: number, serverReference: string) => {
          if (how === 'CONNACK') return sentAway(options, reasonCode, serverReference);
          const { client: made, events } = client(options);
          const held = watch<unknown>(made.connection$);
          await stage.settle();
          await hangUp({ type: 'disconnect', reasonCode, properties: { serverReference } });
          held.values.length = 0;
          return { client: made, held, events, error: () => firstError(held, events) };
        };

        it(`should go there for one attempt on ${how} 0x9c, and come back (MQTT5 section 4.11)`, async () => {
          const { held, error } = await send({ followServerReference: true }, USE_ANOTHER, 'second');
          expect(error()).to.include({ isFollowed: true });
          await stage.tick(1_000);
          expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://second']);
          expect(held.values).to.have.length(1).and.have.nested.property('[0].server', 'mqtt://second');
          await stage.tick(10_000);
          stage.broker.current.fail();
          await stage.tick(1_000);
          expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://second', 'mqtt://first']);
        });

        it(`should go there from then on on ${how} 0x9d, which is not fatal then`, async () => {
          const { held, error } = await send({ followServerReference: true }, MOVED, 'second');
          expect(error()).to.include({ isFollowed: true });
          expect(isFatal(error())).to.equal(false);
          for (let times = 0; times < 3; times++) {
            await stage.tick(10_000);
            expect(held.values).to.have.length(times + 1);
            stage.broker.current.fail();
          }
          await stage.tick(10_000);
          expect(dialled).to.deep.equal(['mqtt://first', ...new Array<string>(4).fill('mqtt://second')]);
        });
      }

      it('should go where a server to which it moved says it moved', async () => {
        await sentAway({ followServerReference: true }, MOVED, 'second');
        stage.broker.connack = { reasonCode: MOVED, properties: { serverReference: 'third' } };
        await stage.tick(1_000);
        stage.broker.connack = {};
        await stage.tick(2_000);
        expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://second', 'mqtt://third']);
      });

      for (const [url, reference, expected] of [
        ['mqtt://first:8000', 'second', ['mqtt://second']],
        ['mqtts://first:8000', 'second:1', ['mqtts://second:1']],
        ['ws://first/mqtt', '10.10.151.22:8883', ['ws://10.10.151.22:8883/mqtt']],
        ['mqtt://first', '[fe80::9610:3eff:fe1c]:1883', ['mqtt://[fe80::9610:3eff:fe1c]:1883']],
        ['mqtt://first', '[fe80::1]', ['mqtt://[fe80::1]']],
        ['mqtt://first', ' one:1  two ', ['mqtt://one:1', 'mqtt://two']],
      ] as const) {
        it(`should understand "${reference}" from ${url}: ${expected.join(', ')} (MQTT5 section 4.11)`, async () => {
          const retryWhen = backoff({ min: 1_000, factor: 1, jitter: 0 });
          await sentAway({ server: url, followServerReference: true, retryWhen }, MOVED, reference);
          stage.broker.dial = 'refuse';
          await stage.tick(expected.length * 1_000);
          expect(dialled.slice(1).map((one) => one.replace(/\/$/, ''))).to.deep.equal(expected);
        });
      }

      it('should try the servers of a reference in turn, one each time it is sent there', async () => {
        const retryWhen = backoff({ min: 1_000, factor: 1, jitter: 0 });
        await sentAway({ followServerReference: true, retryWhen }, USE_ANOTHER, 'one two');
        stage.broker.connack = { reasonCode: USE_ANOTHER, properties: { serverReference: 'one two' } };
        await stage.tick(3_000);
        expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://one', 'mqtt://two', 'mqtt://one']);
      });

      it('should take user name and password of the present URL along, and show them to nobody', async () => {
        const server = 'mqtt://k%C3%A4the:s3cret%2Fword@first';
        const {
          client: made,
          error,
          events,
        } = await sentAway({ server, followServerReference: true }, MOVED, 'second');
        await stage.tick(1_000);
        const [connect] = stage.broker.current.take('connect');
        expect(connect).to.include({ username: 'käthe' });
        expect(Buffer.from(connect!.password!).toString()).to.equal('s3cret/word');
        expect([made, error(), ...events].flatMap((value) => leaked(value, ['s3cret/word']))).to.deep.equal([]);
      });

      for (const [what, server, reference] of [
        ['there is none', 'mqtt://first', undefined],
        ['it is empty', 'mqtt://first', ''],
        ['it is a URL', 'mqtt://first', 'mqtt://second'],
        ['it holds credentials', 'mqtt://first', 'user@second'],
        ['it has a path', 'mqtt://first', 'second/mqtt'],
        ['its port is none', 'mqtt://first', 'second:99999'],
        ['one of several is wrong', 'mqtt://first', 'second third:x'],
        ['the present server is a Unix socket', 'mqtt+unix:///run/mqtt', 'second'],
        ['the present server is a transport', undefined, 'second'],
      ] as const) {
        it(`should keep to the error when ${what}, and say so in its message`, async () => {
          const options = { server: server ?? stage.broker.transport, followServerReference: true };
          const { error } = await sentAway(options, MOVED, reference);
          expect(error()).to.include({ code: 'CONNECTION_REFUSED', isFollowed: false });
          expect(error().message).to.match(/0x9d; no other server is tried: /);
          expect(isFatal(error())).to.equal(true);
        });
      }

      it('should ask a function, which may name any server', async () => {
        const asked: unknown[] = [];
        const follow: ClientOptions['followServerReference'] = (reference, connection) => {
          asked.push([reference, connection]);
          return `mqtts://${reference}.example`;
        };
        const server = 'mqtt://käthe:secret@first';
        await sentAway({ server, followServerReference: follow }, USE_ANOTHER, 'zone-7');
        await stage.tick(1_000);
        expect(asked).to.deep.equal([['zone-7', { server: 'mqtt://first' }]]);
        expect(dialled).to.deep.equal(['mqtt://first', 'mqtts://zone-7.example']);
      });

      for (const [what, option] of [
        ['a list', ['mqtt://one', 'mqtt://two']],
        ['a function', () => of('mqtt://one')],
      ] as const) {
        it(`should take what a function gives if it is ${what}`, async () => {
          await sentAway({ followServerReference: () => option }, MOVED, 'x');
          await stage.tick(1_000);
          expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://one']);
        });
      }

      it('should stay when the function says so, without another word', async () => {
        const { error } = await sentAway({ followServerReference: () => undefined }, MOVED, 'second');
        expect(error().message).not.to.match(/no other/);
        expect(isFatal(error())).to.equal(true);
      });

      for (const [what, follow] of [
        [
          'throws',
          () => {
            throw new Error('not there');
          },
        ],
        ['gives what is no address', () => 'second'],
        ['gives a scheme that there is not', () => 'foo://second'],
      ] as const) {
        it(`should keep to the error when the function ${what}`, async () => {
          const { error } = await sentAway({ followServerReference: follow }, MOVED, 'second');
          expect(error()).to.include({ reasonCode: MOVED, isFollowed: false });
          expect(error().message).to.match(/no other server is tried: .*(not there|expected)/);
        });
      }

      it('should not follow what comes with another reason code, nor with CONNACK 0', async () => {
        await sentAway({ followServerReference: true }, 0x89, 'second');
        stage.broker.connack = { properties: { serverReference: 'second' } };
        await stage.tick(1_000);
        stage.broker.current.fail();
        await stage.tick(1_000);
        expect(new Set(dialled)).to.deep.equal(new Set(['mqtt://first']));
      });

      it('should wait longer and longer while servers send it round in a circle', async () => {
        const { client: made } = client({ followServerReference: true });
        const circle: Record<string, string> = { first: 'second', second: 'third', third: 'first' };
        const host = () => new URL(dialled.at(-1) ?? '').host;
        connackBy(stage.broker, () => ({ reasonCode: MOVED, properties: { serverReference: circle[host()] } }));
        watch<unknown>(made.connection$);
        await stage.settle();
        await stage.tick(31_000);
        expect(dialled).to.deep.equal(
          ['first', 'second', 'third', 'first', 'second', 'third'].map((host) => `mqtt://${host}`),
        );
      });

      it('should go on with the next server of a list after a detour', async () => {
        const server = ['mqtt://first', 'mqtt://other'];
        await sentAway({ server, followServerReference: true }, USE_ANOTHER, 'second');
        await stage.tick(11_000);
        stage.broker.current.fail();
        await stage.tick(1_000);
        expect(dialled).to.deep.equal(['mqtt://first', 'mqtt://second', 'mqtt://other']);
      });
    });

    it('should be refused as an option that is neither boolean nor function, and under MQTT 3.1.1', () => {
      const server = 'mqtt://first';
      expect(() => createClient({ server, protocolVersion: 5, followServerReference: 'yes' as never }))
        .to.throw(InvalidOptionsError)
        .with.property('option', 'followServerReference');
      expect(() => createClient({ server, followServerReference: true })).to.throw(InvalidOptionsError, 'MQTT 5');
    });
  },
  [5],
);
