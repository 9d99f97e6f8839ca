import { expect } from 'chai';
import { defer } from 'rxjs';
import { type ClientOptions, type MqttClient, backoff } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { type CommonStage, type Struck, commonStage, describeStages } from './commonStage.js';
import { turn } from './turn.js';
import { type Watched, watch } from './watch.js';

/** What a spec plays on to which any broker would do: the test broker of the kit. */
export interface KitStage extends CommonStage {
  /** Clients try to connect once a second. */
  client(options?: ClientOptions): MqttClient;
  /** The broker; made at the first use, or by `start`. */
  readonly broker: TestBroker;
  start(options: TestBrokerOptions): TestBroker;
  /** How often it was dialled by clients without a server of their own, whatever came of it. */
  readonly dials: number;
  /** A client that is connected, and what held the connection. */
  online(options?: ClientOptions): Promise<{ client: MqttClient; held: Watched<unknown> }>;
  /** What this spec leaves open on purpose: parts of what `verify()` says, one for each line. */
  leaves(...parts: string[]): void;
}

/**
 * Defines specs for each version, with a broker that does everything at once and one that does it in microtasks, with fake
 * timers. After each it is checked that nobody is connected, that `verify()` finds what `leaves` says and nothing else, that
 * no error went unhandled, and that no timer runs.
 */
export function kitSpecs(
  title: string,
  define: (on: KitStage) => void,
  versions: readonly ProtocolVersion[] = [4, 5],
): void {
  describeStages(title, define, versions, makeStage);
}

function makeStage(synchronous: boolean, version: ProtocolVersion): KitStage & Struck {
  let made: TestBroker | undefined;
  let left: string[] = [];
  let dials = 0;
  const counted$ = defer(() => (dials++, broker()));
  const start = (options: TestBrokerOptions) => (made = testBroker({ synchronous, ...options }));
  const broker = () => made ?? start({});
  const defaults = () => ({ server: counted$, retryWhen: backoff({ min: 1_000, max: 1_000, jitter: 0 }) });
  const common = commonStage(synchronous, version, defaults, () => {
    expect(made?.clients ?? []).to.deep.equal([], 'clients that are still connected');
    const open = made ? whatIsOpen(made) : [];
    expect(open).to.have.length(left.length, `what is open: ${open.join('; ')}`);
    left.forEach((part, i) => expect(open[i]).to.contain(part));
  });
  return {
    ...common,
    get broker() {
      return broker();
    },
    start,
    get dials() {
      return dials;
    },
    async online(options?: ClientOptions) {
      const client = common.client(options);
      const held = watch<unknown>(client.connection$);
      await turn();
      return { client, held };
    },
    leaves: (...parts) => (left = parts),
  };
}

/** The lines of `verify()`. */
function whatIsOpen(broker: TestBroker): string[] {
  try {
    broker.verify();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n- ').slice(1);
  }
}
