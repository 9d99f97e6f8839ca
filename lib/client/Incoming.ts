import type { Traffic } from '../connection/Traffic.js';
import type { MqttError } from '../errors.js';
import type { AcknowledgementPacket, PublishPacket } from '../packet/Packet.js';
import type { Grant } from '../session/Grant.js';
import type { OpenMessage } from '../session/OpenMessage.js';
import type { Outgoing } from '../session/Outgoing.js';
import type { SubscriptionState } from '../session/SubscriptionState.js';
import { Relay } from '../stream/Relay.js';
import { finish } from '../stream/finish.js';
import type { ClientEvent } from './ClientEvent.js';
import { type Listener, Listeners } from './Listeners.js';
import { Message } from './Message.js';
import { type PublishToken, settle } from './Publishing.js';
import type { RequestToken } from './RequestToken.js';
import type { Driven, SessionDriver } from './SessionDriver.js';

/** What the application hears of its session: messages, outcomes, subscriptions. */
export class Incoming implements Driven {
  readonly listeners = new Listeners(
    (message) => this.driver!.step({ type: 'decided', message }),
    (event) => this.events.next(event),
  );
  /** All messages that come. */
  readonly messages = new Relay<Message>();
  /** Those for which there was no listener. */
  readonly unclaimed = new Relay<Message>();
  /** What is subscribed, whenever that changed in a turn. */
  readonly filters = new Relay<ReadonlyMap<string, SubscriptionState>>();
  private hasChanged = false;
  private driver: SessionDriver | undefined = undefined;

  constructor(
    private readonly traffic: Traffic,
    private readonly events: Relay<ClientEvent>,
    private readonly whenResumed: () => void,
  ) {}

  /** The driver of the session. To be called before anything happens. */
  attach(driver: SessionDriver): void {
    this.driver = driver;
  }

  /** The server has no session: what was subscribed is subscribed anew. */
  startOver(): void {
    this.listeners.startOver();
  }

  /** The connection is gone. */
  down(): void {
    this.listeners.down();
    this.noteChange();
  }

  /** Tells what is subscribed, if that has changed. */
  turnEnded(): void {
    if (!this.hasChanged) return;
    this.hasChanged = false;
    this.filters.next(this.driver!.session.filters);
  }

  /** What is subscribed has changed. */
  noteChange(): void {
    if (!this.filters.observed) return;
    this.hasChanged = true;
    this.driver!.turnNeeded();
  }

  /** No more will come. */
  complete(): void {
    this.messages.complete();
    this.unclaimed.complete();
    this.filters.complete();
  }

  // ─── what the session says ───

  deliver(packet: PublishPacket): OpenMessage | undefined {
    this.traffic.messagesIn[packet.qos]++;
    const claimed = this.listeners.deliver(packet, this.driver!.session);
    if (this.messages.observed) this.messages.next(new Message(packet));
    if (claimed) return claimed === true ? undefined : unlessAcknowledged(claimed);
    if (this.unclaimed.observed) this.unclaimed.next(new Message(packet));
    else if (!this.messages.observed) {
      this.events.next({ type: 'message-dropped', topic: packet.topic, reason: 'unclaimed' });
    }
    return undefined;
  }

  settle(outgoing: Outgoing, caller: unknown, error?: MqttError, reason?: AcknowledgementPacket): void {
    const now = this.driver!.link?.ageReceived ?? 0;
    settle(outgoing as Outgoing<PublishToken>, caller as PublishToken, now, error, reason);
  }

  answered(call: RequestToken, grants: readonly Grant[], error?: MqttError): void {
    call(grants, error);
  }

  subscribing(filter: string, identifier: number): void {
    this.listeners.subscribing(filter, identifier);
    this.noteChange();
  }

  subscribed(filter: string): void {
    this.listeners.subscribed(filter);
    this.noteChange();
  }

  unsubscribed(filter: string): void {
    this.listeners.unsubscribed(filter);
  }

  refused(filter: string, error: MqttError): void {
    this.noteChange();
    const refused: readonly Listener[] = this.listeners.take(filter); // out first: a retry at once must not meet them
    for (const { subscriber } of refused) finish(subscriber, error);
  }

  resumed(): void {
    this.whenResumed();
  }
}

/**
 * Called when every listener has got a message that must be acknowledged by hand.
 *
 * @returns the message; nothing if all have acknowledged it within `next`
 */
function unlessAcknowledged(message: OpenMessage): OpenMessage | undefined {
  const isDecided = message.answered();
  return isDecided && message.outcome === 'acknowledged' && !message.isRefused ? undefined : message;
}
