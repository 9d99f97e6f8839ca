/** Bytes that the transport may hold unsent: from here on no further message is written … */
const FULL_FROM = 16_777_216;
/** … until it holds no more than this. */
const OPEN_BELOW = 8_388_608;

/**
 * What a connection takes: flow control, once. Each writer of messages asks it, for first sends and for repetitions after
 * a reconnect alike. Acknowledgements, subscriptions and pings do not.
 *
 * It counts by itself what is written and hears afterwards what of that the transport still holds, so that nobody asks the
 * socket in the middle of a step.
 */
export class Window {
  // for the connection
  private isUp = false;
  /** Bytes that the transport holds unsent, as it last said, and those written since. */
  private unsent = 0;
  private isFull = false;

  /** @param messages how many QoS 1 and 2 messages may be unacknowledged, 1 to 65,535 */
  constructor(private readonly messages: number) {}

  /** A connection is there. */
  open(): void {
    this.isUp = true;
  }

  /** The connection is gone. */
  close(): void {
    this.isUp = this.isFull = false;
    this.unsent = 0;
  }

  /** Whether the transport holds so much that nothing more is written before it drains. */
  get awaitsDrain(): boolean {
    return this.isFull;
  }

  /** Whether one more message may be written. @param inFlight QoS 1 and 2 messages of this connection that are unacknowledged */
  admits(inFlight: number): boolean {
    return this.isUp && !this.isFull && inFlight < this.messages;
  }

  /** A message was written. @param bytes its size, roughly */
  wrote(bytes: number): void {
    this.unsent += bytes;
    if (this.unsent >= FULL_FROM) this.isFull = true;
  }

  /** The transport says how many bytes it holds. */
  holds(unsent: number): void {
    this.unsent = unsent;
    this.isFull = unsent >= (this.isFull ? OPEN_BELOW : FULL_FROM);
  }
}
