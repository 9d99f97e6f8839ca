import { NEVER, type Observable, concat, isObservable, map, of } from 'rxjs';
import { InvalidOptionsError } from '../errors.js';
import type { Duplex, Transport } from '../transport/Transport.js';
import { copied } from '../transport/copied.js';
import { parseUrl } from '../transport/parseUrl.js';
import type { ClientOptions } from './ClientOptions.js';
import { type PerAttempt, perAttempt } from './perAttempt.js';

/** Where a broker is: a URL, or a transport of one's own. */
export type ServerAddress = string | Transport;

/** One address, or several that are tried in turn. */
export type ServerOption = PerAttempt<ServerAddress | readonly ServerAddress[]>;

/** The options that are for transports. */
export type DialOptions = Pick<ClientOptions, 'tcp' | 'tls' | 'webSocket'>;

/** A way from a URL to a transport, for each scheme: `mqtt`, `tcp`, … */
export type Schemes = Readonly<Record<string, (url: URL, options: DialOptions) => Transport>>;

/** A broker that can be dialled. */
export interface Dialable {
  readonly transport: Transport;
  /** For people: the URL without credentials and query, or `custom transport`. */
  readonly label: string;
  /** The user name and the password in the URL: in a closure, where no inspection finds them. */
  readonly credentials?: (() => readonly [username: string | undefined, password: string | undefined]) | undefined;
}

/** The broker for the attempt with a number, from 0: a list is tried in turn. */
export type ServerFor = (attempt: number) => Dialable | Observable<Dialable>;

/**
 * Checks what can be known before the first attempt, and makes the rest known for each. Where `server` is a function,
 * by an Observable that emits once, stays subscribed to what the function returned, and errors as `perAttempt` does, and
 * with an `InvalidOptionsError` when what it gave is no address.
 *
 * @throws {InvalidOptionsError}
 */
export function servers(server: ServerOption | undefined, schemes: Schemes, given: DialOptions): ServerFor {
  const { tcp, tls, webSocket } = given;
  const options = { tcp: copied(tcp), tls: copied(tls), webSocket: copied(webSocket) };
  if (typeof server !== 'function') {
    const known = listOf(server).map((address) => dialable(address, schemes, options));
    return (attempt) => known[attempt % known.length]!;
  }
  return (attempt) =>
    perAttempt<unknown>('server', server).pipe(
      map((value) => {
        // A function may return a transport as well as an Observable of addresses: both are Observables, and only what
        // it emits tells them apart. A transport is open by then, so it must not be subscribed a second time.
        if (isDuplex(value)) return custom(concat(of(value), NEVER));
        const list = listOf(value);
        return dialable(list[attempt % list.length], schemes, options);
      }),
    );
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
  return {
    transport: scheme(url, options),
    label: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`,
    credentials: (username ?? password) === undefined ? undefined : () => [username, password],
  };
}

function custom(transport: Transport): Dialable {
  return { transport, label: 'custom transport' };
}

function isDuplex(value: unknown): value is Duplex {
  return typeof value === 'object' && value !== null && 'write' in value && 'bytes$' in value;
}

function parsed(address: unknown): URL {
  const url = parseUrl(address); // the address itself is not shown: it may hold a password
  checkServer(url, 'a URL such as mqtt://localhost:1883, or a Transport', 'something else');
  checkServer(url.hostname || url.protocol.includes('unix'), 'a host name after //', 'none');
  return url;
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
