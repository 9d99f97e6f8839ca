import { NEVER, type Observable, concat, isObservable, map, of, switchMap, take, tap } from 'rxjs';
import { InvalidOptionsError } from '../errors.js';
import { checkOption } from '../stream/checkOption.js';
import type { Duplex, Transport } from '../transport/Transport.js';
import { copied } from '../transport/copied.js';
import type { TcpOptions } from '../transport/TcpOptions.js';
import type { TlsOptions } from '../transport/TlsOptions.js';
import type { WebSocketOptions } from '../transport/WebSocketLike.js';
import { parseUrl } from '../transport/parseUrl.js';
import { isObject } from './isObject.js';
import { type PerAttempt, perAttempt } from './perAttempt.js';

/** Where a broker is: a URL, or a transport of one's own. */
export type ServerAddress = string | Transport;

/** One address, or several that are tried in turn. */
export type ServerOption = PerAttempt<ServerAddress | readonly ServerAddress[]>;

/** The options that are for transports, as they are for one attempt. */
export interface DialOptions {
  readonly tcp?: TcpOptions | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly webSocket?: WebSocketOptions | undefined;
}

/** The same as options of a client. */
export interface DialSettings extends Omit<DialOptions, 'tls'> {
  readonly tls?: PerAttempt<TlsOptions | undefined> | undefined;
}

/** A way from a URL to a transport, for each scheme: `mqtt`, `tcp`, … */
export type Schemes = Readonly<Record<string, (url: URL, options: DialOptions) => Transport>>;

/** A broker that can be dialled. */
export interface Dialable {
  readonly transport: Transport;
  /** Whether it is reached over a WebSocket. */
  readonly isWebSocket: boolean;
  /** Whether the connection is open already. */
  readonly isOpen?: boolean;
  /** For people: the URL without credentials and query, or `custom transport`. */
  readonly label: string;
  /** The user name and the password in the URL: in a closure, where no inspection finds them. */
  readonly credentials?: (() => readonly [username: string | undefined, password: string | undefined]) | undefined;
}

/**
 * The broker for the attempt with a number, from 0: a list is tried in turn.
 *
 * @param other in place of the option
 * @throws {InvalidOptionsError} `other` is no address
 */
export type ServerFor = (attempt: number, other?: ServerOption) => Dialable | Observable<Dialable>;

/**
 * Checks what can be known before the first attempt, and makes the rest known for each. Where `server` is a function,
 * by an Observable that emits once, stays subscribed to what the function returned, and errors as `perAttempt` does, and
 * with an `InvalidOptionsError` when what it gave is no address.
 *
 * @throws {InvalidOptionsError}
 */
export function servers(server: ServerOption | undefined, schemes: Schemes, given: DialSettings): ServerFor {
  const { tcp, tls, webSocket } = given;
  const own = {
    tcp: copied(tcp),
    webSocket: copied(webSocket),
    tls: typeof tls === 'function' ? undefined : copied(tls),
  };
  const choose = (value: unknown, attempt: number, options: DialOptions) => {
    // A function may return a transport as well as an Observable of addresses: both are Observables, and only what it
    // emits tells them apart. A transport is open by then, so it must not be subscribed a second time.
    if (isDuplex(value)) return { ...custom(concat(of(value), NEVER)), isOpen: true };
    const list = listOf(value);
    return dialable(list[attempt % list.length], schemes, options);
  };
  const among = (option: ServerOption | undefined): ((attempt: number) => Dialable | Observable<Dialable>) => {
    if (typeof option !== 'function') {
      // A wrong address is wrong at once, also where the certificates come only with the attempt.
      const known = listOf(option).map((address) => dialable(address, schemes, own));
      if (typeof tls !== 'function') return (attempt) => known[attempt % known.length]!;
    }
    return (attempt) => {
      const server$ = perAttempt<unknown>('server', option);
      if (typeof tls !== 'function') return server$.pipe(map((value) => choose(value, attempt, own)));
      const tls$ = perAttempt<TlsOptions | undefined>('tls', tls).pipe(take(1));
      return tls$.pipe(
        tap((one) => checkOption(one === undefined || isObject(one), 'tls', 'a function of an object', one)),
        switchMap((one) => server$.pipe(map((value) => choose(value, attempt, { ...own, tls: copied(one) })))),
      );
    };
  };
  const isOk = tls === undefined || typeof server === 'function' || usesTls(listOf(server));
  checkOption(isOk, 'tls', 'mqtts:// or wss:// in the option server', 'no server with TLS');
  const ours = among(server);
  return (attempt, other) => (other === undefined ? ours : among(other))(attempt);
}

