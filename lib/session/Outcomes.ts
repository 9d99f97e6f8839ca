import type { MqttError } from '../errors.js';
import type { AcknowledgementPacket } from '../packet/Packet.js';
import type { Outgoing } from './Outgoing.js';
import type { SessionEffects } from './SessionEffects.js';
import type { DropReason } from './SessionEvent.js';

/**
 * Tells what became of messages.
 *
 * @typeParam O a message on its way
 */
export class Outcomes<O extends Outgoing> {
  /** @param suspects is told of each message that is over: it is no suspect any more */
  constructor(
    private readonly effects: Pick<SessionEffects<O, never>, 'application' | 'events' | 'keeper'>,
    private readonly suspects: { cleared(outgoing: O): void },
  ) {}

  /** A message is over: nothing keeps it any more, and its caller is told. */
  over(outgoing: O, error?: MqttError, reason?: AcknowledgementPacket): void {
    this.effects.keeper.forget(outgoing);
    this.suspects.cleared(outgoing);
    this.settle(outgoing, error, reason);
  }

  /** A message is over, and the server does not have it. */
  drop(outgoing: O, reason: DropReason, error: MqttError): void {
    this.effects.events.next({ type: 'message-dropped', topic: outgoing.topic, reason });
    this.over(outgoing, error);
  }

  /** The caller of a message is told, once. The exchange may go on without a caller. */
  settle(outgoing: O, error?: MqttError, reason?: AcknowledgementPacket): void {
    const { token } = outgoing;
    if (outgoing.outcome === 'unfinished' && token === undefined) outgoing.outcome = error ?? 'acknowledged';
    if (token === undefined || token === null) return;
    outgoing.token = undefined;
    this.effects.application.settle(outgoing, token, error, reason);
  }
}
