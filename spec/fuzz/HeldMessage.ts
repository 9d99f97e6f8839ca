import { type Message, NotSupportedError } from '../../lib/index.js';
import { Observable } from 'rxjs';
import { subscribeWith } from '../../lib/stream/subscribeWith.js';
import type { Claimant, Hold } from './Hold.js';

/** Who is told of what an application holds. */
export interface HoldWatcher {
  /** A listener is given a message. @returns what is known of that */
  handed(message: Message, claimant: Claimant): Hold | undefined;
  /** A listener answers. Called before the client hears of it. @param reason `undefined`: it leaves the message */
  answered(hold: Hold, claimant: Claimant, reason: number | undefined): void;
  readonly faults: string[];
}

/** A message in the hand of one listener. As a `Message`, for those that need no more of it than is here. */
export class HeldMessage implements Claimant, Pick<Message, 'acknowledge' | 'abandon' | 'cameAgain'> {
  private isOpen = true;
  private isAnswered = false;
  /** Its listener has left in this turn: an answer that follows counts, or not. */
  private isLeaving = false;
  private readonly hold: Hold | undefined;

  constructor(
    private readonly message: Message,
    readonly onLeave: boolean,
    private readonly watcher: HoldWatcher,
  ) {
    this.hold = watcher.handed(message, this);
  }

  get cameAgain(): boolean {
    return this.message.cameAgain;
  }

  /** Looks, at the end of a turn, at what must always be true. */
  check(): void {
    this.isLeaving = false;
    const { cameAgain } = this.message;
    if (cameAgain && this.isAnswered) this.watcher.faults.push('comes again although it was answered for');
    if (cameAgain && this.message.qos !== 1) this.watcher.faults.push(`comes again at QoS ${this.message.qos}`);
  }

  acknowledge(reason = 0): void {
    if (this.isLeaving) return;
    const isSayable = reason === 0 || this.hold?.version !== 4 || this.message.qos === 0;
    if (this.isOpen && !isSayable) return this.refuse(reason);
    this.close(reason);
    this.message.acknowledge(reason);
    this.isAnswered = true;
  }

  abandon(): void {
    if (this.isLeaving) return;
    this.close(undefined);
    this.isAnswered = true;
    this.message.abandon();
  }

  /** Its listener leaves. */
  left(): void {
    this.isLeaving = this.isOpen;
    this.close(this.onLeave ? 0 : undefined);
  }

  private close(reason: number | undefined): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.hold) this.watcher.answered(this.hold, this, reason);
  }

  private refuse(reason: number): void {
    try {
      this.message.acknowledge(reason);
      this.watcher.faults.push('a refusal by MQTT 3.1.1');
    } catch (error) {
      if (!(error instanceof NotSupportedError)) this.watcher.faults.push(`a refusal erred with ${String(error)}`);
      throw error;
    }
  }
}

/** What a listener hears that acknowledges by hand, each message as a {@link HeldMessage}. */
export function held(source: Observable<Message>, onLeave: boolean, watcher: HoldWatcher): Observable<HeldMessage> {
  return new Observable((listener) => {
    const all: HeldMessage[] = [];
    const left = () => {
      for (const one of all.splice(0)) one.left();
    };
    listener.add(left); // before the client hears of it
    const observer = {
      next(message: Message) {
        if (listener.closed) watcher.faults.push('a message for a listener that has left');
        const one = new HeldMessage(message, onLeave, watcher);
        all.push(one);
        listener.next(one);
      },
      error(error: unknown) {
        left();
        listener.error(error);
      },
      complete() {
        left();
        listener.complete();
      },
    };
    subscribeWith(source, observer, (subscription) => listener.add(subscription));
  });
}
