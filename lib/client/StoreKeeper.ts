import type { Lease, Leases } from '../connection/Leases.js';
import type { Outgoing } from '../session/Outgoing.js';
import type { Persistence, StoredSession } from '../session/Persistence.js';
import type { Keeper } from '../session/SessionEffects.js';

/** Nothing is kept: the session lasts as long as the client. */
export const KEEPS_NOTHING: Keeper<Outgoing> = {
  keep: () => undefined,
  forget: () => undefined,
  keepReceived: () => undefined,
  forgetReceived: () => undefined,
};

/**
 * Keeps a session in a store, and knows which messages an earlier process left. Nobody waits for those: they need the
 * connection once it is open, until all of them are over.
 */
export class StoreKeeper implements Keeper<Outgoing> {
  private readonly messages = new Set<Outgoing>();
  private lease: Lease | undefined;

  /** @param changed called when something is to be written at the end of the turn */
  constructor(
    private readonly persistence: Persistence,
    private readonly leases: () => Leases,
    private readonly changed: () => void,
  ) {}

  /** The messages of an earlier process are known. */
  inherit({ inherited }: StoredSession): void {
    for (const outgoing of [...inherited.inFlight, ...inherited.queued]) this.messages.add(outgoing);
  }

  /** A connection is there, or being made. */
  up(): void {
    const { lease } = this;
    if (this.messages.size > 0) this.lease = this.leases().acquire();
    if (lease) this.leases().release(lease); // void, if that connection is gone
  }

  keep(outgoing: Outgoing): void {
    this.persistence.keep(outgoing);
    this.changed();
  }

  forget(outgoing: Outgoing): void {
    this.persistence.forget(outgoing);
    this.changed();
    if (this.messages.size === 0 || !this.messages.delete(outgoing) || this.messages.size > 0 || !this.lease) return;
    this.leases().release(this.lease);
    this.lease = undefined;
  }

  keepReceived(packetId: number): void {
    this.persistence.keepReceived(packetId);
    this.changed(); // its PUBREC may have to wait for others
  }

  forgetReceived(packetId: number): void {
    this.persistence.forgetReceived(packetId); // its PUBCOMP asks for the turn
  }
}
