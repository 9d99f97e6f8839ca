import type { Publication } from '../client/Publication.js';
import type { Persistence, PersistenceHost } from '../client/Persistence.js';
import type { OpenedStore } from '../client/SessionStore.js';
import type { StoreError } from '../errors.js';
import { NO_BYTES } from '../packet/noBytes.js';
import { Journal } from './Journal.js';
import { RecoveredMessage, Recovery } from './RecoveredMessage.js';
import { StoredOutput } from './StoredOutput.js';
import type { StoreContents } from './readStore.js';

/** A session that is kept in a store, and goes on where an earlier process stopped. */
export class KeptSession implements Persistence {
  readonly output: StoredOutput;
  private readonly journal: Journal;
  private readonly recovery: Recovery;
  private isClosed = false;

  constructor(
    open: (clientId: string) => Promise<OpenedStore>,
    private readonly host: PersistenceHost,
  ) {
    this.journal = new Journal(() => open(host.clientId));
    this.recovery = new Recovery(host.holders);
    this.output = new StoredOutput(this.journal, host);
  }

  get hasChanges(): boolean {
    return this.journal.hasChanges;
  }

  ready(): Promise<void> | undefined {
    const { journal, host } = this;
    return journal.isOpen ? undefined : journal.open((contents) => host.then(() => this.restore(contents)));
  }

  hold(): void {
    this.recovery.hold();
  }

  keep(message: Publication): void {
    this.journal.keep(message);
  }

  forget(message: Publication): void {
    this.journal.forget(message);
  }

  keepReceived(packetId: number): void {
    this.journal.keepReceived(packetId);
  }

  forgetReceived(packetId: number): void {
    this.journal.forgetReceived(packetId);
  }

  close(): Promise<StoreError | undefined> {
    this.isClosed = true;
    this.recovery.timers.unsubscribe();
    return this.journal.close();
  }

  private restore({ messages, received, corrupt, isNew }: StoreContents): void {
    if (this.isClosed) return; // the next process's to send
    const { host, recovery } = this;
    const left = messages.map((message) => ({
      order: message.released,
      message: new RecoveredMessage(message, recovery),
    }));
    const inFlight = left.filter(({ message }) => message.packetId > 0);
    const released = inFlight.filter(({ order }) => order !== undefined).sort((a, b) => a.order! - b.order!);
    if (!host.needsReleased) for (const { message } of released) message.payload = NO_BYTES; // the server has it
    const queued = left.filter(({ message }) => message.packetId === 0).map(({ message }) => message);
    host.restore({
      inFlight: inFlight.map(({ message }) => message),
      released: released.map(({ message }) => message),
      queued,
      received,
    });
    recovery.hold();
    if (host.events.observed) {
      for (const { key, why } of corrupt) host.events.next({ type: 'record-set-aside', key, reason: why });
      const counts = { inFlight: inFlight.length, queued: queued.length, received: received.length };
      if (!isNew) host.events.next({ type: 'recovered', ...counts });
    }
    for (const message of queued) message.expireBy(host);
  }
}
