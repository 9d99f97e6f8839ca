import { expect } from 'chai';
import { config } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import { type ClientOptions, type MqttClient, backoff, createClient } from '../../lib/index.js';
import type { PacketType, ProtocolVersion } from '../../lib/packet/Packet.js';
import type { ScriptedConnection } from './ScriptedConnection.js';
import { type ScriptedBroker, scriptedBroker } from './scriptedBroker.js';
import { turn } from './turn.js';
import { type Watched, watch } from './watch.js';

/** What a client spec plays on: a scripted broker, a clock, and clients that are ended when the spec is over. */
export interface Stage {
  /** Whether bytes arrive within `write`. */
  readonly synchronous: boolean;
  /** The version that clients speak unless they are told otherwise. */
  readonly version: ProtocolVersion;
  readonly broker: ScriptedBroker;
  readonly clock: SinonFakeTimers;
  /** Makes a client of the broker: identifier `spec`, a backoff without chance. */
  client(options?: ClientOptions): MqttClient;
  /** A client that is connected, what held the connection, and its end at the broker. */
  online(options?: ClientOptions): Promise<{
    client: MqttClient;
    held: Watched<unknown>;
    server: ScriptedConnection;
  }>;
  /** Lets everything happen that is due without time passing. */
  settle(): Promise<void>;
  /** Lets time pass. */
  tick(ms: number): Promise<void>;
  /** The errors that RxJS reported because nobody handled them, since this was last called. */
  unhandled(): unknown[];
  /** Everything that the broker was sent, on all connections, by type. */
  sent(): PacketType[];
}

/**
 * Defines specs for each version, over a synchronous and an asynchronous transport in memory, with fake timers. After each
 * it is checked that the broker saw no fault, that no error went unhandled, and that after a forced end no connection is
 * open and no timer runs.
 *
 * @param versions those that the specs are about
 */
export function clientSpecs(
  title: string,
  define: (stage: Stage) => void,
  versions: readonly ProtocolVersion[] = [4, 5],
): void {
  for (const version of versions) {
    for (const synchronous of [true, false]) {
      describe(`${title} (MQTT ${version}, ${synchronous ? 'synchronous' : 'asynchronous'} transport)`, () => {
        let stage: ReturnType<typeof makeStage>;
        beforeEach(() => Object.assign(handle, (stage = makeStage(synchronous, version))));
        afterEach(() => stage.strike());
        const handle = { version } as Stage;
        define(handle);
      });
    }
  }
}

function makeStage(synchronous: boolean, version: ProtocolVersion): Stage & { strike(): Promise<void> } {
  const broker = scriptedBroker({ synchronous });
  const clock = sinon.useFakeTimers({
    now: 1_800_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  const clients: MqttClient[] = [];
  let errors: unknown[] = [];
  config.onUnhandledError = (error) => errors.push(error);

  const stage: Stage & { strike(): Promise<void> } = {
    synchronous,
    version,
    broker,
    clock,
    client(options: ClientOptions = {}) {
      const made = createClient({
        server: broker.transport,
        clientId: 'spec',
        protocolVersion: version,
        retryWhen: backoff({ jitter: 0 }),
        ...options,
      });
      clients.push(made);
      return made;
    },
    async online(options?: ClientOptions) {
      const client = stage.client(options);
      const held = watch<unknown>(client.connection$);
      await turn();
      broker.current.take();
      return { client, held, server: broker.current };
    },
    settle: () => turn(),
    async tick(ms: number) {
      await clock.tickAsync(ms);
      await turn();
    },
    unhandled() {
      const seen = errors;
      errors = [];
      return seen;
    },
    sent: () => broker.connections.flatMap(({ received }) => received.map(({ type }) => type)),
    async strike() {
      try {
        await turn();
        const ends = clients.map((client) => watch(client.end({ force: true })));
        await turn();
        await clock.tickAsync(0); // where RxJS reports what nobody handled
        expect(ends.map(({ completed }) => completed)).to.deep.equal(ends.map(() => true));
        expect(broker.connections.flatMap(({ faults }) => faults)).to.deep.equal([], 'faults that the broker saw');
        expect(broker.connections.filter(({ open }) => open).length).to.equal(0, 'connections left open');
        expect(clock.countTimers()).to.equal(0, 'timers left behind');
        expect(errors).to.deep.equal([], 'errors that nobody handled');
      } finally {
        clock.restore();
        config.onUnhandledError = null;
      }
    },
  };
  return stage;
}
