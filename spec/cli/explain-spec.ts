import { expect } from 'chai';
import { CheckFailedError } from '../../lib/cli/CheckFailedError.js';
import { FileError } from '../../lib/cli/FileError.js';
import { TimedOutError } from '../../lib/cli/TimedOutError.js';
import { UsageError } from '../../lib/cli/UsageError.js';
import { codeOfError, codeOfStop } from '../../lib/cli/exitCode.js';
import { explain } from '../../lib/cli/explain.js';
import { CertificateError, ConnectionFailedError, InvalidOptionsError, RequestTimeoutError } from '../../lib/index.js';

describe('what is told of an error', () => {
  for (const [error, text, code] of [
    [new InvalidOptionsError('server', 'expected a URL'), '--url: expected a URL', 1],
    [new InvalidOptionsError('tls.ca', 'it cannot be read'), '--ca: it cannot be read', 1],
    [new CertificateError('its certificate is signed by an unknown authority: give the certificate of that authority in the option tls.ca: why', 'X'), 'its certificate is signed by an unknown authority: give the certificate of that authority in --ca: why', 2], // prettier-ignore
    [new CertificateError('give one in the options tls.cert and tls.key', 'X'), 'give one in --cert and --key', 2],
    [new ConnectionFailedError('see the option retryWhen'), 'see the option retryWhen', 2],
    [new RequestTimeoutError('a', 10, 'answer'), 'no answer to the request to "a" within 10 ms: the broker has the request, and no answer came', 3], // prettier-ignore
    [new UsageError('sub: no'), 'sub: no', 1],
    [new TimedOutError('late'), 'late', 3],
    [new FileError('no file'), 'no file', 5],
    [new CheckFailedError('not in order', 4), 'not in order', 4],
  ] as const) {
    it(`should be "${text}", with code ${code}`, () => {
      expect(explain(error)).to.equal(text);
      expect(codeOfError(error)).to.equal(code);
    });
  }

  it('should ask for a report where the fault is ours', () => {
    expect(explain(new TypeError('x is undefined'))).to.match(
      /^a fault of this program, please report it: TypeError: x/,
    );
    expect(codeOfError(new TypeError('x'))).to.equal(70);
  });

  it('should be no failure when what is endless is ended', () => {
    expect(codeOfStop('SIGINT', true)).to.equal(0);
    expect(codeOfStop('SIGTERM', true)).to.equal(0);
    expect(codeOfStop('SIGINT', false)).to.equal(130);
    expect(codeOfStop('SIGTERM', false)).to.equal(143);
    expect(codeOfStop('unread', false)).to.equal(0);
    expect(codeOfStop('unwritable', true)).to.equal(5);
  });
});
