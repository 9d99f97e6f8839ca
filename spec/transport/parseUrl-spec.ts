import { expect } from 'chai';
import { InvalidOptionsError } from '../../lib/errors.js';
import { parseUrl } from '../../lib/transport/parseUrl.js';

/** The class of React Native 0.72: takes every text, and most getters throw. */
class ThrowingUrl {
  constructor(readonly href: string) {}
  get protocol(): string {
    throw new Error('URL.protocol is not implemented');
  }
}

/** The class of later versions of React Native, which finds a host only behind http:// and https://. */
class HttpUrl {
  readonly username = '';
  constructor(readonly href: string) {}
  get protocol() {
    return /^[a-z]+:/.exec(this.href)?.[0];
  }
  get hostname() {
    return /^https?:\/\/([^:/]+)/.exec(this.href)?.[1] ?? '';
  }
}

/** Parses while the environment has another class. */
function parseWith(urlClass: unknown, address: string): unknown {
  const globals = globalThis as { URL: unknown };
  const before = globals.URL;
  globals.URL = urlClass;
  try {
    return parseUrl(address);
  } catch (error) {
    return error;
  } finally {
    globals.URL = before;
  }
}

describe('parseUrl', () => {
  it('should give the parts of a URL', () => {
    const { protocol, username, host } = parseUrl('mqtt://me:secret@broker:1884')!;
    expect([protocol, username, host]).to.deep.equal(['mqtt:', 'me', 'broker:1884']);
  });

  it('should give undefined for what is no URL', () => {
    for (const address of ['', 'broker', '//broker', 'mqtt://broker:x', undefined, null, 7, {}, { host: 'broker' }]) {
      expect(parseUrl(address)).to.equal(undefined);
    }
  });

  for (const [what, urlClass] of [
    ['no URL class', undefined],
    ['a URL class whose getters throw', ThrowingUrl],
    ['a URL class that knows http:// alone', HttpUrl],
  ] as const) {
    it(`should say which polyfill helps where there is ${what}, and not show the address`, () => {
      const error = parseWith(urlClass, 'wss://me:secret@broker/mqtt');
      expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'server');
      expect(error)
        .to.have.property('message')
        .that.contains('react-native-url-polyfill')
        .and.does.not.contain('secret');
    });
  }
});
