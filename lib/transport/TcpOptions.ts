/** A connected stream of Node's, such as a `net.Socket`: the part of it that can be typed without Node's types. */
export interface NodeSocket {
  /** Whether it cannot be written to any more. */
  readonly destroyed: boolean;
  /** Sends bytes. */
  write(bytes: Uint8Array): unknown;
  /** Closes it at once. */
  destroy(error?: Error): unknown;
  /** Listens to its events: `data`, `drain`, `error`, `end`, `close`. */
  on(event: string, listener: (...details: never[]) => void): unknown;
}

/** Where to dial, and how. Options not listed here are passed on to `net.connect`: `family`, `localAddress`, … */
export interface TcpOptions {
  /** The broker's name or address. Default `localhost`. */
  readonly host?: string | undefined;
  /** The broker's port, 1 to 65,535. Needed unless there is a `path`. */
  readonly port?: number | undefined;
  /** The path of a Unix socket, instead of host and port. */
  readonly path?: string | undefined;
  /** Whether small packets leave at once instead of waiting for others. Default `true`. */
  readonly noDelay?: boolean | undefined;
  /**
   * Dials instead of `net.connect`, through a proxy for example, and gives the connected socket; called for every
   * attempt. TLS is spoken over that socket when the URL asks for it. The signal says that the attempt was given up;
   * a socket that comes later is destroyed. An error that it throws or rejects with makes the attempt fail.
   *
   * @example Through an HTTP proxy
   * ```ts
   * const client = createClient('mqtts://broker.example', {
   *   tcp: {
   *     connect: ({ host, port, signal }) =>
   *       new Promise<Socket>((resolve, reject) => {
   *         request({ host: 'proxy.example', port: 3128, method: 'CONNECT', path: `${host}:${port}`, signal })
   *           .once('error', reject)
   *           .once('connect', ({ statusCode }, socket: Socket) => {
   *             if (statusCode === 200) return resolve(socket);
   *             socket.destroy();
   *             reject(new Error(`the proxy answered ${statusCode}`));
   *           })
   *           .end();
   *       }),
   *   },
   * });
   * ```
   * @example Through a SOCKS proxy, with the package socks
   * ```ts
   * const proxy = { host: 'proxy.example', port: 1080, type: 5 } as const;
   * const client = createClient('mqtts://broker.example', {
   *   tcp: {
   *     connect: async (destination) =>
   *       (await SocksClient.createConnection({ proxy, command: 'connect', destination })).socket,
   *   },
   * });
   * ```
   */
  readonly connect?:
    | ((to: {
        readonly host: string;
        readonly port: number;
        readonly signal: AbortSignal;
      }) => NodeSocket | Promise<NodeSocket>)
    | undefined;
  readonly [option: string]: unknown;
}
