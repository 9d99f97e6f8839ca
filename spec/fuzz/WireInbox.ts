import type { AcknowledgementPacket, ProtocolVersion } from '../../lib/packet/Packet.js';
import { type Hold, REFUSED_FROM } from './Hold.js';

/** An acknowledgement that the server waits for. */
interface Due {
  readonly type: 'puback' | 'pubrec';
  readonly packetId: number;
  /** `undefined`: it is acknowledged in any case. */
  readonly hold: Hold | undefined;
  /** Nothing is in its way: it leaves with the end of the turn. */
  isFree: boolean;
}

/**
 * What is due to the server on one connection: PUBACK and PUBREC in the order of the PUBLISHes [MQTT-4.6.0-2]
 * [MQTT-4.6.0-3], none before all have answered who hold a message.
 */
export class WireInbox {
  /** How many QoS 1 messages are unacknowledged. */
  unacknowledged = 0;
  /** How many messages were left that the server waits for. */
  abandoned = 0;
  /** It cannot be known what was read when, so that nothing is said any more. */
  isUnsure = false;
  /** All listeners leave, without being told yet, because the client ends now. */
  isLeaving = false;
  private due: Due[] = [];

  /** @param refused called when the refusal of a QoS 2 message is on its way: it is over then */
  constructor(
    private readonly version: () => ProtocolVersion,
    private readonly refused: (packetId: number) => void,
  ) {}

  /** How many messages wait to be acknowledged. */
  get waiting(): number {
    return this.due.filter(({ hold, isFree }) => !isFree && hold?.isAbandoned !== true).length;
  }

  /** The names of acknowledgements that had to leave by now. */
  get late(): readonly string[] {
    return this.isUnsure ? [] : this.due.filter(({ isFree }) => isFree).map(({ type, packetId }) => `${type} ${packetId}`); // prettier-ignore
  }

  waitsFor(hold: Hold): boolean {
    return this.due.some((due) => due.hold === hold && !due.isFree);
  }

  /** PUBLISH came. */
  came(type: Due['type'], packetId: number, hold: Hold | undefined): void {
    if (type === 'puback') this.unacknowledged++;
    this.due.push({ type, packetId, hold, isFree: false });
    this.look();
  }

  /** What becomes of a message is known. */
  decided(hold: Hold): void {
    if (hold.isAbandoned && this.waitsFor(hold)) this.abandoned++;
    this.look();
  }

  /** @returns what is wrong with it */
  said({ type, packetId, reasonCode = 0 }: AcknowledgementPacket, isEnding: boolean): string | undefined {
    const first = this.due.find(({ hold }) => hold?.isAbandoned !== true)?.hold;
    if (isEnding && first?.isClaimed === true) this.isLeaving = true;
    while (this.due[0]?.hold && isLeft(this.due[0].hold, this.isLeaving)) this.due.shift();
    const next = this.due.shift();
    if (this.isUnsure) return undefined;
    const came = `${type} ${packetId}`;
    if (!next) return `${came} where nothing was due`;
    const { hold, isFree } = next;
    if (`${next.type} ${next.packetId}` !== came) return `${came} where ${next.type} ${next.packetId} was due`;
    if (!isFree) {
      const isRight = hold?.isClaimed === true ? this.isLeaving : hold?.isAnswered !== false || !hold.isSure;
      if (!isRight) return `${came} before the application has answered`;
      this.free(next);
    }
    const reason = this.version() === 5 ? (hold?.reasonByLeaving ?? 0) : 0;
    if (reasonCode !== reason) return `${came} says ${reasonCode}, not ${reason}`;
    this.look();
    return undefined;
  }

  /** The connection is gone. */
  close(): void {
    for (const { type, hold } of this.due) if (hold && type === 'puback') hold.isOver = true;
    this.due = [];
  }

  /** Frees what may leave in order. */
  private look(): void {
    for (const due of this.due) {
      if (due.hold?.isAbandoned === true || due.isFree) continue;
      if (due.hold && !due.hold.isAnswered) return;
      this.free(due);
    }
  }

  private free(due: Due): void {
    due.isFree = true;
    if (due.type === 'puback') this.unacknowledged--;
    else if (this.version() === 5 && (due.hold?.reason ?? 0) >= REFUSED_FROM) this.refused(due.packetId);
  }
}

/** Whether nobody acknowledges it. @param isLeaving whether all leave now */
function isLeft(hold: Hold, isLeaving: boolean): boolean {
  return hold.isAbandoned || (isLeaving && hold.isClaimed && !hold.isAnsweredByLeaving);
}
