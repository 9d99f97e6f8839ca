import { expect } from 'chai';
import { type Format, buildSync } from 'esbuild';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import * as browser from '../lib/index.browser.js';
import type * as Library from '../lib/index.js';

const ROOT = join(import.meta.dirname, '..');

/** One error of each class. */
const errorsOf = (library: typeof Library): Record<string, Library.MqttError> => ({
  ConnectionRefusedError: new library.ConnectionRefusedError(4),
  ConnectionFailedError: new library.ConnectionFailedError('x'),
  ConnectionLostError: new library.ConnectionLostError('x'),
  ServerDisconnectError: new library.ServerDisconnectError(0x8e),
  ConnectTimeoutError: new library.ConnectTimeoutError('x'),
  CertificateError: new library.CertificateError('x', 'SELF_SIGNED'),
  KeepAliveTimeoutError: new library.KeepAliveTimeoutError('x'),
  ReceiveOverflowError: new library.ReceiveOverflowError(2, 1),
  ProtocolError: new library.ProtocolError('x', 'MQTT-2.2.2-2'),
  PacketTooLargeError: new library.PacketTooLargeError(2, 1),
  SubscriptionRefusedError: new library.SubscriptionRefusedError('a'),
  PublishRefusedError: new library.PublishRefusedError('a', 'x'),
  PublishUnfinishedError: new library.PublishUnfinishedError('a', new library.OfflineError('x')),
  InvalidTopicError: new library.InvalidTopicError('a', 'x'),
  InvalidArgumentError: new library.InvalidArgumentError('a', 'x'),
  InvalidOptionsError: new library.InvalidOptionsError('a', 'x'),
  NotSupportedError: new library.NotSupportedError('x'),
  QueueOverflowError: new library.QueueOverflowError('x'),
  OfflineError: new library.OfflineError('x'),
  SessionLostError: new library.SessionLostError('x'),
  MessageExpiredError: new library.MessageExpiredError('x'),
  UndecodableError: new library.UndecodableError('a', 'x'),
  RequestTimeoutError: new library.RequestTimeoutError('a', 1, 'answer'),
  RequestFailedError: new library.RequestFailedError('a', 'x'),
  StoreError: new library.StoreError('open', 'x'),
  ClientEndedError: new library.ClientEndedError('x'),
});

describe('two copies of the package in one process, ES modules and CommonJS', () => {
  let folder: string;
  let esm: typeof Library;
  let cjs: typeof Library;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tortoise-rx-copies-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const build = (format: Format, file: string) => {
      const outfile = join(folder, file);
      const entryPoints = [join(ROOT, 'lib/index.ts')];
      buildSync({ entryPoints, outfile, format, bundle: true, platform: 'node', packages: 'external' });
      return outfile;
    };
    esm = (await import(pathToFileURL(build('esm', 'copy.mjs')).href)) as typeof Library;
    cjs = createRequire(import.meta.url)(build('cjs', 'copy.cjs')) as typeof Library;
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Each copy, and the other one. */
  const pairs = () => [
    [esm, cjs],
    [cjs, esm],
  ] as const; // prettier-ignore

  it('should be two', () => {
    expect(esm.MqttError).not.to.equal(cjs.MqttError);
    expect(Object.keys(errorsOf(esm)).sort()).to.deep.equal(
      Object.keys(esm).filter((name) => name.endsWith('Error') && name !== 'MqttError' && name !== 'isMqttError').sort(), // prettier-ignore
    );
  });

  it('should know the errors of each other, and tell them apart', () => {
    for (const [one, other] of pairs()) {
      for (const [name, error] of Object.entries(errorsOf(other))) {
        expect(error, name).to.be.instanceOf(one.MqttError).and.instanceOf(Error);
        expect(one.isMqttError(error), name).to.equal(true);
        const classes = Object.keys(errorsOf(one)).filter((each) => error instanceof (one[each as never] as typeof Error)); // prettier-ignore
        expect(classes).to.deep.equal([name]);
      }
    }
  });

  it('should take nothing else for an error of theirs', () => {
    class Mine extends Error {
      readonly code = 'CONNECTION_LOST';
    }
    for (const { isMqttError, MqttError, ConnectionLostError } of [esm, cjs]) {
      for (const value of [new Mine(), { code: 'CONNECTION_LOST' }, null, undefined, 'CONNECTION_LOST', 7]) {
        expect(isMqttError(value)).to.equal(false);
        expect((value as unknown) instanceof MqttError).to.equal(false);
        expect((value as unknown) instanceof ConnectionLostError).to.equal(false);
      }
    }
  });

  it('should agree on what is fatal', () => {
    for (const [one, other] of pairs()) {
      const fatal = Object.entries(errorsOf(other)).filter(([, error]) => one.isFatal(error));
      expect(fatal.map(([name]) => name)).to.deep.equal([
        'ConnectionRefusedError',
        'ServerDisconnectError',
        'CertificateError',
        'InvalidOptionsError',
        'NotSupportedError',
        'StoreError',
        'ClientEndedError',
      ]);
      expect(one.isFatal(new other.ConnectionRefusedError(3))).to.equal(false);
      expect(one.isFatal(new other.ServerDisconnectError(0x8b))).to.equal(false);
      expect(one.isFatal(new other.CertificateError('x', 'CERT_HAS_EXPIRED'))).to.equal(false);
    }
  });

  it('should let an application derive errors of its own from either', () => {
    for (const [one, other] of pairs()) {
      class Mine extends one.ConnectionLostError {}
      const mine = new Mine('x');
      for (const { ConnectionLostError, MqttError } of [one, other]) {
        expect(mine).to.be.instanceOf(Mine).and.instanceOf(ConnectionLostError).and.instanceOf(MqttError);
      }
      expect(new other.ConnectionLostError('x')).not.to.be.instanceOf(Mine);
    }
  });

  it('should let a transport of one copy fail in a client of the other, with the error as it is', async () => {
    for (const [one, other] of pairs()) {
      const failing = () => {
        throw new other.InvalidOptionsError('server', 'mine');
      };
      const client = one.createClient(failing);
      const error = await firstValueFrom(client.connection$).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(one.InvalidOptionsError).with.property('message', 'option server: mine');
      await lastValueFrom(client.end());
    }
  });

  it('should export the client as a class: a token of dependency injection', async () => {
    for (const { MqttClient, createClient } of [esm, cjs, browser]) {
      expect(MqttClient).to.be.a('function').with.property('name').that.matches(/^_?MqttClient/); // prettier-ignore
      const client = createClient('ws://broker');
      expect(client).to.be.instanceOf(MqttClient);
      const tokens = new Map<unknown, unknown>([[MqttClient, client]]);
      expect(tokens.get(MqttClient)).to.equal(client);
      const byHand = MqttClient as unknown as new () => unknown; // as a container does that has no factory
      expect(() => new byHand()).to.throw('createClient(server, options)');
      await lastValueFrom(client.end());
    }
  });
});
