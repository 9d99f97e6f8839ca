import type { SecureContext, SecureContextOptions } from 'node:tls';
import { InvalidOptionsError } from '../errors.js';
import type { Pem, TlsOptions } from './TlsOptions.js';

const ENCRYPTED = 'it is encrypted: give the option tls.passphrase';

/** What OpenSSL's codes mean to a user, or else: that it cannot be read. */
const MEANINGS: Readonly<Record<string, string>> = {
  ERR_MISSING_PASSPHRASE: ENCRYPTED,
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: ENCRYPTED, // no passphrase was typed
  ERR_OSSL_BAD_DECRYPT: 'the option tls.passphrase does not open it',
  ERR_OSSL_EVP_BAD_DECRYPT: 'the option tls.passphrase does not open it',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'it does not belong to tls.cert',
};

/**
 * Reads certificates and key once, for all connections. An authority that cannot be read is an error: Node itself would
 * ignore it.
 *
 * @throws {InvalidOptionsError} naming the option; never with what it contains
 */
export function secureContext(options: TlsOptions): SecureContext {
  const { X509Certificate, createPrivateKey } = process.getBuiltinModule('node:crypto'); // loaded here as in tls.ts
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const { ca, cert, key, passphrase } = options;
  const certificates = (pem: Pem | undefined) => each(pem).forEach((one) => new X509Certificate(text(one)));
  read('tls.ca', () => certificates(ca));
  read('tls.cert', () => certificates(cert));
  read('tls.key', () =>
    each(key).forEach((one) => createPrivateKey({ key: text(one), ...(passphrase !== undefined && { passphrase }) })),
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidOptionsError(
      cert ? 'tls.key' : 'tls.cert',
      'expected tls.cert and tls.key together, got only one',
    );
  }
  return read(key === undefined ? 'tls' : 'tls.key', () => createSecureContext(options as SecureContextOptions));
}

function read<T>(option: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = MEANINGS[code] ?? `it cannot be read, expected ${option === 'tls' ? 'what tls.connect takes' : 'PEM'}`;
    throw new InvalidOptionsError(option, `${why}${code && ` (${code})`}`);
  }
}

function each(pem: Pem | undefined): readonly (string | Uint8Array)[] {
  if (pem === undefined) return [];
  return Array.isArray(pem) ? (pem as readonly (string | Uint8Array)[]) : [pem as string | Uint8Array];
}

/** PEM is text. Other bytes, such as DER, do not survive this and are refused. */
function text(pem: string | Uint8Array): string {
  return typeof pem === 'string' ? pem : new TextDecoder().decode(pem);
}
