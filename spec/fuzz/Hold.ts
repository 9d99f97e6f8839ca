import type { ProtocolVersion, QoS } from '../../lib/packet/Packet.js';

/** From here on a reason code refuses a message. */
export const REFUSED_FROM = 0x80;

/** One listener who has to answer for a message. */
export interface Claimant {
  /** Whether it acknowledges by leaving. */
  readonly onLeave: boolean;
}

/** A message of the server that the client hands over, and who has to answer for it before it is acknowledged. */
export class Hold {
  /** All listeners have it. */
  isDelivered = false;
  /** Its connection is gone, or at QoS 2 its session: no answer counts any more. */
  isOver = false;
  /** PUBREL came before it was delivered. */
  isReleased = false;
  /** Why it is refused, or what else its acknowledgement says. */
  reason = 0;
  private readonly claims = new Set<Claimant>();
  private wasClaimed = false;
  private isAcknowledged = false;

  /**
   * @param isSure whether it must be delivered
   */
  constructor(
    readonly qos: QoS,
    readonly packetId: number,
    readonly version: ProtocolVersion,
    readonly isSure: boolean,
  ) {}

  get isClaimed(): boolean {
    return this.claims.size > 0;
  }

  /** All who had to answer have left it. */
  get isAbandoned(): boolean {
    return this.wasClaimed && this.isDelivered && !this.isClaimed && !this.isAcknowledged;
  }

  /** Its acknowledgement may leave. */
  get isAnswered(): boolean {
    return this.isDelivered && !this.isClaimed && (this.isAcknowledged || !this.wasClaimed);
  }

  /** What becomes of it if all leave now, as at the end of the client. */
  get isAnsweredByLeaving(): boolean {
    return this.isAcknowledged || this.isAcknowledgedByLeaving;
  }

  /** What its acknowledgement says if all leave now: who acknowledges by leaving says 0. */
  get reasonByLeaving(): number {
    return this.reason < REFUSED_FROM && this.isAcknowledgedByLeaving ? 0 : this.reason;
  }

  private get isAcknowledgedByLeaving(): boolean {
    return [...this.claims].some(({ onLeave }) => onLeave);
  }

  claim(claimant: Claimant): void {
    this.wasClaimed = true;
    this.claims.add(claimant);
  }

  /** @param reason `undefined`: the claimant leaves it. The first refusal holds. */
  answer(claimant: Claimant, reason: number | undefined): void {
    this.claims.delete(claimant);
    if (reason === undefined) return;
    this.isAcknowledged = true;
    if (this.reason < REFUSED_FROM) this.reason = reason;
  }
}
