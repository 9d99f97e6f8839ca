import { InvalidArgumentError, NotSupportedError } from '../errors.js';
import type { ProtocolVersion } from '../packet/Packet.js';
import { RECEIPT_CODES } from '../packet/reasonCodes.js';
import type { OpenMessage } from '../session/OpenMessage.js';
import type { Placed, Sequence } from '../session/Sequence.js';

/** How a listener acknowledges. */
export interface Acknowledging {
  readonly isManual: boolean;
  /** Whether it acknowledges by leaving what it has not acknowledged. */
  readonly onLeave: boolean;
}

export const AUTOMATIC: Acknowledging = { isManual: false, onLeave: false };

/** Called when all claims to a message are answered: its outcome is decided. */
export type Decide = (message: OpenMessage) => void;

/** A message that a listener has to acknowledge. */
export class Claim implements Placed {
  /** Its place among the claims of the listener; -1 when it has none any more. */
  place = 0;
  private isOpen = true;

  /**
   * @param version that was spoken when it came
   * @param claims the open ones of the listener, this among them at first
   */
  constructor(
    private readonly message: OpenMessage,
    private readonly version: ProtocolVersion,
    private readonly claims: Sequence<Claim>,
    private readonly decide: Decide,
  ) {
    message.claim();
    claims.append(this);
  }

  /** Whether no answer counts any more: the connection that the message came on is gone, or its session. */
  get isOver(): boolean {
    return this.message.isOver;
  }

  get cameAgain(): boolean {
    return this.isOpen && this.message.cameAgain;
  }

  /** @throws {NotSupportedError} MQTT 3.1.1 cannot say the reason code */
  acknowledge(reasonCode: number): void {
    if (reasonCode > 0 && this.version === 4 && this.isOpen && this.message.qos > 0) {
      throw new NotSupportedError('to refuse a message needs MQTT 5, and the server speaks 3.1.1');
    }
    if (this.close() && this.message.acknowledge(reasonCode)) this.decide(this.message);
  }

  abandon(): void {
    if (this.close() && this.message.answered()) this.decide(this.message);
  }

  /** Takes it out of those of the listener. */
  unlist(): void {
    if (this.place < 0) return;
    this.claims.remove(this);
    this.place = -1;
  }

  private close(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    this.unlist();
    return true;
  }
}

/** @throws {InvalidArgumentError} not a reason code of PUBACK and PUBREC */
export function checkReasonCode(reasonCode: number): void {
  if (RECEIPT_CODES.includes(reasonCode)) return;
  const known = RECEIPT_CODES.map((code) => `0x${code.toString(16)}`).join(', ');
  throw new InvalidArgumentError('reasonCode', `expected one of ${known}, got ${String(reasonCode)}`);
}
