import { expect } from 'chai';
import { NEVER, Observable, Subject, of, throwError } from 'rxjs';
import type { Authentication } from '../../lib/connection/ConnectionOptions.js';
import { type ClientEvent, type ClientOptions, ServerDisconnectError, logTo } from '../../lib/index.js';
import type { AuthPacket, ConnackPacket } from '../../lib/packet/Packet.js';
import { leaked } from '../support/leaked.js';
import { clientSpecs } from '../support/stage.js';
import { type Watched, watch } from '../support/watch.js';

const METHOD = 'SCRAM-SHA-256';
const [CONTINUE, AGAIN] = [0x18, 0x19];

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

function auth(data?: string, reasonCode = CONTINUE, authenticationMethod: string | undefined = METHOD): AuthPacket {
  const authenticationData = data === undefined ? undefined : bytes(data);
  return { type: 'auth', reasonCode, properties: { authenticationMethod, authenticationData } };
}

function connack(authenticationMethod: string | undefined = METHOD): ConnackPacket {
  return { type: 'connack', sessionPresent: false, reasonCode: 0, properties: { authenticationMethod } };
}

/** An AUTH that the client sent, in short. */
function said({ reasonCode, properties }: AuthPacket) {
  const { authenticationMethod, authenticationData } = properties ?? {};
  return [reasonCode, authenticationMethod, authenticationData && text(authenticationData)];
}

