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
    private readonly client: PersistenceHost,
  ) {
    this.journal = new Journal(() => open(client.options.clientId));
    this.recovery = new Recovery(client.holders);
    this.output = new StoredOutput(this.journal, client.host);
  }

  get hasChanges(): boolean {
    return this.journal.hasChanges;
  }

  ready(): Promise<void> | undefined {
    const { journal, client } = this;
    return journal.isOpen ? undefined : journal.open((contents) => client.host.then(() => this.restore(contents)));
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
    const { client, recovery } = this;
    const { options, events } = client;
    const left = messages.map((message) => ({
      order: message.released,
      message: new RecoveredMessage(message, recovery),
    }));
    const inFlight = left.filter(({ message }) => message.packetId > 0);
    const released = inFlight.filter(({ order }) => order !== undefined).sort((a, b) => a.order! - b.order!);
    if (options.onSessionLost === 'error') {
      for (const { message } of released) message.payload = NO_BYTES; // the server has it
    }
    const queued = left.filter(({ message }) => message.packetId === 0).map(({ message }) => message);
    client.host.session.step({
      is: 'restore',
      left: {
        inFlight: inFlight.map(({ message }) => message),
        released: released.map(({ message }) => message),
        queued,
        received,
      },
    });
    recovery.hold();
    if (events.observed) {
      for (const { key, why } of corrupt) events.next({ type: 'record-set-aside', key, reason: why });
      const counts = { inFlight: inFlight.length, queued: queued.length, received: received.length };
      if (!isNew) events.next({ type: 'recovered', ...counts });
    }
    for (const message of queued) message.expireBy(client);
  }
}
