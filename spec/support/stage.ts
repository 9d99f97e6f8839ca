import { expect } from 'chai';
import { type ClientOptions, type MqttClient, backoff } from '../../lib/index.js';
import type { PacketType, ProtocolVersion } from '../../lib/packet/Packet.js';
import type { ScriptedConnection } from './ScriptedConnection.js';
import { type CommonStage, type Struck, commonStage, describeStages } from './commonStage.js';
import { type ScriptedBroker, scriptedBroker } from './scriptedBroker.js';
import { turn } from './turn.js';
import { type Watched, watch } from './watch.js';

/** What a client spec plays on that takes and sends packets itself: a scripted broker. */
export interface Stage extends CommonStage {
  readonly broker: ScriptedBroker;
  /** A client that is connected, what held the connection, and its end at the broker. */
  online(options?: ClientOptions): Promise<{
    client: MqttClient;
    held: Watched<unknown>;
    server: ScriptedConnection;
  }>;
  /** Everything that the broker was sent, on all connections, by type. */
  sent(): PacketType[];
}

/**
 * Defines specs for each version, over a synchronous and an asynchronous transport in memory, with fake timers. After each
 * it is checked that the broker saw no fault, that no error went unhandled, and that after a forced end no connection is
 * open and no timer runs.
 *
 * `kitSpecs` is shorter for a spec to which any broker would do.
 *
 * @param versions those that the specs are about
 */
export function clientSpecs(
  title: string,
  define: (stage: Stage) => void,
  versions: readonly ProtocolVersion[] = [4, 5],
): void {
  describeStages(title, define, versions, makeStage);
}

function makeStage(synchronous: boolean, version: ProtocolVersion): Stage & Struck {
  const broker = scriptedBroker({ synchronous });
  const common = commonStage(
    synchronous,
    version,
    () => ({ server: broker.transport, retryWhen: backoff({ jitter: 0 }) }),
    () => {
      expect(broker.connections.flatMap(({ faults }) => faults)).to.deep.equal([], 'faults that the broker saw');
      expect(broker.connections.filter(({ open }) => open).length).to.equal(0, 'connections left open');
    },
  );
  return {
    ...common,
    broker,
    async online(options?: ClientOptions) {
      const client = common.client(options);
      const held = watch<unknown>(client.connection$);
      await turn();
      broker.current.take();
      return { client, held, server: broker.current };
    },
    sent: () => broker.connections.flatMap(({ received }) => received.map(({ type }) => type)),
  };
}
