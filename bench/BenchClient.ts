/** What a workload needs of a client: the least that all of them can do. */
export interface BenchClient {
  /** Publishes, and does not ask what becomes of it. */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1 | 2): void;
  /** Publishes, and calls back when it is done. */
  publishThen(topic: string, payload: Uint8Array, qos: 0 | 1 | 2, done: () => void): void;
  /** Subscribes filters, a handler of its own for each; resolves when the broker has granted them. */
  subscribe(filters: readonly string[], qos: 0 | 1 | 2, handler: () => void): Promise<void>;
  /**
   * Adds many listeners to one filter; resolves when the broker has granted it. The result lets all of them go. For
   * clients that count the listeners of a filter.
   */
  listen?(filter: string, count: number, handler: () => void): Promise<() => void>;
  /** Subscribes a filter whose messages are acknowledged when `work` has returned; resolves when it is granted. */
  consume?(filter: string, qos: 1 | 2, work: () => void): Promise<void>;
  /** Subscribes a filter at QoS 1; each message is acknowledged when `handler` calls what it gets. */
  keep?(filter: string, handler: (acknowledge: () => void) => void): Promise<void>;
  end(): Promise<void>;
}

/** How a client connects. */
export interface ConnectOptions {
  readonly port: number;
  readonly clientId: string;
  readonly clean?: boolean;
  /** Where the session is kept, for a client that can: on disk, through classic-level. Default: in memory. */
  readonly store?: { readonly folder: string; readonly sync: boolean } | undefined;
  /** Default 4: MQTT 3.1.1. What follows needs 5. */
  readonly version?: 4 | 5;
  /** Both sides may use 64 topic aliases, and the client does. */
  readonly aliases?: boolean;
  /** What each PUBLISH carries. */
  readonly userProperties?: Readonly<Record<string, string>>;
  /** Subscribes with identifiers, and finds the handler of a message by them. */
  readonly identifiers?: boolean;
}

/** Makes a connected client. */
export type Connect = (options: ConnectOptions) => Promise<BenchClient>;
