import type { ClientOptions, MqttClient } from '../../lib/index.js';
import { type MemoryPeer, memory } from '../../lib/testing.js';
import { bytes } from '../packet/bytes.js';
import type { Stage } from './stage.js';
import { watch } from './watch.js';

/** A client, and the bytes between it and a server that says what it is told to. */
export interface RawClient {
  readonly client: MqttClient;
  /** What the client wrote since this was last asked for, as `hex` shows it. */
  readonly take: () => Promise<string>;
  /** Has the server send bytes in the notation of `bytes`. */
  readonly say: (notation: string) => Promise<void>;
}

/** A byte sequence as one can compare it by eye. */
export function hex(...parts: Uint8Array[]): string {
  return Buffer.concat(parts).toString('hex').replace(/../g, '$& ').trim();
}

/** Makes one: nothing is said yet. */
export function rawClient(on: Stage, options: ClientOptions): RawClient {
  let written: Uint8Array[] = [];
  let peer: MemoryPeer | undefined;
  const serve = (its: MemoryPeer) => {
    peer = its;
    its.bytes$.subscribe((chunk) => written.push(chunk.slice()));
  };
  return {
    client: on.client({ server: memory(serve, { synchronous: on.synchronous }), ...options }),
    async take() {
      await on.settle();
      const taken = written;
      written = [];
      return hex(...taken);
    },
    async say(notation: string) {
      await on.settle();
      peer!.write(bytes(notation));
    },
  };
}

/** One that is connected. @param connack what accepts it */
export async function rawConnected(on: Stage, connack: string, options: ClientOptions = {}): Promise<RawClient> {
  const made = rawClient(on, { clientId: 'c', ...options });
  watch(made.client.connection$);
  await made.say(connack);
  await made.take();
  return made;
}
