import { ProtocolError, PublishRefusedError } from '../errors.js';
import { NO_BYTES } from '../packet/noBytes.js';
import type { AcknowledgementPacket } from '../packet/Packet.js';
import { REASON_NAMES } from '../packet/reasonCodes.js';
import type { Exchanges } from './Exchanges.js';
import type { Gate } from './Gate.js';
import type { Outcomes } from './Outcomes.js';
import type { Outgoing } from './Outgoing.js';
import type { SessionEffects } from './SessionEffects.js';
import type { SessionOptions } from './SessionOptions.js';

/**
 * What the server says of the messages in flight: takes the exchanges a step further, or ends them.
 *
 * @typeParam O a message on its way
 */
export class Acknowledgements<O extends Outgoing> {
  constructor(
    private readonly options: SessionOptions,
    private readonly effects: SessionEffects<O, never>,
    private readonly gate: Gate<O>,
    private readonly exchanges: Exchanges<O>,
    private readonly outcomes: Outcomes<O>,
  ) {}

  /** PUBACK or PUBCOMP came: the exchange is over. */
  acknowledged(packet: AcknowledgementPacket): void {
    const { type, packetId } = packet;
    const outgoing = this.exchanges.get(packetId);
    if (!outgoing || !outgoing.isWritten) return; // a late one: its exchange is over, or waits for the store
    if (outgoing.awaited !== type) return this.unexpected(outgoing, type);
    if (type === 'puback' && isRefusal(packet)) return this.refused(outgoing, packet);
    this.exchanges.delete(outgoing);
    this.outcomes.over(outgoing, undefined, outgoing.pubrec ?? packet);
  }

  /** PUBREC came: the server has the message [MQTT-4.3.3-1], or has refused it. */
  received(packet: AcknowledgementPacket): void {
    const { packetId } = packet;
    const outgoing = this.exchanges.get(packetId);
    if (outgoing?.isWritten === false) return; // the server cannot have what waits for the store
    if (outgoing?.awaited === 'puback') return this.unexpected(outgoing, 'pubrec');
    if (isRefusal(packet)) {
      if (outgoing?.awaited === 'pubrec') this.refused(outgoing, packet);
      return; // that ends the exchange: no PUBREL [MQTT5-4.3.3-4]
    }
    if (outgoing?.awaited === 'pubrec') {
      if (packet.reasonCode || packet.properties) outgoing.pubrec = packet;
      if (this.options.onSessionLost === 'error') outgoing.payload = NO_BYTES;
      this.exchanges.received(outgoing);
      this.effects.keeper.keep(outgoing);
      this.gate.cleared(outgoing);
    }
    // For an unknown one as well, or the server's exchange is stuck.
    this.effects.wire.send(this.gate.window.answer('pubrel', packetId, outgoing !== undefined));
  }

  /** The server refuses a message, or hangs up whenever it is sent: its packet identifier is free again. */
  refuse(outgoing: O, error: PublishRefusedError): void {
    this.exchanges.delete(outgoing);
    this.outcomes.drop(outgoing, 'refused', error);
  }

  private refused(outgoing: O, { reasonCode = 0, properties }: AcknowledgementPacket): void {
    const reason = { ...properties, reasonName: REASON_NAMES[reasonCode] };
    this.refuse(outgoing, new PublishRefusedError(outgoing.topic, reason, reasonCode));
  }

  private unexpected({ awaited, packetId }: O, came: string): void {
    const expected = awaited.toUpperCase();
    this.effects.surroundings.fail(
      new ProtocolError(
        `expected ${expected} for packet identifier ${packetId}, got ${came.toUpperCase()}`,
        awaited === 'puback' ? 'MQTT-4.3.2-2' : 'MQTT-4.3.3-2',
      ),
    );
  }
}

/** Whether PUBACK or PUBREC says that the server does not take the message. */
function isRefusal({ reasonCode = 0 }: AcknowledgementPacket): boolean {
  return reasonCode >= 0x80;
}
