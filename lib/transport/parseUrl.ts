import { InvalidOptionsError } from '../errors.js';

const PROBE = 'ws://a:b@c:1/d?e#f';
const PROBE_PARTS = 'ws: a b c:1 c 1 /d ?e #f';

/**
 * Parses the address of a server. Gives `undefined` for what is no URL.
 *
 * @throws {InvalidOptionsError} there is no `URL` class, or it lacks parts, as that of React Native does
 */
export function parseUrl(address: unknown): URL | undefined {
  if (!hasUrlClass()) {
    throw new InvalidOptionsError(
      'server',
      "this environment has no complete URL class: import 'react-native-url-polyfill/auto' first, or give a Transport",
    );
  }
  try {
    return new URL(address as string);
  } catch {
    return undefined; // without the cause, which holds the address and so perhaps a password
  }
}

/** React Native's class takes every text, but its getters throw, or find nothing in a `ws://` URL. */
function hasUrlClass(): boolean {
  try {
    const { protocol, username, password, host, hostname, port, pathname, search, hash } = new URL(PROBE);
    return [protocol, username, password, host, hostname, port, pathname, search, hash].join(' ') === PROBE_PARTS;
  } catch {
    return false;
  }
}
