import type { Outgoing } from '../session/Outgoing.js';
import { finish } from '../stream/finish.js';
import { type PublishOwner, type PublishToken, type Publishing, receiptOf } from './Publishing.js';

/**
 * The exchanges of one `publish` whose callers were told that they are unfinished: the protocol has the client finish
 * them [MQTT-4.4.0-1]. A retry takes one over instead of publishing the message twice.
 */
export class UnfinishedPublishes {
  private readonly all: Outgoing<PublishToken>[] = [];

  add(outgoing: Outgoing<PublishToken>): void {
    this.all.push(outgoing);
  }

  /** Gives an unfinished exchange to a retry, which is told how it ended or will end. @returns whether there was one */
  takeOver(caller: PublishToken, publishing: Publishing): boolean {
    for (let outgoing; (outgoing = this.all.shift());) {
      const { outcome } = outgoing;
      if (outcome === undefined) continue; // dropped with the session: the message may be published again
      if (outcome === 'unfinished') publishing.adopt(outgoing, caller, new RetriedOwner(publishing, this));
      else if (outcome === 'acknowledged') {
        caller.next(receiptOf(outgoing));
        finish(caller);
      } else finish(caller, outcome);
      return true;
    }
    return false;
  }
}

/** The owner of a message whose exchange a retry takes over, should it stay unfinished. */
export class RetriedOwner implements PublishOwner {
  constructor(
    private readonly publishing: Publishing,
    private readonly unfinished: UnfinishedPublishes,
  ) {}

  withdraw(outgoing: Outgoing<PublishToken>): void {
    this.publishing.withdraw(outgoing);
  }

  settled(outgoing: Outgoing<PublishToken>): void {
    if (outgoing.outcome !== undefined) this.unfinished.add(outgoing);
    this.publishing.settled();
  }
}
