import type { TcpOptions } from './TcpOptions.js';

/** A certificate or key in PEM, or several. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * Where to dial, and which certificates to trust. Options not listed here are passed on to `tls.connect`: `minVersion`, `ciphers`,
 * `pfx`, `checkServerIdentity`, …
 */
export interface TlsOptions extends TcpOptions {
  /** The authorities that may have signed the broker's certificate. Default: those that come with Node. */
  readonly ca?: Pem | undefined;
  /** This client's own certificate, for brokers that ask for one. Needs `key`. Default: none. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** The passphrase of an encrypted `key`. */
  readonly passphrase?: string | undefined;
  /** The name that the broker's certificate must be for, also told to the broker (SNI). Default: the host, if a name. */
  readonly servername?: string | undefined;
  /** The protocols to choose from (ALPN), the preferred one first. Default: none. */
  readonly ALPNProtocols?: readonly string[] | undefined;
  /**
   * Whether to hang up when the broker's certificate is not in order. Default `true`. With `false` any server can pose
   * as the broker; `events$` then says `unverified` for each connection with a certificate that was not in order.
   */
  readonly rejectUnauthorized?: boolean | undefined;
}
