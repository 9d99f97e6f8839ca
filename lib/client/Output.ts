import type { Link } from '../connection/Link.js';
import type { Packet } from '../packet/Packet.js';
import type { Outgoing } from '../session/Outgoing.js';
import type { Persistence, Written } from '../session/Persistence.js';
import type { Wire } from '../session/SessionEffects.js';
import { type Lifetime, remaining } from '../session/lifetime.js';
import { instantNow, monotonicNow } from '../stream/clock.js';

/** What an output tells. */
export interface OutputOwner {
  /** Something waits for the end of the turn. */
  turnNeeded(): void;
  /** A write to the store is done. */
  stored(written: Written): void;
}

/**
 * The way out of a session. Packets leave through the link at the end of the turn. With a store a packet leaves when
 * everything that the session wanted kept before it is stored: what a turn collects is one write to the store, and while
 * that is under way the next collects.
 */
export class Output implements Wire<Outgoing> {
  /** The connection, while there is one. */
  link: Link | undefined = undefined;
  /** What waits for the next write to the store. */
  private waiting: (Packet | Outgoing)[] = [];
  /** What leaves when the write is done that is under way. */
  private storing: (Packet | Outgoing)[] | undefined;
  /** Bytes of the messages among both. */
  private bytes = 0;

  constructor(
    private readonly persistence: Persistence | undefined,
    private readonly owner: OutputOwner,
  ) {}

  /** Whether nothing waits to leave. */
  get isIdle(): boolean {
    return !this.storing && this.waiting.length === 0;
  }

  /** Bytes that were written by the session and have not left. */
  get unsent(): number {
    return this.bytes + (this.link?.unsent ?? 0);
  }

  send(packet: Packet): void {
    if (this.mustWait) this.waiting.push(packet);
    else this.link?.send(packet);
    this.owner.turnNeeded();
  }

  publish(outgoing: Outgoing): void {
    if (this.mustWait) {
      this.waiting.push(outgoing);
      this.bytes += outgoing.payload.length;
    } else this.write(outgoing);
    this.owner.turnNeeded();
  }

  /** Writes what was collected, or has it stored first. */
  flush(): void {
    const { persistence } = this;
    if (persistence && !this.storing && (this.waiting.length > 0 || persistence.hasChanges)) this.store(persistence);
    this.link?.flush();
  }

  /** A write to the store is done: what waited for it leaves, or nothing of it. */
  stored(isStored: boolean): void {
    const packets = this.storing ?? [];
    this.storing = undefined;
    for (const packet of packets) {
      if (isOutgoing(packet)) this.bytes -= packet.payload.length;
      if (!isStored) continue;
      if (isOutgoing(packet)) this.write(packet);
      else this.link?.send(packet);
    }
    if (!isStored) this.drop();
  }

  /** The connection is gone: nothing that waits leaves on it. The session repeats what must not be lost. */
  discard(): void {
    this.link = undefined;
    this.drop();
  }

  private get mustWait(): boolean {
    return this.persistence !== undefined && (!this.isIdle || this.persistence.hasChanges);
  }

  private drop(): void {
    this.waiting = [];
    if (this.storing) this.storing = [];
    this.bytes = 0;
  }

  private write(outgoing: Outgoing): void {
    const { link } = this;
    if (!link?.isOpen) return;
    if (outgoing.queuedAt !== undefined) noteWait(outgoing, outgoing.queuedAt);
    link.publish(outgoing, outgoing.lifetime && secondsLeft(outgoing.lifetime));
    outgoing.written(link.age);
  }

  private store(persistence: Persistence): void {
    if (!persistence.isOpen) return;
    this.storing = this.waiting;
    this.waiting = [];
    void persistence.write().then((written) => this.owner.stored(written));
  }
}

/** A session writes no PUBLISH but those that it was given. */
function isOutgoing(packet: Packet | Outgoing): packet is Outgoing {
  return packet.type === 'publish';
}

/** How long a message waited in the queue, if it is a millisecond or more. Not the time in flight of one sent before. */
function noteWait(outgoing: Outgoing, since: number): void {
  const waited = Math.floor(monotonicNow() - since);
  outgoing.queuedAt = undefined;
  if (waited > 0) outgoing.queuedFor = waited;
}

/** The Message Expiry Interval for what is left of a message's life, in seconds. Not 0: that is for ever to some servers. */
function secondsLeft(lifetime: Lifetime): number {
  return Math.max(1, Math.ceil(remaining(lifetime, instantNow()) / 1_000));
}
