import { type Subscriber, type Subscription, asyncScheduler } from 'rxjs';
import { sayGoodbye } from '../connection/Goodbye.js';
import { ClientEndedError, type MqttError } from '../errors.js';
import type { DisconnectPacket } from '../packet/Packet.js';
import { Relay } from '../stream/Relay.js';
import { LONGEST_TIMER } from '../stream/checkOption.js';
import { finish } from '../stream/finish.js';
import type { ClientCore } from './ClientCore.js';
import { within } from './within.js';

/** Milliseconds that a store has at least to write what is left, and to close. */
const STORE_PATIENCE = 5_000;

/** The end of a client: see `MqttClient.end`. */
export class Ending {
  /** Completes when the client has ended. */
  readonly over = new Relay<never>();
  private deadline: Subscription | undefined = undefined;
  private timeout = 0;
  private goodbye: DisconnectPacket | undefined = undefined;
  /** Why the connection ended without it. */
  private unsaid: MqttError | undefined = undefined;
  private isOver = false;

  constructor(private readonly core: ClientCore) {}

  /**
   * Ends the client.
   * @param timeout milliseconds that unfinished work may take
   * @param goodbye what the connection, if there is one, ends with; the last one that is given
   */
  end(timeout: number, force: boolean, goodbye: DisconnectPacket | undefined): void {
    if (this.isOver) return;
    this.timeout = timeout;
    this.goodbye = goodbye ?? this.goodbye;
    if (force || !this.core.connector.isRunning) return this.finish();
    if (!this.core.isEnding) this.wait(timeout);
  }

  /** Tells an observer when the client has ended. It errs if `goodbye` could not be said. */
  tell(observer: Subscriber<void>, goodbye: DisconnectPacket | undefined): void {
    const complete = () => {
      if (goodbye && this.unsaid) return observer.error(this.unsaid);
      observer.next();
      observer.complete();
    };
    observer.add(this.over.stream().subscribe({ complete }));
  }

  /** Lets what is unfinished go on. */
  private wait(timeout: number): void {
    const { core } = this;
    core.isEnding = true;
    const end = () => this.finish();
    core.whenGivenUp = end;
    core.connector.leases.acquire();
    core.connector.ending();
    core.driver.onIdle(end);
    // It may have ended in the line before: nothing was unfinished, or a listener has forced the end.
    if (!this.isOver && timeout <= LONGEST_TIMER) this.deadline = asyncScheduler.schedule(end, timeout);
  }

  private finish(): void {
    if (this.isOver) return;
    const { core } = this;
    core.isEnding = this.isOver = true;
    this.deadline?.unsubscribe();
    core.connector.ending();
    core.driver.isLast = true; // what is left unacknowledged may be as much as there may be
    core.incoming.listeners.leaveAll();
    core.driver.endTurn(); // what the turn collected still leaves
    core.driver.run(() => {
      const listeners = core.incoming.listeners.takeAll();
      const { link } = core.driver;
      if (this.goodbye && link) this.unsaid = sayGoodbye(this.goodbye, link);
      core.connector.close();
      // The streams complete before the rest, which needs the connection as they do, errs.
      for (const { observer, completes } of [...core.needs]) if (completes) finish(observer);
      for (const { subscriber } of listeners) finish(subscriber);
      if (core.needs.size > 0 || !core.driver.session.isIdle) this.abandon();
      core.driver.stop();
      core.driver.run(() => this.closeStore());
    });
  }

  private abandon(): void {
    const { core } = this;
    const error = new ClientEndedError('the client was ended before this was finished');
    core.driver.session.step({ type: 'end', error });
    for (const { observer } of [...core.needs]) finish(observer, error);
  }

  /** What is in the store is the next process's to send. A store that does not answer is not waited for for ever. */
  private closeStore(): void {
    const { core } = this;
    if (!core.persistence) return this.complete();
    const patience = Math.min(Math.max(this.timeout, STORE_PATIENCE), LONGEST_TIMER);
    within(core.persistence.close(), patience, () => new Error()).subscribe({
      next: (error) => {
        if (error) core.events.next({ type: 'store-failed', error });
      },
      error: () => this.complete(),
      complete: () => this.complete(),
    });
  }

  private complete(): void {
    const { core } = this;
    core.connector.show({ status: 'closed' });
    core.events.next({ type: 'ended' });
    core.incoming.complete();
    core.connector.states.complete();
    core.events.complete();
    this.over.complete();
  }
}
