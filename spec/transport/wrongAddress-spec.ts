import { expect } from 'chai';
import { firstValueFrom } from 'rxjs';
import { InvalidOptionsError } from '../../lib/errors.js';
import { createClient as createBrowserClient } from '../../lib/index.browser.js';
import { createClient } from '../../lib/index.js';

/** What `work` throws. */
function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('a URL with a part that its scheme does not have', () => {
  for (const [url, hint] of [
    ['mqtt://broker:1883/mqtt', 'did you mean ws://host:port/path?'],
    ['tcp://broker/a?b=secret', 'did you mean ws://host:port/path?'],
    ['mqtt://broker?token=secret', 'did you mean ws://host:port/path?'],
    ['mqtt://broker#secret', '# as %2F %3F %23'],
    ['mqtt://user:12#secret@broker', '# as %2F %3F %23'],
    ['mqtt://user:12/secret@broker', '# as %2F %3F %23'],
    ['mqtts://broker/mqtt', 'did you mean wss://host:port/path?'],
    ['ssl://broker/mqtt', 'did you mean wss://host:port/path?'],
    ['tls://broker/mqtt', 'did you mean wss://host:port/path?'],
    ['mqtt+unix:///run/broker?secret', '? # as %3F %23'],
    ['mqtt+unix:///run/broker#secret', '? # as %3F %23'],
    ['ws://broker/mqtt#secret', '# as %23'],
    ['wss://user:12#secret@broker/mqtt', '# as %23'],
  ] as const) {
    it(`should be refused when the client is made, with a hint: ${url}`, () => {
      const error = thrown(() => createClient(url));
      expect(error).to.be.instanceOf(InvalidOptionsError).with.property('option', 'server');
      expect(error).to.have.property('message').that.contains(hint).and.does.not.contain('secret');
    });
  }

  it('should be refused in browsers too', () => {
    expect(thrown(() => createBrowserClient('wss://broker/mqtt#a'))).to.be.instanceOf(InvalidOptionsError);
  });

  it('should be refused while a connection is tried, when only the attempt knows the URL', async () => {
    const error = await firstValueFrom(createClient(() => 'mqtt://broker/mqtt').connection$).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(InvalidOptionsError);
  });

  it('should not be seen in a slash at the end', () => {
    for (const url of ['mqtt://broker/', 'mqtts://broker:8883/', 'mqtt://[::1]', 'mqtt+unix:///run/broker.sock']) {
      expect(thrown(() => createClient(url))).not.to.be.instanceOf(Error);
    }
  });
});
