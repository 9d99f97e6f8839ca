import { expect } from 'chai';
import { type Observable, Subject, firstValueFrom, of, take, throwError } from 'rxjs';
import { resolveOptions } from '../../lib/client/resolveOptions.js';
import {
  type Authentication,
  type ClientEvent,
  type ClientOptions,
  type ConnectionFailure,
  InvalidOptionsError,
  createClient,
  logTo,
  tcp,
  tls,
  webSocket,
} from '../../lib/index.js';
import { webSocket as browserWebSocket } from '../../lib/index.browser.js';
import { type Authority, type Identity, authority } from '../support/certificates.js';
import { GREETER_KINDS, greeter } from '../support/greeter.js';
import { leaked } from '../support/leaked.js';
import { turn } from '../support/turn.js';
import { watch } from '../support/watch.js';

const PASSWORD = 'pa55-word-of-the-client';
const PASSPHRASE = 'pa55-phrase-of-the-key';
const TOKEN = 'Bearer t0ken-of-the-header';
const SIGNATURE = 's1gnature-of-the-url';
const PROOF = 'pr00f-of-the-client';
const ANSWER = 'pr00f-of-the-server';
const LONG = 'u'.repeat(200); // so that CONNECT is longer than what it is written to at first

describe('secrets', () => {
  let ours: Authority;
  let identity: Identity;
  let secrets: string[];
  const server = greeter(() => identity);

  before(async () => {
    ours = await authority('ours');
    identity = await ours.sign(['127.0.0.1']);
    const line = (pem: string) => pem.split('\n')[1]!;
    secrets = [PASSWORD, PASSPHRASE, TOKEN, SIGNATURE, PROOF, ANSWER, line(identity.key)];
  });

  afterEach(() => server.close());

  /** Only a WebSocket has a path and a query. */
  const queryOf = (kind: string) => (kind.startsWith('ws') ? `/mqtt?signature=${SIGNATURE}` : '');
  const tlsOptions = () => ({
    ca: ours.cert,
    cert: identity.cert,
    key: identity.encryptedKey(PASSPHRASE),
    passphrase: PASSPHRASE,
  });
  const headers = { Authorization: TOKEN };
  const authentication: Authentication = { method: 'HANDSHAKE', data: PROOF, respond: () => [PROOF] };
  /** What MQTT 5 adds: a secret in CONNECT, and properties that are none. */
  const optionsOf = (protocolVersion: 4 | 5): ClientOptions =>
    protocolVersion === 4 ? {} : { protocolVersion, authentication, userProperties: { place: 'kitchen' } };
  const SAID = { authenticationMethod: 'HANDSHAKE', authenticationData: Buffer.from(ANSWER), reasonString: 'said' };

  /** A client with every secret that its transport can have, and all that anybody gets from it. */
  function secretive(url: string, more: ClientOptions = {}) {
    const found: unknown[] = [];
    const { tls: secure, webSocket: web, ...rest } = more;
    const client = createClient(url, {
      clientId: LONG,
      username: 'käthe',
      ...(/^(mqtts|wss):/.test(url) ? { tls: { ...tlsOptions(), ...(secure as object) } } : {}),
      webSocket: { headers, ...web },
      linger: 0,
      retryWhen: (failures: Observable<ConnectionFailure>) => {
        found.push(failures);
        failures.subscribe((failure) => found.push(failure));
        return failures.pipe(take(0)); // gives up
      },
      ...rest,
    });
    const keep = (value: unknown) => found.push(value);
    found.push(client, client.connection$, client.state$, client.events$, client.topic$('a'), client.publish('a'));
    client.events$.subscribe((event: ClientEvent) => found.push(event));
    client.events$.subscribe(logTo({ log: keep }));
    client.state$.subscribe(keep);
    return { client, found, keep };
  }

  for (const [kind, version] of GREETER_KINDS.flatMap(
    (one) =>
      [
        [one, 4],
        [one, 5],
      ] as const,
  )) {
    const over = version === 5 ? `${kind} with MQTT 5` : kind;
    for (const where of ['the options', 'the URL'] as const) {
      it(`should not be in anything that a client over ${over} gives, the password in ${where}`, async () => {
        const address = await server.listen(kind, 0, SAID);
        const inUrl = where === 'the URL';
        const url = `${kind}://${inUrl ? `käthe:${PASSWORD}@` : ''}${address}${queryOf(kind)}`;
        const { client, found, keep } = secretive(url, {
          ...(inUrl ? { username: undefined } : { password: PASSWORD }),
          ...optionsOf(version),
        });
        const connected = firstValueFrom(client.connection$);
        const held = client.connection$.subscribe({ next: keep, error: keep });
        found.push(await connected, held);
        const verbs: Observable<unknown>[] = [
          client.topic$('a/+b'),
          client.publish('a', 'x', { qos: 1 }),
          client.ping(),
        ];
        for (const verb of verbs) {
          found.push(verb.subscribe({ next: keep, error: keep }));
        }
        await turn();
        expect(found.flatMap((value) => leaked(value, secrets))).to.deep.equal([]);
        const [sent, got] = ['packet-sent', 'packet-received'].map((type) =>
          found.find((one) => (one as ClientEvent).type === type),
        );
        if (version === 5) {
          const [greeting] = server.greetings.slice(-1);
          expect([greeting!.includes(PROOF), greeting!.includes(PASSWORD)]).to.deep.equal([true, true]);
          const method = 'packet.properties.authenticationMethod';
          expect(sent).to.have.nested.property(method, 'HANDSHAKE');
          expect(sent)
            .to.have.nested.property('packet.properties.userProperties')
            .deep.equal([['place', 'kitchen']]);
          expect(got).to.have.nested.property(method, 'HANDSHAKE');
        }

        server.cut();
        while (!held.closed) await turn();
        expect(found.flatMap((value) => leaked(value, secrets))).to.deep.equal([]);
        expect(found.filter((value) => (value as ClientEvent).type === 'disconnected')).to.have.length(1);
        watch(client.end({ force: true }));
      });
    }

    for (const [what, returnCode, tlsMore] of [
      ['is refused', 5, {}],
      ['is not there', 0, {}],
      ['cannot be trusted', 0, { ca: undefined }],
    ] as const) {
      if (what === 'cannot be trusted' && !/^(mqtts|wss)$/.test(kind)) continue;
      it(`should not be in the error when a broker over ${over} ${what}`, async () => {
        const address = await server.listen(kind, returnCode, SAID);
        if (what === 'is not there') await server.close();
        const { client, found, keep } = secretive(`${kind}://${address}${queryOf(kind)}`, {
          password: PASSWORD,
          tls: tlsMore,
          ...optionsOf(version),
        });
        const held = watch(client.connection$);
        while (held.ends === 0) await turn();
        keep(held.error);
        expect(found.filter((value) => value instanceof Error)).to.have.length(1);
        expect(found.flatMap((value) => leaked(value, secrets))).to.deep.equal([]);
        watch(client.end({ force: true }));
      });
    }
  }

  it('should not be in options as they are resolved, nor in a transport', async () => {
    const options = { ...optionsOf(5), username: 'u', password: PASSWORD, tls: tlsOptions(), webSocket: { headers } };
    const url = `wss://127.0.0.1/?signature=${SIGNATURE}`;
    for (const value of [
      resolveOptions(options, undefined, Math.random),
      tls({ port: 1, ...tlsOptions() }),
      tcp({ port: 1, connect: () => Promise.reject(new Error(PASSWORD)) }),
      webSocket(url, { headers }),
      browserWebSocket(url, { headers }),
    ]) {
      expect(leaked(value, secrets)).to.deep.equal([]);
    }
    await turn();
  });

  it('should not be in the error when a WebSocket refuses its URL', async () => {
    const refuses = function (text: string) {
      throw Object.assign(new SyntaxError(`The URL '${text}' is invalid`), { input: text });
    };
    for (const [make, url, WebSocketCtor] of [
      [webSocket, `wss://:${SIGNATURE}/?signature=${SIGNATURE}`, undefined],
      [browserWebSocket, `wss://127.0.0.1/?signature=${SIGNATURE}`, refuses],
    ] as const) {
      const given = watch(make(url, { headers, WebSocketCtor: WebSocketCtor as never }));
      while (given.ends === 0) await turn();
      expect(given.error).to.have.property('code', 'INVALID_OPTIONS');
      expect(leaked(given.error, [`signature=${SIGNATURE}`, TOKEN])).to.deep.equal([]);
    }
  });

  it('should not be in the error for an option that is wrong', () => {
    const wrong: [string, object][] = [
      [`mqtt://u:${PASSWORD}@`, {}],
      [`foo://u:${PASSWORD}@h`, {}],
      [`mqtt://u:${PASSWORD}@h/path?signature=${SIGNATURE}`, {}],
      [`wss://u:${PASSWORD}@h/?signature=${SIGNATURE}#fragment`, {}],
      [`mqtt://u:%ff${PASSWORD}@h`, {}],
      [`u:${PASSWORD}@h`, {}],
      ['mqtt://h', { password: PASSWORD }],
      ['mqtt://h', { username: 'u', password: { is: PASSWORD } }],
      ['mqtt://h', { username: 'u', password: PASSWORD.repeat(4_000) }],
      ['mqtts://h', { tls: identity.key }],
      ['mqtts://h', { tls: { ...tlsOptions(), passphrase: `${PASSPHRASE}?`, key: identity.encryptedKey('other') } }],
      ['mqtts://h', { tls: { ...tlsOptions(), key: PASSPHRASE } }],
      ['mqtts://h', { tls: { ...tlsOptions(), cert: identity.key } }],
      ['mqtts://h', { tls: { ...tlsOptions(), ca: identity.key } }],
      ['ws://h', { webSocket: TOKEN }],
      ['mqtt://h', { authentication }],
      ['mqtt://h', { protocolVersion: 5, authentication: PROOF }],
      ['mqtt://h', { protocolVersion: 5, authentication: { ...authentication, data: { is: PROOF } } }],
      ['mqtt://h', { protocolVersion: 5, authentication: { ...authentication, data: PROOF.repeat(4_000) } }],
      ['mqtt://h', { protocolVersion: 5, authentication: { ...authentication, respond: PROOF } }],
      ['mqtt://h', { protocolVersion: 5, authentication: { ...authentication, secret: PROOF } }],
    ];
    for (const [url, options] of wrong) {
      let thrown: unknown;
      try {
        createClient(url, options);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, JSON.stringify(options)).to.be.instanceOf(InvalidOptionsError);
      expect(leaked(thrown, secrets)).to.deep.equal([]);
    }
  });

  it('should not be in what a function of an option that fails makes of them', async () => {
    const given = new Subject<string>();
    const { client, found, keep } = secretive('mqtt://127.0.0.1:1', {
      protocolVersion: 5,
      authentication: () => of(authentication),
      password: () => given,
      will: () => throwError(() => new Error('no will')),
    });
    const held = watch(client.connection$);
    given.next(PASSWORD);
    while (held.ends === 0) await turn();
    keep(held.error);
    expect(found.flatMap((value) => leaked(value, secrets))).to.deep.equal([]);
    watch(client.end({ force: true }));
  });
});