clientSpecs(
  'enhanced authentication',
  (stage) => {
    let challenges: string[];
    let authentication: Authentication;

    beforeEach(() => {
      challenges = [];
      authentication = {
        method: METHOD,
        data: 'hello',
        respond: (challenge) => {
          challenges.push(text(challenge));
          return of(`${text(challenge)}!`);
        },
      };
    });

    /** A client whose CONNECT the broker has, and has not answered. */
    async function connecting(options: ClientOptions = {}) {
      stage.broker.connack = 'silent';
      const client = stage.client({ authentication, ...options });
      const events: ClientEvent[] = [];
      client.events$.subscribe((event) => events.push(event));
      const held = watch<unknown>(client.connection$);
      await stage.settle();
      const server = stage.broker.current;
      const [connect] = server.take('connect');
      return { client, held, server, connect: connect!, events };
    }

    /** One that the broker accepted. */
    async function connected(options: ClientOptions = {}) {
      const all = await connecting(options);
      all.server.send(connack());
      await stage.settle();
      return all;
    }

    const failures = (events: readonly ClientEvent[]) =>
      events.flatMap((event) => (event.type === 'retry' ? [event.cause] : []));

    describe('before CONNACK', () => {
      it('should begin with method and data in CONNECT', async () => {
        const { connect } = await connecting();
        expect(connect.properties).to.include({ authenticationMethod: METHOD });
        expect(text(connect.properties!.authenticationData)).to.equal('hello');
      });

      it('should take any number of rounds [MQTT5-4.12.0-2] [MQTT5-4.12.0-3]', async () => {
        const { server, held } = await connecting();
        for (const round of ['one', 'two', 'three']) {
          server.send(auth(round));
          await stage.settle();
          expect(server.take('auth').map(said)).to.deep.equal([[CONTINUE, METHOD, `${round}!`]]);
        }
        server.send(connack());
        await stage.settle();
        expect(challenges).to.deep.equal(['one', 'two', 'three']);
        expect(held.values).to.have.length(1);
      });

      it('should answer with the first value that respond gives, be it late, and leave the rest', async () => {
        const answer = new Subject<Uint8Array>();
        const { server } = await connecting({ authentication: { ...authentication, respond: () => answer } });
        server.send(auth('one'));
        await stage.settle();
        expect(server.take('auth')).to.deep.equal([]);
        answer.next(bytes('first'));
        await stage.settle();
        expect(answer.observed).to.equal(false);
        expect(server.take('auth').map(said)).to.deep.equal([[CONTINUE, METHOD, 'first']]);
      });

      it('should give respond no challenge when AUTH has no data, and take promises', async () => {
        const given: unknown[] = [];
        const respond = (challenge: unknown) => Promise.resolve(String(given.push(challenge)));
        const { server } = await connecting({ authentication: { method: METHOD, respond } });
        server.send(auth());
        await stage.settle();
        expect(given).to.deep.equal([undefined]);
        expect(server.take('auth').map(said)).to.deep.equal([[CONTINUE, METHOD, '1']]);
      });

      it('should ask an option that is a function at every attempt', async () => {
        let asked = 0;
        const options = { authentication: () => of({ ...authentication, data: `hello ${++asked}` }) };
        const { server } = await connecting(options);
        server.close();
        await stage.tick(1_000);
        const [connect] = stage.broker.current.take('connect');
        expect(text(connect!.properties!.authenticationData)).to.equal('hello 2');
      });

      it('should begin connackTimeout anew at each round', async () => {
        const { server, held, events } = await connecting({ connackTimeout: 1_000 });
        for (const round of ['one', 'two', 'three']) {
          await stage.tick(900);
          server.send(auth(round));
        }
        await stage.tick(900);
        server.send(connack());
        await stage.tick(5_000);
        expect(held.values).to.have.length(1);
        expect(failures(events)).to.deep.equal([]);
      });

      it('should not wait longer than connackTimeout for CONNACK, nor for respond', async () => {
        const { server, events } = await connecting({ connackTimeout: 1_000 });
        server.send(auth('one'));
        await stage.tick(1_000);
        expect(failures(events)[0]).to.include({ code: 'CONNECT_TIMEOUT' });
        expect(server.hungUp).to.equal(true);

        let left = 0;
        const respond = () => new Observable<string>(() => () => left++);
        const other = await connecting({ connackTimeout: 1_000, authentication: { method: METHOD, respond } });
        other.server.send(auth('one'));
        await stage.tick(1_000);
        expect(failures(other.events)[0])
          .to.include({ code: 'CONNECT_TIMEOUT' })
          .and.match(/respond/);
        expect(left).to.equal(1);
      });

      it('should end the attempt when respond fails, with its error as the cause, and try again', async () => {
        const wrong = new Error('no ticket');
        const respond = () => throwError(() => wrong);
        const { server, events } = await connecting({ authentication: { method: METHOD, respond } });
        server.send(auth('one'));
        await stage.settle();
        expect(failures(events)[0]).to.include({ code: 'CONNECTION_FAILED', cause: wrong });
        expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x80 }]);
        await stage.tick(1_000);
        expect(stage.broker.connections).to.have.length(2);
      });

      for (const [what, respond, code] of [
        [
          'throws',
          () => {
            throw new Error('no');
          },
          'CONNECTION_FAILED',
        ],
        ['gives nothing', () => [], 'CONNECTION_FAILED'],
        ['errs with one of our errors', () => throwError(() => new ServerDisconnectError(0x87)), 'SERVER_DISCONNECT'],
        ['gives what is no bytes', () => [7], 'INVALID_OPTIONS'],
      ] as const) {
        it(`should end the attempt when respond ${what}`, async () => {
          const options = { authentication: { method: METHOD, respond } as unknown as Authentication };
          const { server, held, events } = await connecting(options);
          server.send(auth('one'));
          await stage.settle();
          expect([held.error, ...failures(events)].filter(Boolean)).to.have.nested.property('[0].code', code);
          expect(server.hungUp).to.equal(true);
        });
      }

      for (const [what, answer, clause] of [
        ['AUTH with another method', auth('one', CONTINUE, 'PLAIN'), '4.12.0-5'],
        ['AUTH 0x00', auth('one', 0), 'section 4.12'],
        ['AUTH 0x19', auth('one', AGAIN), 'section 4.12'],
        ['CONNACK with another method', connack('PLAIN'), '4.12.0-5'],
        ['CONNACK without a method', { ...connack(), properties: undefined }, '4.12.0-5'],
      ] as const) {
        it(`should hang up on ${what}, and say why [MQTT5-4.12.0-5]`, async () => {
          const { server, held, events } = await connecting();
          server.send(answer);
          await stage.settle();
          expect(failures(events)[0]).to.include({ code: 'PROTOCOL' }).and.match(new RegExp(clause));
          expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x82 }]);
          expect([server.hungUp, held.values]).to.deep.equal([true, []]);
          expect(challenges).to.deep.equal([]);
        });
      }

      it('should hang up on a challenge while it answers another', async () => {
        const answer = new Subject<string>();
        const { server, events } = await connecting({ authentication: { ...authentication, respond: () => answer } });
        server.send(auth('one'), auth('two'));
        await stage.settle();
        expect(failures(events)[0]).to.include({ code: 'PROTOCOL' });
        expect(answer.observed).to.equal(false);
      });

      for (const [what, answer] of [
        ['AUTH', auth('one')],
        ['an authentication method in CONNACK', connack()],
      ] as const) {
        it(`should hang up on ${what} if it did not ask for authentication [MQTT5-4.12.0-6]`, async () => {
          const { server, events } = await connecting({ authentication: undefined });
          server.send(answer);
          await stage.settle();
          expect(failures(events)[0])
            .to.include({ code: 'PROTOCOL' })
            .and.match(/4\.12\.0-6/);
        });
      }

      it('should give up when the server refuses the method [MQTT5-4.12.0-1] [MQTT5-4.12.0-4]', async () => {
        const { server, held } = await connecting();
        server.send(auth('one'), { type: 'connack', sessionPresent: false, reasonCode: 0x8c });
        server.close();
        await stage.settle();
        expect(held.error).to.include({ code: 'CONNECTION_REFUSED', reasonCode: 0x8c });
      });

      it('should release everything when nobody needs the connection any more', async () => {
        const answer = new Subject<string>();
        const options = { linger: 0, authentication: { ...authentication, respond: () => answer } };
        const { server, held } = await connecting(options);
        server.send(auth('one'));
        await stage.settle();
        held.unsubscribe();
        await stage.tick(0);
        expect([answer.observed, server.open, stage.clock.countTimers()]).to.deep.equal([false, false, 0]);
      });
    });

    it('should send nothing but AUTH before CONNACK [MQTT5-3.1.2-30]', async () => {
      const { client, server } = await connecting();
      const published = watch(client.publish('a', 'x', { qos: 1 }));
      watch(client.topic$('b'));
      watch(client.ping());
      watch(client.reauthenticate());
      server.send(auth('one'));
      await stage.settle();
      expect(server.take().map(({ type }) => type)).to.deep.equal(['auth']);
      server.send(connack());
      await stage.settle();
      expect(published.completed).to.equal(true);
      server.send(auth(undefined, 0));
    });

    it('should say method and data in AUTH, and nothing else [MQTT5-3.15.2-2] [MQTT5-3.15.2-3]', async () => {
      const { server } = await connecting();
      server.send(auth('one'));
      await stage.settle();
      const [answer] = server.take('auth');
      expect(answer!.properties).to.have.all.keys('authenticationMethod', 'authenticationData');
    });

    describe('again, on a living connection', () => {
      it('should send AUTH 0x19 with method and data, and complete on AUTH 0x00 [MQTT5-4.12.1-1]', async () => {
        const { client, server } = await connected();
        const again = watch(client.reauthenticate());
        await stage.settle();
        expect(server.take('auth').map(said)).to.deep.equal([[AGAIN, METHOD, 'hello']]);
        server.send(auth('one'));
        await stage.settle();
        expect(server.take('auth').map(said)).to.deep.equal([[CONTINUE, METHOD, 'one!']]);
        expect(again.ends).to.equal(0);
        server.send(auth(undefined, 0));
        await stage.settle();
        expect(again).to.deep.include({ values: [undefined], completed: true });
        expect(stage.clock.countTimers()).to.equal(1); // the keep-alive
      });

      it('should take AUTH 0x00 that leaves out everything', async () => {
        const { client, server } = await connected();
        const again = watch(client.reauthenticate());
        server.sendBytes(Uint8Array.of(0xf0, 0));
        await stage.settle();
        expect(again.completed).to.equal(true);
      });

      it('should be cold, and go on with everything else meanwhile', async () => {
        const { client, server } = await connected();
        const again$ = client.reauthenticate();
        await stage.settle();
        expect(server.take('auth')).to.deep.equal([]);
        watch(again$);
        const published = watch(client.publish('a', 'x', { qos: 1 }));
        await stage.settle();
        expect(published.completed).to.equal(true);
      });

      it('should ask the option anew', async () => {
        let token = 0;
        const option = () => {
          const data = `token ${++token}`;
          return Promise.resolve({ method: METHOD, data, respond: () => of(`answer of ${data}`) });
        };
        const { client, server } = await connected({ authentication: option });
        watch(client.reauthenticate());
        await stage.settle();
        server.send(auth('one'));
        await stage.settle();
        expect(server.take('auth').map(said)).to.deep.equal([
          [AGAIN, METHOD, 'token 2'],
          [CONTINUE, METHOD, 'answer of token 2'],
        ]);
      });

      it('should wait for a connection', async () => {
        stage.broker.connack = 'silent';
        const client = stage.client({ authentication });
        const again = watch(client.reauthenticate());
        await stage.settle();
        const server = stage.broker.current;
        server.send(connack());
        await stage.settle();
        expect(server.take('auth').map(said)).to.deep.equal([[AGAIN, METHOD, 'hello']]);
        server.send(auth(undefined, 0));
        await stage.settle();
        expect(again.completed).to.equal(true);
      });

      it('should go one after the other', async () => {
        const { client, server } = await connected();
        const all = [1, 2, 3].map(() => watch(client.reauthenticate()));
        for (const [place, one] of all.entries()) {
          await stage.settle();
          expect(server.take('auth')).to.have.length(1);
          expect(all.map(({ completed }) => completed)).to.deep.equal(all.map((_, other) => other < place));
          server.send(auth(undefined, 0));
          await stage.settle();
          expect(one.completed).to.equal(true);
        }
      });

      it('should begin another that is asked for in a completion, once', async () => {
        const { client, server } = await connected();
        let second: Watched<void> | undefined;
        client.reauthenticate().subscribe({ complete: () => (second = watch(client.reauthenticate())) });
        const third = watch(client.reauthenticate());
        for (let times = 0; times < 3; times++) {
          await stage.settle();
          expect(server.take('auth')).to.have.length(1);
          server.send(auth(undefined, 0));
          await stage.settle();
        }
        expect([second!.completed, third.completed]).to.deep.equal([true, true]);
      });

      it('should be withdrawn by an unsubscribe until AUTH is sent, and run on from then on', async () => {
        const options = [new Subject<Authentication>(), new Subject<Authentication>()];
        let asked = 0;
        const { client, server } = await connected({
          authentication: () => (asked++ === 0 ? of(authentication) : options[asked - 2]!),
        });
        const first = watch(client.reauthenticate());
        const second = watch(client.reauthenticate());
        const third = watch(client.reauthenticate());
        third.unsubscribe();
        first.unsubscribe();
        expect(options[0]!.observed).to.equal(false);
        options[1]!.next(authentication);
        await stage.settle();
        expect(server.take('auth')).to.have.length(1);
        second.unsubscribe();
        server.send(auth('one'));
        await stage.settle();
        expect(server.take('auth').map(said)).to.deep.equal([[CONTINUE, METHOD, 'one!']]);
        server.send(auth(undefined, 0));
        await stage.settle();
        expect([server.open, asked]).to.deep.equal([true, 3]);
      });

      it('should err with ServerDisconnectError when the server hangs up [MQTT5-4.12.1-2]', async () => {
        const { client, server } = await connected();
        const all = [watch(client.reauthenticate()), watch(client.reauthenticate())];
        server.send({ type: 'disconnect', reasonCode: 0x87 });
        server.close();
        await stage.settle();
        for (const { error } of all) expect(error).to.include({ code: 'SERVER_DISCONNECT', reasonCode: 0x87 });
      });

      it('should let a retry in reaction to a loss go to the next connection', async () => {
        const { client, server } = await connected();
        let later: Watched<void> | undefined;
        client.reauthenticate().subscribe({ error: () => (later = watch(client.reauthenticate())) });
        server.fail();
        await stage.tick(1_000);
        stage.broker.current.send(connack());
        await stage.settle();
        expect(stage.broker.current.take('auth').map(said)).to.deep.equal([[AGAIN, METHOD, 'hello']]);
        stage.broker.current.send(auth(undefined, 0));
        await stage.settle();
        expect(later!.completed).to.equal(true);
      });

      for (const [what, respond, ms, code] of [
        ['respond fails', () => throwError(() => new Error('no')), 0, 'CONNECTION_FAILED'],
        ['respond is silent for connackTimeout', () => NEVER, 5_000, 'CONNECT_TIMEOUT'],
      ] as const) {
        it(`should end the connection when ${what}, and say so [MQTT5-4.12.1-2]`, async () => {
          const { client, server, held } = await connected({ authentication: { ...authentication, respond } });
          const again = watch(client.reauthenticate());
          server.send(auth('one'));
          await stage.tick(ms);
          expect(again.error).to.include({ code });
          expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x80 }]);
          expect([server.hungUp, held.ends]).to.deep.equal([true, 0]);
        });
      }

      it('should end the connection when the server does not answer within connackTimeout', async () => {
        const { client, server } = await connected({ connackTimeout: 1_000 });
        const again = watch(client.reauthenticate());
        await stage.tick(1_000);
        expect(again.error).to.include({ code: 'CONNECT_TIMEOUT' });
        expect(server.hungUp).to.equal(true);
      });

      it('should keep the connection when the option fails or names another method, and nothing was sent', async () => {
        let asked = 0;
        const options: (() => Observable<Authentication>)[] = [
          () => of(authentication),
          () => throwError(() => new Error('no token')),
          () => of({ ...authentication, method: 'PLAIN' }),
          () => of(undefined as unknown as Authentication),
        ];
        const { client, server } = await connected({ authentication: () => options[asked++]!() });
        for (const code of ['CONNECTION_FAILED', 'INVALID_OPTIONS', 'INVALID_OPTIONS']) {
          expect(watch(client.reauthenticate()).error).to.include({ code });
        }
        await stage.settle();
        expect([server.open, server.take('auth'), asked]).to.deep.equal([true, [], 4]);
      });

      for (const [what, packet] of [
        ['0x18', auth('one')],
        ['0x00', auth(undefined, 0)],
        ['0x19', auth(undefined, AGAIN)],
      ] as const) {
        it(`should hang up on AUTH ${what} that nobody asked for, and say why`, async () => {
          const { server, events } = await connected();
          server.send(packet);
          await stage.settle();
          expect(failures(events)[0]).to.include({ code: 'PROTOCOL' });
          expect(server.take('disconnect')).to.deep.equal([{ type: 'disconnect', reasonCode: 0x82 }]);
        });
      }

      it('should err with NotSupportedError where there is no authentication, and send no AUTH [MQTT5-4.12.0-7]', async () => {
        stage.broker.connack = {};
        const { client } = await stage.online();
        expect(watch(client.reauthenticate()).error).to.include({ code: 'NOT_SUPPORTED' });
        const some = await stage.online({ authentication: () => of(undefined) });
        expect(watch(some.client.reauthenticate()).error).to.include({ code: 'NOT_SUPPORTED' });
        expect(stage.sent()).not.to.include('auth');
        const old = stage.client({ protocolVersion: 4 });
        expect(watch(old.reauthenticate()).error).to.include({ code: 'NOT_SUPPORTED' });
      });

      it('should err with ClientEndedError when the client ends, and afterwards', async () => {
        const { client } = await connected();
        const again = watch(client.reauthenticate());
        watch(client.end({ force: true }));
        await stage.settle();
        expect(again.error).to.include({ code: 'CLIENT_ENDED' });
        expect(watch(client.reauthenticate()).error).to.include({ code: 'CLIENT_ENDED' });
      });
    });

    it('should show its data to nobody', async () => {
      const secrets = ['hello-s3cret', 'ch4llenge', 'answ3r', 'fin4l'];
      const found: unknown[] = [];
      const keep = (value: unknown) => found.push(value);
      const respond = () => of('answ3r');
      stage.broker.connack = 'silent';
      const client = stage.client({ authentication: { method: METHOD, data: 'hello-s3cret', respond } });
      client.events$.subscribe(keep);
      client.events$.subscribe(logTo({ log: keep }));
      client.state$.subscribe(keep);
      keep(client.connection$.subscribe({ next: keep, error: keep }));
      keep(client.reauthenticate().subscribe({ error: keep }));
      keep(client);
      await stage.settle();
      const server = stage.broker.current;
      server.send(auth('ch4llenge'));
      await stage.settle();
      const final = connack();
      server.send({ ...final, properties: { ...final.properties, authenticationData: bytes('fin4l') } });
      await stage.settle();
      server.send(auth('ch4llenge'));
      await stage.settle();
      expect(server.take('auth').map(said)).to.deep.equal([
        [CONTINUE, METHOD, 'answ3r'],
        [AGAIN, METHOD, 'hello-s3cret'],
        [CONTINUE, METHOD, 'answ3r'],
      ]);
      const shown = found.filter((value) => (value as Partial<ClientEvent>).type?.startsWith('packet'));
      expect(shown.length).to.be.at.least(7);
      expect(found.flatMap((value) => leaked(value, secrets))).to.deep.equal([]);
    });
  },
  [5],
);
