/** What a spec can ask of a broker, whichever it is. */
export interface BrokerOptions {
  /** The address to listen at. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port to listen at. Default: a free one. */
  readonly port?: number;
  /** User names and passwords; with them nobody else is let in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Whether it speaks WebSocket instead of plain TCP, at any path. */
  readonly webSocket?: boolean;
  /** Topic filters below which SUBSCRIBE is refused, such as `secret/#`. */
  readonly denied?: string;
}

/** A real broker in a process of its own. */
export interface Broker {
  readonly port: number;
  /** `mqtt://host:port`, or `ws://host:port` */
  readonly url: string;
  /** What the process has said so far, on both of its streams. */
  readonly output: string;
  /** Kills the process; resolves when it is gone and its streams are closed. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the process again, killing it first if it runs: same port, same files. Resolves when it accepts connections. */
  restart(): Promise<void>;
  /** Kills the process and removes its files. */
  stop(): Promise<void>;
}
