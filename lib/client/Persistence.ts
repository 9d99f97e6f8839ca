import type { StoreError } from '../errors.js';
import type { ClientEvent } from './ClientEvent.js';
import type { Holders } from './Holders.js';
import type { Output } from './Output.js';
import type { Publication } from './Publication.js';
import type { Relay } from './Relay.js';
import type { SessionHost } from './SessionHost.js';
import type { ResolvedOptions } from './resolveOptions.js';

/** The client, as what keeps its session knows it. */
export interface PersistenceHost {
  readonly options: Pick<ResolvedOptions, 'clientId' | 'onSessionLost'>;
  readonly holders: Holders;
  readonly events: Relay<ClientEvent>;
  /** What surrounds the session. */
  readonly host: Pick<SessionHost, 'session' | 'then' | 'turnNeeded' | 'storeFailed'>;
  /** A message is not worth sending any more. */
  expire(message: Publication): void;
}

/** What keeps the session of a client where it outlives the process. A client without a store has none. */
export interface Persistence {
  /** The way out: a packet leaves when everything that the session wanted kept before it is kept. */
  readonly output: Output;
  /** Whether something is not kept yet. */
  readonly hasChanges: boolean;
  /** What must be done before the first attempt, unless it is done. Rejects with a `StoreError`. */
  ready(): Promise<void> | undefined;
  /** A connection is made, or there: what an earlier process left holds it. */
  hold(): void;
  /** See the effects of the session. */
  keep(message: Publication): void;
  forget(message: Publication): void;
  keepReceived(packetId: number): void;
  forgetReceived(packetId: number): void;
  /** Keeps what is not kept yet and lets go of the store. Resolves with the error, if there was one. */
  close(): Promise<StoreError | undefined>;
}
