import { Socket } from 'node:net';
import type { TcpNetConnectOpts } from 'node:net';
import type { Landing } from './Landing.js';
import type { TcpOptions } from './TcpOptions.js';
import type { Transport } from './Transport.js';
import { addressOf } from './addressOf.js';
import { copied } from './copied.js';
import { handedIn } from './handedIn.js';
import { socketTransport } from './socketTransport.js';

/**
 * Makes a transport over TCP or a Unix socket. Cold: each subscription dials; it emits the open connection and stays
 * silent; it errors with a `ConnectionFailedError`, whatever the reason the dial failed for; unsubscribing while
 * dialling gives up at once, and afterwards hangs up: what was written still goes out, and the socket is gone when the
 * peer has closed: 1,000 ms after the last byte left at the latest, and after 30 s if the peer does not take them.
 */
export function tcp(options: TcpOptions): Transport {
  const own = copied(options);
  return socketTransport(handedIn(own) ?? ((_signal, landing) => dial(own, landing())), 'connect', addressOf(own));
}

/** Dials as `net.connect` does, which leaks the handle when it throws (a port out of range): here it is closed. */
function dial(options: TcpOptions, landing: Landing): Socket {
  // Node calls these from its event loop: an error there would end the process, so it ends the connection.
  const guarded = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (cause) {
      socket.destroy(cause as Error);
      return undefined;
    }
  };
  const onread = {
    buffer: () => guarded(() => landing.room()),
    callback: (count: number, bytes: Uint8Array) => {
      guarded(() => landing.landed(bytes.subarray(0, count)));
      return true;
    },
  };
  // No fields behind a spread, see docs/performance.md.
  const settled = Object.assign({}, options, {
    noDelay: options.noDelay ?? true,
    onread,
  }) as unknown as TcpNetConnectOpts;
  const socket = new Socket(settled).pause();
  try {
    return socket.connect(settled);
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}
