import { ConnectionLostError, ProtocolError } from '../errors.js';
import type { PublishPacket, QoS } from '../packet/Packet.js';
import { OpenMessage, REFUSED_FROM } from './OpenMessage.js';
import { PacketIds } from './PacketIds.js';
import { Sequence } from './Sequence.js';
import type { Application, Keeper, Surroundings, Wire } from './SessionEffects.js';
import type { Window } from './Window.js';

const RECEIVE_MAXIMUM_EXCEEDED = 0x93;

/** What an inbox asks of its surroundings. */
interface InboxEffects {
  readonly wire: Pick<Wire<never>, 'send'>;
  readonly keeper: Pick<Keeper<never>, 'keepReceived' | 'forgetReceived'>;
  readonly application: Pick<Application<never, never>, 'deliver'>;
  readonly surroundings: Pick<Surroundings, 'fail' | 'renew' | 'read'>;
}

/**
 * The server's messages: which of them were delivered, which are acknowledged, and how many are open. It is the twin of the
 * `Window` for what comes in.
 *
 * A message is acknowledged when it was delivered, or, if somebody claims it, when the application says so.
 * Acknowledgements leave in the order in which the messages came [MQTT-4.6.0-2] [MQTT-4.6.0-3]. A message that was abandoned
 * stays unacknowledged, and those behind it do not wait for it.
 */
export class Inbox {
  // for the session
  /** Identifiers of QoS 2 messages that are acknowledged, and whose PUBREL has not come. */
  private readonly acknowledged = new PacketIds();
  /** QoS 2 messages that are delivered and not acknowledged, by packet identifier. */
  private readonly unacknowledged = new Map<number, OpenMessage>();
  /** How many QoS 0 messages the application has not finished with. */
  private unfinished = 0;
  /** QoS 1 messages that were unacknowledged when their connection ended, and have not come again, by packet identifier. */
  private readonly lost = new Map<number, OpenMessage>();
  /**
   * The server has sent more than it was told. Mosquitto up to 2.0 does so all the time when the client is slow, so that
   * only the first time ends the connection; from then on it is held up as a server that cannot be told.
   */
  private isDeaf = false;
  // for the connection
  /** Messages of this connection whose acknowledgement has not left, in the order in which they came. */
  private readonly waiting = new Sequence<OpenMessage>();
  /** Identifiers of QoS 2 messages that came on this connection, and whose PUBREL has not come. */
  private readonly unreleased = new PacketIds();
  /** How many QoS 1 and 2 messages the server takes for open … */
  private open = 0;
  /** … and how many of these nobody will acknowledge. */
  private abandoned = 0;
  /** Whether the server keeps to the receive maximum: MQTT 3.1.1 cannot say it. */
  private isTold = false;
  private isUp = false;
  /** Whether more messages may come. */
  isReading = true;

  /** @param receiveMaximum how many messages may be open */
  constructor(
    readonly receiveMaximum: number,
    private readonly effects: InboxEffects,
    private readonly window: Window,
  ) {}

  /** How many messages came on this connection, and are not acknowledged or, at QoS 0, not finished with. */
  get inHand(): number {
    return this.unfinished + this.waiting.size;
  }

  /** An earlier process left identifiers of QoS 2 messages. */
  restore(packetIds: readonly number[]): void {
    for (const packetId of packetIds) this.acknowledged.add(packetId);
  }

  /** A connection is there. */
  up(sessionPresent: boolean): void {
    this.isUp = true;
    this.isTold = this.window.protocolVersion === 5 && !this.isDeaf;
    if (!sessionPresent) this.forget();
    this.look();
  }

  /** The connection is gone: the server sends again what is not acknowledged, if the session lives on. */
  down(): void {
    for (const message of this.waiting.takeAll()) {
      message.isQueued = false;
      if (message.qos === 2) continue;
      message.isOver = true;
      if (message.outcome === 'open') this.lost.set(message.packetId, message);
    }
    this.unreleased.clear();
    this.open = this.abandoned = 0;
    this.isUp = false;
    this.isReading = true;
  }

  /** PUBLISH came. */
  receive(packet: PublishPacket): void {
    const { qos, packetId } = packet;
    const { application, keeper } = this.effects;
    if (qos === 0) {
      if (application.deliver(packet)?.outcome !== 'open') return;
      this.unfinished++;
      return this.look();
    }
    if (!this.admit(packet)) return;
    let message: OpenMessage | undefined;
    // At QoS 2 it is delivered at the first sight of its identifier [MQTT-4.3.3-2].
    if (qos === 1) {
      if (this.lost.size > 0) this.seeAgain(packet);
      message = application.deliver(packet);
    } else if (this.unacknowledged.has(packetId)) message = this.unacknowledged.get(packetId);
    else if (!this.acknowledged.has(packetId)) {
      message = application.deliver(packet);
      if (message) this.unacknowledged.set(packetId, message);
      else {
        this.acknowledged.add(packetId);
        keeper.keepReceived(packetId);
      }
    }
    if (!message && this.waiting.size === 0) return this.acknowledge(qos, packetId, 0); // every time [MQTT-4.3.3-2]
    this.enqueue(message ?? acknowledgedMessage(qos, packetId));
    if (message && message.outcome !== 'open') this.decided(message);
    this.look();
  }

