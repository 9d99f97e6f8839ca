import type { ConnectionOptions } from './ConnectionOptions.js';

/** When a connection is pinged. */
export interface PulseOptions {
  /** Seconds, as CONNECT promises them: the server gives up after 1.5 times as long [MQTT-3.1.2-24]. 0: never. */
  readonly keepAlive: number;
  /** Milliseconds of silence, in either direction, before PINGREQ. 0: never. */
  readonly pingInterval: number;
  /** Milliseconds that the server has to send something after PINGREQ. */
  readonly pingTimeout: number;
}

/** Seconds. Over WebSocket a ping must be early: proxies cut after 60 s of silence, and hidden tabs run timers once a minute. */
const DEFAULTS = {
  socket: { keepAlive: 60, pingInterval: 60 },
  webSocket: { keepAlive: 120, pingInterval: 30 },
} as const;
/** Seconds: no `pingInterval` is longer when `keepAlive` is not given. */
export const LONGEST_DEFAULT = DEFAULTS.webSocket.keepAlive;
/** Milliseconds. */
const LONGEST_PING_TIMEOUT = 5_000;

/** Fills in the defaults, which depend on the transport. */
export function pulseOptions(
  options: Pick<ConnectionOptions, 'keepAlive' | 'pingInterval' | 'pingTimeout'>,
  isWebSocket: boolean,
): PulseOptions {
  const defaults = DEFAULTS[isWebSocket ? 'webSocket' : 'socket'];
  const { keepAlive = defaults.keepAlive } = options;
  const pingInterval = Math.min(options.pingInterval ?? defaults.pingInterval, keepAlive);
  const { pingTimeout = keepAlive === 0 ? LONGEST_PING_TIMEOUT : Math.min(LONGEST_PING_TIMEOUT, keepAlive * 1_000) } =
    options;
  return { keepAlive, pingInterval: pingInterval * 1_000, pingTimeout };
}

/**
 * Milliseconds of silence before PINGREQ, as the server may want them. 0: never.
 * @param serverKeepAlive seconds, in place of what the client promised [MQTT5-3.1.2-21]
 */
export function pingIntervalOf({ pingInterval }: PulseOptions, serverKeepAlive: number | undefined): number {
  if (serverKeepAlive === undefined) return pingInterval;
  return Math.min(pingInterval || Infinity, serverKeepAlive * 1_000);
}
