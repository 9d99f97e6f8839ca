import { type Subscription, asapScheduler, timer } from 'rxjs';
import { type MqttError, type ProtocolError, type StoreError, SubscriptionRefusedError } from '../errors.js';
import type { Packet, PublishPacket, QoS } from '../packet/Packet.js';
import type { Grant } from '../session/Grant.js';
import { Session } from '../session/Session.js';
import type { DropReason, SessionEffects } from '../session/SessionEffects.js';
import type { SessionInput } from '../session/SessionInput.js';
import type { SubscriptionState } from '../session/SubscriptionState.js';
import type { ClientEvent } from './ClientEvent.js';
import { InputQueue } from './InputQueue.js';
import type { Link } from './Link.js';
import { Message } from './Message.js';
import { Output } from './Output.js';
import type { Persistence } from './Persistence.js';
import type { Publication } from './Publication.js';
import type { PublishCall } from './PublishCall.js';
import { Relay } from './Relay.js';
import { type Listener, Routes } from './Routes.js';
import type { Traffic } from './Traffic.js';
import type { ResolvedOptions } from './resolveOptions.js';

/** Told how a `subscribe` or `unsubscribe` ended. */
export type RequestCall = (grants: readonly Grant[], error?: MqttError) => void;

type Input = SessionInput<Publication, RequestCall>;

