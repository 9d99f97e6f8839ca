import { Output, settleOnce } from '../client/Output.js';
import type { PersistenceHost } from '../client/Persistence.js';
import type { Publication } from '../client/Publication.js';
import { ConnectionLostError } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Journal, Written } from './Journal.js';

/**
 * The way out behind a journal: a packet leaves when everything that the session wanted kept before it is stored. What
 * a turn collects is one write to the store and, when that is done, one to the link; while one write is under way the
 * next collects.
 */
export class StoredOutput extends Output {
  private held: (Packet | Publication)[] = [];
  /** What leaves when the write that is under way is done. */
  private next: (Packet | Publication)[] | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly host: PersistenceHost['host'],
  ) {
    super();
  }

  override get canSend(): boolean {
    return super.canSend && !this.journal.isFull;
  }

  override get isIdle(): boolean {
    return super.isIdle && !this.next && this.held.length === 0;
  }

  override send(packet: Packet): void {
    this.held.push(packet);
  }

  override publish(message: Publication): void {
    this.held.push(message);
  }

  override flush(): void {
    if (this.next) return;
    const { held } = this;
    this.held = [];
    if (!this.journal.isOpen || !this.journal.hasChanges) return this.leave(held);
    if (this.journal.isFull) this.host.turnNeeded(); // there is room again
    this.next = held;
    void this.journal.write().then((written) => this.host.then(() => this.written(written)));
  }

  override down(): void {
    this.discard();
    super.down();
  }

  override sweep(): void {
    super.sweep();
    for (const each of [...(this.next ?? []), ...this.held]) {
      if (isPublication(each) && each.qos === 0 && each.isGone) each.release();
    }
  }

  private written({ error, unkept }: Written): void {
    if (error) this.discard();
    const { next } = this;
    this.next = undefined;
    if (error) return this.host.storeFailed(error, unkept);
    this.leave(next!);
    this.flush();
  }

  private leave(packets: (Packet | Publication)[]): void {
    for (const packet of packets) {
      if (!super.canSend) lose(packet);
      else if (isPublication(packet)) super.publish(packet);
      else super.send(packet);
    }
    super.flush();
  }

  /** Nothing that is held leaves on this connection; the session repeats what must not be lost. */
  private discard(): void {
    const { held, next } = this;
    this.held = [];
    if (next) this.next = [];
    for (const packet of [...(next ?? []), ...held]) lose(packet);
  }
}

/** A session writes no PUBLISH but those that it was given. */
function isPublication(packet: Packet | Publication): packet is Publication {
  return packet.type === 'publish';
}

/** At QoS 0 nothing repeats it. */
function lose(packet: Packet | Publication): void {
  if (!isPublication(packet) || packet.qos > 0) return;
  settleOnce(packet, new ConnectionLostError('the connection was lost before the message was written'));
}
