import { expect } from 'chai';
import { config } from 'rxjs';
import sinon, { type SinonFakeTimers } from 'sinon';
import { type ClientOptions, type MqttClient, backoff, createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { turn } from './turn.js';
import { watch } from './watch.js';

/** What a spec of the kit plays on: a test broker, fake timers, clients that are ended when the spec is over. */
export interface KitStage {
  readonly version: ProtocolVersion;
  /** The broker; made at the first use, or by `start`. */
  readonly broker: TestBroker;
  start(options: TestBrokerOptions): TestBroker;
  client(options?: Omit<ClientOptions, 'server'>): MqttClient;
  /** Lets time pass. */
  tick(milliseconds: number): Promise<void>;
}

/** Defines specs for each version, with a broker that does everything at once and one that does it in microtasks. */
export function kitSpecs(title: string, define: (on: KitStage) => void, versions: readonly ProtocolVersion[] = [4, 5]) {
  for (const version of versions) {
    for (const synchronous of [true, false]) {
      describe(`${title} (MQTT ${version}, ${synchronous ? 'synchronous' : 'asynchronous'})`, () => {
        let made: TestBroker | undefined;
        let clock: SinonFakeTimers;
        let clients: MqttClient[];
        let errors: unknown[];

        beforeEach(() => {
          [made, clients, errors] = [undefined, [], []];
          config.onUnhandledError = (error) => errors.push(error);
          const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
          clock = sinon.useFakeTimers({ now: 1_800_000_000_000, toFake: [...toFake] });
        });

        afterEach(async () => {
          try {
            const ends = clients.map((client) => watch(client.end({ force: true })));
            await turn();
            await clock.tickAsync(0);
            expect(ends.map(({ completed }) => completed)).to.deep.equal(ends.map(() => true));
            expect(errors).to.deep.equal([]);
            expect(made?.clients ?? []).to.deep.equal([]);
            expect(clock.countTimers()).to.equal(0, 'timers left behind');
          } finally {
            clock.restore();
            config.onUnhandledError = null;
          }
        });

        const start = (options: TestBrokerOptions) => (made = testBroker({ synchronous, ...options }));
        define({
          version,
          get broker() {
            return made ?? start({});
          },
          start,
          client(options) {
            const retryWhen = backoff({ min: 1_000, max: 1_000, jitter: 0 });
            const client = createClient(this.broker, { protocolVersion: version, retryWhen, ...options });
            clients.push(client);
            return client;
          },
          async tick(milliseconds) {
            await clock.tickAsync(milliseconds);
            await turn();
          },
        });
      });
    }
  }
}
