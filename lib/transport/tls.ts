import { type Socket, isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Security } from './Security.js';
import type { TlsOptions } from './TlsOptions.js';
import type { Transport } from './Transport.js';
import { addressOf } from './addressOf.js';
import { copied } from './copied.js';
import { handedIn } from './handedIn.js';
import { secureContext } from './secureContext.js';
import { serverIdentity } from './serverIdentity.js';
import { socketTransport } from './socketTransport.js';
import { tlsError } from './tlsError.js';

/**
 * Makes a transport over TLS. Cold, and as `tcp` otherwise; it emits when the broker's certificate is verified. The
 * session of one connection is resumed by the next. It errors, before or after it is open, with a
 * `CertificateError` when the broker's certificate cannot be trusted, or when the broker does not accept the client's.
 *
 * @throws {InvalidOptionsError} when certificates, key and passphrase cannot be read or do not fit
 */
export function tls(options: TlsOptions): Transport {
  // Loaded when it is needed: receiving costs more in a process that has loaded it (docs/performance.md).
  const { connect } = process.getBuiltinModule('node:tls');
  const said = Object.fromEntries(
    Object.entries(copied(options)).filter(([, value]) => value !== undefined),
  ) as TlsOptions;
  const { host = 'localhost', rejectUnauthorized } = said;
  const address = addressOf(said);
  const hasOwn = said.cert !== undefined || said['pfx'] !== undefined;
  let session: Buffer | undefined;
  const settled = {
    noDelay: true,
    servername: isIP(host) ? '' : host, // SNI takes names alone (RFC 6066)
    checkServerIdentity: serverIdentity,
    ...said,
    rejectUnauthorized: rejectUnauthorized !== false, // left open, an environment variable would decide
    secureContext: secureContext(said),
    onread: undefined, // it would reuse its buffer
  } as unknown as ConnectionOptions;

  const secure = (over?: Socket): TLSSocket => {
    const socket = connect({ ...settled, ...(over && { socket: over }), ...(session && { session }) });
    // A session that was not verified is not kept: Node does not check the name again when a session is resumed.
    socket.on('session', (ticket) => (session = socket.authorized ? ticket : undefined));
    over?.on('error', (error) => socket.destroy(error));
    return socket;
  };
  const security: Security = {
    explain(cause, socket, isOpen) {
      if (!isOpen) session = undefined;
      const { authorizationError } = (socket ?? {}) as Partial<TLSSocket>;
      return tlsError(cause, { address, authorizationError, isOpen, hasOwn, plain: 'mqtt://' });
    },
    unverified(socket) {
      const { authorized, authorizationError } = socket as Partial<TLSSocket>;
      return authorized ? undefined : String(authorizationError);
    },
  };
  const handed = handedIn(said);
  const dial = handed ? async (signal: () => AbortSignal) => secure(await handed(signal)) : () => secure();
  return socketTransport(dial, 'secureConnect', address, security);
}