/** Gives the session its surroundings: performs its effects on the link and on the streams of the application. */
export class SessionHost implements SessionEffects<Publication, RequestCall> {
  // for the session
  readonly session: Session<Publication, RequestCall>;
  readonly routes = new Routes();
  readonly messages = new Relay<Message>();
  readonly unclaimed = new Relay<Message>();
  /** What is subscribed, whenever that changed in a turn. */
  readonly changes = new Relay<ReadonlyMap<string, SubscriptionState>>();
  private readonly inputs = new InputQueue<SessionHost>(this);
  private changed = false;
  private whenIdle: (() => void) | undefined = undefined;
  private persistence: Persistence | undefined = undefined;
  private output = new Output();
  // for the connection
  private turn: Subscription | undefined = undefined;
  private onResumed: (() => void) | undefined = undefined;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly traffic: Traffic,
    private readonly events: Relay<ClientEvent>,
  ) {
    this.session = new Session<Publication, RequestCall>(options, this);
  }

  /** From now on the session is kept. To be called before anything happens. */
  keepIn(persistence: Persistence): void {
    this.persistence = persistence;
    this.output = persistence.output;
  }

  // ─── what happens: one after the other ───

  /** Does something now, or after the inputs that are before it. */
  then(act: () => void): void {
    this.inputs.push(SessionHost.run, act);
  }

  /** An input of the session. */
  push(input: Input): void {
    this.then(() => {
      this.session.step(input);
      if (input.is === 'subscribe' || input.is === 'unsubscribe') this.noteChange();
    });
  }

  /** A packet came. */
  receive(packet: Packet): void {
    this.inputs.push(SessionHost.receive, packet);
  }

  /** Somebody publishes. */
  start(call: PublishCall): void {
    this.inputs.push(SessionHost.start, call);
  }

  /** A listener comes. The route first, so that nothing that races the SUBACK is missed. */
  listen(listener: Listener): void {
    this.then(() => {
      this.routes.add(listener);
      this.claim('listen', listener);
    });
  }

  /** A listener leaves. One that was taken out before has no claim any more. */
  leave(listener: Listener): void {
    this.then(() => {
      if (this.routes.remove(listener)) this.claim('leave', listener);
    });
  }

  /** A connection is there. @param onResumed called when the session is resumed, before the queue is released */
  up(link: Link, sessionPresent: boolean, onResumed: () => void): void {
    this.then(() => {
      if (!link.isOpen) return; // it came and went while the queue was busy
      this.output.link = link;
      this.traffic.connections++;
      this.onResumed = onResumed;
      if (!sessionPresent) this.routes.startOver();
      this.session.step({ is: 'up', sessionPresent });
      if (this.persistence?.hasChanges) this.turnNeeded(); // what could not be written before
      this.noteChange();
    });
  }

  /** The connection is gone. */
  down(): void {
    this.then(() => {
      const { output } = this;
      output.link = undefined;
      this.turn?.unsubscribe();
      this.turn = undefined;
      this.session.step({ is: 'down' });
      output.down();
      if (this.persistence?.hasChanges) this.turnNeeded();
      this.routes.pause();
      this.noteChange();
    });
  }

  /** Ends the turn now: everything collected is written. */
  endTurn(): void {
    this.turn?.unsubscribe();
    this.turn = undefined;
    this.push({ is: 'turn' });
    this.then(() => {
      this.output.flush();
      if (this.changed) this.changes.next(this.session.subscriptions.snapshot());
      this.changed = false;
    });
  }

  /** Calls back, once, as soon as no message and no request waits. */
  onIdle(callback: () => void): void {
    this.whenIdle = callback;
    this.then(() => undefined);
  }

  /** Releases the publishes in flight that nobody waits for: up to the first that somebody does. */
  sweep(): void {
    for (const call of this.session.exchanges) {
      if (!call.isGone) return;
      call.release();
    }
    this.output.sweep();
  }

  /** The streams of the application are over. */
  complete(): void {
    this.messages.complete();
    this.unclaimed.complete();
    this.changes.complete();
  }

  private static run(host: SessionHost, act: () => void): void {
    act();
    host.lookIfIdle();
  }

  private static receive(host: SessionHost, packet: Packet): void {
    host.session.receive(packet);
    host.lookIfIdle();
  }

  private static start(host: SessionHost, call: PublishCall): void {
    if (!call.isGone) host.session.publish(call);
    if (!call.isGone)
      call.hold(); // the message first: a connection may fail at once
    else host.session.step({ is: 'withdraw', outgoing: call }); // perhaps by one who had to give way to it
  }

  private claim(is: 'listen' | 'leave', { wanted, qos }: Listener): void {
    this.session.step({ is, filter: wanted.filter, qos });
    this.noteChange();
  }

  private lookIfIdle(): void {
    const { whenIdle } = this;
    if (!whenIdle || !this.session.idle || !this.output.isIdle) return;
    this.whenIdle = undefined;
    whenIdle();
  }

  // ─── the effects of the session ───

  get canSend(): boolean {
    return this.output.canSend && !this.output.link!.isCongested; // of that the session hears when its step is over
  }

  send(packet: Packet): void {
    this.output.send(packet);
    this.turnNeeded();
    if (packet.type !== 'subscribe' && packet.type !== 'unsubscribe') return;
    if (packet.type === 'subscribe') this.routes.asked();
    const overdue = timer(this.options.subscribeTimeout);
    this.output.link?.lifetime.add(overdue.subscribe(() => this.push({ is: 'overdue', packet })));
  }

  publish(outgoing: Publication): void {
    this.output.publish(outgoing);
    this.turnNeeded();
  }

  keep(outgoing: Publication): void {
    if (!this.persistence) return;
    this.persistence.keep(outgoing);
    this.turnNeeded();
  }

  forget(outgoing: Publication): void {
    outgoing.release();
    if (!this.persistence) return;
    this.persistence.forget(outgoing);
    this.turnNeeded();
  }

  keepReceived(packetId: number): void {
    this.persistence?.keepReceived(packetId); // its PUBREC asks for the turn
  }

  forgetReceived(packetId: number): void {
    this.persistence?.forgetReceived(packetId); // and so does its PUBCOMP
  }

  deliver(packet: PublishPacket): void {
    this.traffic.messagesIn[packet.qos]++;
    const claimed = this.routes.deliver(packet);
    if (this.messages.observed) this.messages.next(new Message(packet));
    if (claimed) return;
    if (this.unclaimed.observed) this.unclaimed.next(new Message(packet));
    else if (!this.messages.observed) this.dropped(packet, 'unclaimed');
  }

  settle(outgoing: Publication, error?: MqttError): void {
    outgoing.settle(error, this.output.link?.ageReceived ?? 0);
  }

  dropped({ topic }: Pick<PublishPacket, 'topic'>, reason: DropReason | 'unclaimed'): void {
    this.events.next({ type: 'message-dropped', topic, reason });
  }

  answered(call: RequestCall, grants: readonly Grant[], error?: MqttError): void {
    call(grants, error);
  }

  subscribed(filter: string, requested: QoS, granted: QoS): void {
    this.routes.answered(filter);
    this.noteChange();
    this.events.next({ type: 'subscribed', filter, requested, granted });
  }

  refused(filter: string): void {
    this.noteChange();
    this.routes.pause();
    const refused = this.routes.take(filter); // out first: a retry made at once must not meet them
    this.events.next({ type: 'refused', filter });
    for (const { subscriber } of refused) subscriber.error(new SubscriptionRefusedError(filter));
  }

  unsubscribed(filter: string): void {
    this.noteChange();
    this.events.next({ type: 'unsubscribed', filter });
  }

  resumed(): void {
    this.onResumed?.();
    this.onResumed = undefined;
  }

  turnNeeded(): void {
    this.turn ??= asapScheduler.schedule(() => this.endTurn());
  }

  violation(error: ProtocolError): void {
    this.output.link?.fail(error);
  }

  // ─── the store ───

  /** For `StoredOutput`. The connection is made anew: what was held for it is gone, and the session repeats it. */
  storeFailed(error: StoreError, unkept: readonly Publication[]): void {
    this.events.next({ type: 'store-failed', error });
    for (const outgoing of unkept) this.session.step({ is: 'unkept', outgoing, error });
    this.output.link?.fail(error);
    this.lookIfIdle();
  }

  private noteChange(): void {
    if (!this.changes.observed) return;
    this.changed = true;
    this.turnNeeded();
  }
}