  /** A QoS 1 message came: whether it is one that was lost with its connection, DUP says [MQTT-3.3.1-1]. */
  private seeAgain({ packetId, dup }: PublishPacket): void {
    const before = this.lost.get(packetId);
    if (before) before.cameAgain = dup;
    this.lost.delete(packetId); // without DUP the identifier has a new message
  }

  /** What becomes of a message is decided. */
  decided(message: OpenMessage): void {
    const { qos, packetId } = message;
    if (qos === 0) this.unfinished--;
    else if (!message.isOver) {
      if (qos === 2 && !message.isRefused) this.received(packetId, message.outcome === 'acknowledged');
      if (message.outcome === 'abandoned') this.leave(message);
      this.drain();
    }
    this.look();
  }

  /** PUBREL came. It is answered even if it is unknown, or the server repeats it for ever [MQTT-4.3.3-2]. */
  release(packetId: number): void {
    if (this.unreleased.delete(packetId)) this.open--;
    const isKnown = this.acknowledged.delete(packetId);
    if (isKnown) this.effects.keeper.forgetReceived(packetId);
    this.effects.wire.send(this.window.answer('pubcomp', packetId, isKnown));
  }

  /**
   * Counts a QoS 1 or 2 message that came.
   * @returns whether the server may send it [MQTT5-3.3.4-9]
   */
  private admit({ qos, packetId }: PublishPacket): boolean {
    if (qos === 2 && this.unreleased.has(packetId)) return true;
    if (this.isTold && this.open >= this.receiveMaximum) {
      const what = `expected ${this.receiveMaximum} unacknowledged messages at most, got one more`;
      this.isDeaf = true;
      const reason = { reasonCode: RECEIVE_MAXIMUM_EXCEEDED };
      this.effects.surroundings.fail(new ProtocolError(what, 'MQTT5-3.3.4-9', reason));
      return false;
    }
    if (qos === 2) this.unreleased.add(packetId);
    this.open++;
    return true;
  }

  private enqueue(message: OpenMessage): void {
    if (message.isQueued) return; // it came twice on this connection
    message.isQueued = true;
    this.waiting.append(message);
    this.drain();
  }

  /** Sends what may be sent in order. */
  private drain(): void {
    for (let next = this.waiting.first; next?.outcome === 'acknowledged'; next = this.waiting.first) {
      this.waiting.remove(next);
      next.isQueued = false;
      this.acknowledge(next.qos, next.packetId, next.reasonCode);
    }
  }

  private acknowledge(qos: QoS, packetId: number, reasonCode: number): void {
    const said = this.window.protocolVersion === 5 ? reasonCode : 0;
    const isRefused = said >= REFUSED_FROM;
    if (qos === 1 || isRefused) this.open--; // after a refusal there is no PUBREL [MQTT5-4.3.3-9]
    if (qos === 2 && isRefused) {
      this.unreleased.delete(packetId);
      this.unacknowledged.delete(packetId);
    } else if (reasonCode >= REFUSED_FROM && qos === 2) this.received(packetId, true); // 3.1.1 takes it for acknowledged
    const type = qos === 1 ? 'puback' : 'pubrec';
    this.effects.wire.send(said > 0 ? { type, packetId, reasonCode } : { type, packetId });
  }

  /** The application is done with a QoS 2 message. @param isAcknowledged otherwise it is delivered when it comes again */
  private received(packetId: number, isAcknowledged: boolean): void {
    this.unacknowledged.delete(packetId);
    if (!isAcknowledged) return;
    this.acknowledged.add(packetId);
    this.effects.keeper.keepReceived(packetId);
  }

  /** Lets a message be unacknowledged until the connection ends. When no others are left, that is at once. */
  private leave(message: OpenMessage): void {
    message.isOver = true;
    if (!message.isQueued) return;
    message.isQueued = false;
    this.waiting.remove(message);
    this.abandoned++;
    if (this.abandoned < this.receiveMaximum) return;
    const what =
      'all messages that the broker may send are left unacknowledged: it sends them again on a new connection';
    this.effects.surroundings.renew(new ConnectionLostError(what));
  }

  /** The server has no session. */
  private forget(): void {
    for (const packetId of this.acknowledged) this.effects.keeper.forgetReceived(packetId);
    this.acknowledged.clear();
    for (const message of this.unacknowledged.values()) message.isOver = true;
    this.unacknowledged.clear();
    this.lost.clear();
  }

  /** Stops reading when the window is full, and reads on when it is not. */
  private look(): void {
    if (!this.isUp) return;
    // An MQTT 5 server stops by itself, but for QoS 0.
    const count = this.unfinished + (this.isTold ? 0 : this.waiting.size);
    const isReading = count < this.receiveMaximum;
    if (isReading === this.isReading) return;
    this.isReading = isReading;
    this.effects.surroundings.read(isReading);
  }
}

/** A message that waits for its turn to be acknowledged, and for nothing else. */
function acknowledgedMessage(qos: QoS, packetId: number): OpenMessage {
  const message = new OpenMessage(qos, packetId);
  message.acknowledge(0);
  return message;
}
