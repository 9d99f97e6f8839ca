import type { Observable } from 'rxjs';
import type { Duplex } from './Transport.js';

/** The part of a WebSocket that is used: that of browsers, of `ws`, and of other classes with the same interface. */
export interface WebSocketLike {
  readonly readyState: number;
  /** The subprotocol that the server selected; empty if none. */
  readonly protocol: string;
  readonly bufferedAmount: number;
  binaryType: string;
  /** Called when it is open. */
  onopen: ((event: never) => unknown) | null;
  /** Called with each message. */
  onmessage: ((event: never) => unknown) | null;
  /** Called when something failed; `onclose` follows. */
  onerror: ((event: never) => unknown) | null;
  /** Called when it is closed, with close code and reason. */
  onclose: ((event: never) => unknown) | null;
  /** Given a `Uint8Array`. Its type, like those of the events, differs between DOM libraries; `never` fits all of them. */
  send(bytes: never): void;
  /** Closes it behind what was sent. */
  close(code?: number): void;
}

/** Makes a WebSocket that dials at once. Those of browsers do not look at the third argument. */
export type WebSocketConstructor = new (url: string, protocols: string[], options: object) => WebSocketLike;

/** What differs between WebSocket classes. */
export interface WebSocketKind {
  /** Makes the connection of a WebSocket that is open. */
  open(socket: WebSocketLike, bytes$: Observable<Uint8Array>): Duplex;
  /** Closes it behind what was written, whatever its state. */
  hangUp(socket: WebSocketLike): void;
}

/** How a WebSocket is opened. What browsers cannot do is for Node, and for a `WebSocketCtor` that can. */
export interface WebSocketOptions {
  /**
   * The subprotocols to offer. Default `'mqtt'` [MQTT-6.0.0-3]; `'mqttv3.1'` for a very old server, `[]` for one that
   * selects none, which browsers and `ws` take for a failure when one was offered.
   */
  readonly protocols?: string | readonly string[] | undefined;
  /** The class to use instead of `ws` or the browser's `WebSocket`: called with URL, subprotocols and these options. */
  readonly WebSocketCtor?: WebSocketConstructor | undefined;
  /** Header fields of the opening request, such as `Authorization`. Not in browsers. */
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  /** The `Origin` of the opening request. Not in browsers. */
  readonly origin?: string | undefined;
  /** An `http.Agent` or `https.Agent`, for a proxy for one. Not in browsers. */
  readonly agent?: object | undefined;
  /** Whether to follow redirects. Default `false`. Not in browsers. */
  readonly followRedirects?: boolean | undefined;
  /** Whether to offer compression, and its options, as in `ws`. Default `false`. Not in browsers. */
  readonly perMessageDeflate?: boolean | object | undefined;
  /** The largest frame in bytes that is taken. Default 268,435,460, the largest packet; 0 is any. Not in browsers. */
  readonly maxPayload?: number | undefined;
}
