import { Subscription, asyncScheduler, filter, merge, take } from 'rxjs';
import type { Message } from '../client/Message.js';
import type { MqttClient } from '../client/MqttClient.js';
import { ClientEndedError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import { parseFilter } from '../topic/namedWildcards.js';
import { RANDOM_LENGTH } from './randomText.js';

/** What a request needs of its client. */
export type RequestClient = Pick<MqttClient, 'connection$' | 'publish' | 'subscriptions$' | 'topic$'>;

/** Milliseconds for which response topics stay subscribed without a request: the next one saves a round trip. */
const LINGER = 1_000;

/** A request that waits at a channel. */
export interface Asker {
  /** The correlation data of its answers, as text. */
  readonly key: string | undefined;
  /** Whether a message without known correlation data is its answer; left out: none is. */
  readonly takes: ((message: Message) => boolean) | undefined;
  /** The broker has granted all response topics. Called once, perhaps within `join`. */
  granted(): void;
  /** An answer came. */
  answered(message: Message): void;
  /** No answer can come any more. */
  failed(error: unknown): void;
}

/**
 * The response topics that the requests of a client share: subscribed with the first request, given up a second after the
 * last. Hands each answer to the request that it is for.
 */
export class ResponseChannel {
  private readonly askers = new Set<Asker>();
  private readonly byKey = new Map<string, Asker>();
  private readonly takers = new Set<Asker>();
  private readonly subscription = new Subscription();
  private isStarted = false;
  private isGranted = false;
  private lingering: Subscription | undefined;

  /** @param closed called when it takes no more requests */
  constructor(
    private readonly client: RequestClient,
    private readonly filters: readonly string[],
    private readonly qos: QoS,
    private readonly closed: () => void,
  ) {}

  /** A request begins to wait. */
  join(asker: Asker): void {
    this.lingering?.unsubscribe();
    this.askers.add(asker);
    if (asker.key !== undefined) this.byKey.set(asker.key, asker);
    if (asker.takes) this.takers.add(asker);
    if (this.isGranted) asker.granted();
    else if (!this.isStarted) this.start();
  }

  /** A request is over, or its caller has left. */
  leave(asker: Asker): void {
    this.askers.delete(asker);
    this.takers.delete(asker);
    if (asker.key !== undefined) this.byKey.delete(asker.key);
    if (this.askers.size > 0 || this.subscription.closed) return;
    this.lingering?.unsubscribe();
    this.lingering = asyncScheduler.schedule(() => this.close(), LINGER);
  }

  private start(): void {
    this.isStarted = true;
    const messages$ = merge(...this.filters.map((topicFilter) => this.client.topic$(topicFilter, { qos: this.qos })));
    this.subscription.add(
      messages$.subscribe({
        next: (message) => this.deliver(message),
        error: (error) => this.fail(error),
        complete: () => this.fail(new ClientEndedError('the client was ended before the answer came')),
      }),
    );
    const plain = this.filters.map((topicFilter) => parseFilter(topicFilter).filter);
    const granted$ = this.client.subscriptions$.pipe(
      filter((all) =>
        plain.every((one) => {
          const standing = all.get(one);
          return standing?.state === 'granted' && standing.requested >= this.qos;
        }),
      ),
      take(1),
    );
    this.subscription.add(granted$.subscribe(() => this.grant()));
  }

  private grant(): void {
    this.isGranted = true;
    for (const asker of [...this.askers]) if (this.askers.has(asker)) asker.granted();
  }

  private deliver(message: Message): void {
    const { correlationData } = message.properties;
    const asker = correlationData && this.byKey.get(textOf(correlationData));
    if (asker) return asker.answered(message);
    for (const taker of [...this.takers]) {
      // One that is told before may have made it leave.
      if (this.takers.has(taker) && isFor(taker, message)) taker.answered(message);
    }
  }

  /** Release before it is told: who tries again must meet another channel. */
  private fail(error: unknown): void {
    const askers = [...this.askers];
    this.close();
    for (const asker of askers) asker.failed(error);
  }

  private close(): void {
    this.closed();
    this.subscription.unsubscribe();
    this.lingering?.unsubscribe();
  }
}

/** Whether a message is what a request takes for its answer. What throws there ends this request alone. */
function isFor(asker: Asker, message: Message): boolean {
  try {
    return asker.takes!(message);
  } catch (error) {
    asker.failed(error);
    return false;
  }
}

/** Correlation data of ours as text; of others', which may be long, not. */
function textOf(bytes: Uint8Array): string {
  return bytes.length === RANDOM_LENGTH ? String.fromCharCode(...bytes) : '';
}
