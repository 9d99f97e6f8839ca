import type { Packet } from '../packet/Packet.js';
import type { Link } from './Link.js';
import type { Publication } from './Publication.js';

/** The way out of a session: what its effects write leaves through the link at the end of the turn. */
export class Output {
  /** The connection, while there is one. */
  link: Link | undefined = undefined;
  /** QoS 0 messages that leave at the end of the turn, and are settled then. */
  private leaving: Publication[] = [];

  /** Whether what is written now leaves. */
  get canSend(): boolean {
    return this.link?.isOpen === true;
  }

  /** Whether nothing waits to leave that somebody waits for. */
  get isIdle(): boolean {
    return this.leaving.length === 0;
  }

  send(packet: Packet): void {
    this.link?.send(packet);
  }

  publish(message: Publication): void {
    const { link } = this;
    link?.publish(message);
    if (message.qos === 0) this.leaving.push(message);
    else message.written(link?.age ?? 0);
  }

  /** The turn ends. */
  flush(): void {
    this.link?.flush();
    this.settleLeaving();
  }

  /** The connection is gone; what it took was written when it was closed. */
  down(): void {
    this.link = undefined;
    this.settleLeaving();
  }

  /** Those whose caller has left let go of the connection. */
  sweep(): void {
    for (const message of this.leaving) if (message.isGone) message.release();
  }

  private settleLeaving(): void {
    const { leaving } = this;
    if (leaving.length === 0) return;
    this.leaving = [];
    for (const message of leaving) settleOnce(message);
  }
}

/** At QoS 0 nobody but the way out knows what became of a message. */
export function settleOnce(message: Publication, ...[error]: Partial<Parameters<Publication['settle']>>): void {
  if (!message.isAwaited) return;
  message.isAwaited = false;
  message.settle(error, 0);
}
