import { expect } from 'chai';
import { config } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import { type ClientOptions, type MqttClient, createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';
import { turn } from './turn.js';
import { watch } from './watch.js';

/** What client specs play on whatever their broker is: a clock, and clients that are ended when the spec is over. */
export interface CommonStage {
  /** Whether bytes arrive within `write`. */
  readonly synchronous: boolean;
  /** The version that clients speak unless they are told otherwise. */
  readonly version: ProtocolVersion;
  readonly clock: SinonFakeTimers;
  /** Makes a client of the broker: identifier `spec`, a backoff without chance. */
  client(options?: ClientOptions): MqttClient;
  /** Lets everything happen that is due without time passing. */
  settle(): Promise<void>;
  /** Lets time pass. */
  tick(ms: number): Promise<void>;
  /** The errors that RxJS reported because nobody handled them, since this was last called. */
  unhandled(): unknown[];
}

/** A stage that can be struck. */
export interface Struck {
  strike(): Promise<void>;
}

/** Defines specs for each version, over a synchronous and an asynchronous transport in memory, each on a stage of its own. */
export function describeStages<T extends CommonStage>(
  title: string,
  define: (stage: T) => void,
  versions: readonly ProtocolVersion[],
  make: (synchronous: boolean, version: ProtocolVersion) => T & Struck,
): void {
  for (const version of versions) {
    for (const synchronous of [true, false]) {
      describe(`${title} (MQTT ${version}, ${synchronous ? 'synchronous' : 'asynchronous'} transport)`, () => {
        let stage: T & Struck;
        const handle = { version } as T;
        beforeEach(() => {
          stage = make(synchronous, version);
          Object.defineProperties(handle, Object.getOwnPropertyDescriptors(stage));
        });
        afterEach(() => stage.strike());
        define(handle);
      });
    }
  }
}

/**
 * Sets up what stages have in common. `strike` ends the clients by force, and checks that no error went unhandled and that
 * no timer runs.
 *
 * @param defaults what clients are made with: the broker, and when they connect again
 * @param check what else must be so after the clients have ended
 */
export function commonStage(
  synchronous: boolean,
  version: ProtocolVersion,
  defaults: () => Pick<ClientOptions, 'server' | 'retryWhen'>,
  check: () => void,
): CommonStage & Struck {
  const clock = sinon.useFakeTimers({
    now: 1_800_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  const clients: MqttClient[] = [];
  let errors: unknown[] = [];
  config.onUnhandledError = (error) => errors.push(error);

  return {
    synchronous,
    version,
    clock,
    client(options: ClientOptions = {}) {
      const made = createClient({ ...defaults(), clientId: 'spec', protocolVersion: version, ...options });
      clients.push(made);
      return made;
    },
    settle: () => turn(),
    async tick(ms) {
      await clock.tickAsync(ms);
      await turn();
    },
    unhandled() {
      const seen = errors;
      errors = [];
      return seen;
    },
    async strike() {
      try {
        await turn();
        const ends = clients.map((client) => watch(client.end({ force: true })));
        await turn();
        await clock.tickAsync(0); // where RxJS reports what nobody handled
        expect(ends.map(({ completed }) => completed)).to.deep.equal(ends.map(() => true));
        check();
        expect(clock.countTimers()).to.equal(0, 'timers left behind');
        expect(errors).to.deep.equal([], 'errors that nobody handled');
      } finally {
        clock.restore();
        config.onUnhandledError = null;
      }
    },
  };
}