/** Whether one of the addresses is, or may be, reached over TLS. */
function usesTls(addresses: readonly unknown[]): boolean {
  return addresses.some((address) => typeof address !== 'string' || /^(mqtts|ssl|tls|wss):/i.test(address));
}

function listOf(server: unknown): readonly unknown[] {
  const list = Array.isArray(server) ? (server as readonly unknown[]) : [server];
  checkServer(list.length > 0, 'at least one address', 'an empty list');
  return list;
}

function dialable(address: unknown, schemes: Schemes, options: DialOptions): Dialable {
  if (isObservable(address)) return custom(address as Transport);
  const url = parsed(address);
  const name = url.protocol.slice(0, -1);
  const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined;
  if (!scheme) refuse(`${Object.keys(schemes).join('://, ')}:// or a Transport`, `${name}://`);
  const username = credential(url.username);
  const password = credential(url.password);
  checkServer(username !== undefined || password === undefined, 'a user name before the password', 'none');
  return {
    transport: scheme(url, options),
    isWebSocket: name === 'ws' || name === 'wss',
    label: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`,
    credentials: username === undefined ? undefined : () => [username, password],
  };
}

function custom(transport: Transport): Dialable {
  return { transport, isWebSocket: false, label: 'custom transport' };
}

function isDuplex(value: unknown): value is Duplex {
  return typeof value === 'object' && value !== null && 'write' in value && 'bytes$' in value;
}

function parsed(address: unknown): URL {
  const url = parseUrl(address); // the address itself is not shown: it may hold a password
  const slip = slipIn(address, url);
  if (slip !== undefined) refuse('a URL such as mqtt://localhost:1883, or a Transport', slip);
  checkServer(url!.hostname || url!.protocol.includes('unix'), 'a host name after //', 'none');
  return url!;
}

/** What people write instead of a URL, and what to write. Shows nothing that may hold a password. */
function slipIn(address: unknown, url: URL | undefined): string | undefined {
  if (typeof address === 'object' && address !== null) {
    return 'href' in address
      ? 'a URL object: give its href'
      : "an object: write its host and port as 'mqtt://host:port'";
  }
  if (typeof address !== 'string') return address === undefined ? 'none: give the option server' : typeof address;
  if (/^(|undefined|null)$/.test(address)) return `"${address}": is a variable not set?`;
  if (/^\s|\s$/.test(address)) return 'one with white space around it';
  if (/^["'`]|["'`]$/.test(address)) return 'one in quotes of its own: take them away';
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(address)) {
    return `${address} without a scheme: write mqtt://${address}, mqtts:// with TLS, ws:// or wss:// over WebSocket`;
  }
  if (!address.includes('//')) return 'one without ://, write mqtt://host:port';
  return url
    ? undefined
    : 'one that is no URL: its port must be a number up to 65535, and % / ? # @ in a password be escaped';
}

function credential(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    checkServer(false, 'credentials in percent-encoded UTF-8', 'others');
  }
}

function checkServer(ok: unknown, expected: string, got: string): asserts ok {
  if (!ok) refuse(expected, got);
}

function refuse(expected: string, got: string): never {
  throw new InvalidOptionsError('server', `expected ${expected}, got ${got}`);
}
