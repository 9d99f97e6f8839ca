import { Subscription, asyncScheduler } from 'rxjs';
import { type Packet, type ProtocolVersion, encode } from '../../codec.js';
import type { MemoryPeer } from '../../transport/memory.js';
import type { Faults } from './Faults.js';
import { later } from './later.js';

/** What the broker sends on one connection, with the faults that hold it back or delay it. */
export class Sender {
  protocolVersion: ProtocolVersion = 4;
  /** Packets that are held back. */
  held: Packet[] = [];
  /** Nothing comes through any more. */
  isMute = false;
  /** What is late, in order. */
  private readonly late: (() => void)[] = [];
  private lastDue = 0;
  private readonly timers = new Subscription();

  /** @param left called with each packet before it leaves */
  constructor(
    private readonly peer: MemoryPeer,
    private readonly faults: Faults,
    private readonly left: (packet: Packet) => void,
  ) {
    this.timers.add(faults.released$.subscribe(() => this.release()));
  }

  send(packet: Packet): void {
    const isBehindConnack = this.held[0]?.type === 'connack';
    if (isBehindConnack || this.faults.held.has(packet.type)) this.held.push(packet);
    else this.inTime(() => this.write(packet));
  }

  /** Sends bytes, whatever they mean. */
  sendBytes(bytes: Uint8Array): void {
    this.inTime(() => !this.isMute && this.peer.write(bytes));
  }

  /** Closes the connection behind what is late; what is held back is lost. */
  close(): void {
    this.held = [];
    this.inTime(() => {
      if (!this.isMute) this.peer.close();
      this.stop();
    });
  }

  /** Breaks the connection at once. */
  fail(): void {
    this.stop();
    this.peer.fail(new Error('broken by the test broker')); // a cause, as a socket has one: it was not closed
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.isMute = true;
    this.held = [];
    this.timers.unsubscribe();
  }

  private release(): void {
    const held = this.held;
    this.held = [];
    for (const packet of held) this.send(packet);
  }

  private inTime(work: () => void): void {
    const now = asyncScheduler.now();
    const due = this.faults.lag > 0 ? now + this.faults.lag : now;
    if (this.late.length === 0 && due === now) return work();
    // Never before what was sent earlier, when more delay was in force.
    this.lastDue = Math.max(due, this.late.length > 0 ? this.lastDue : 0);
    this.late.push(work);
    const timer = later(this.lastDue - now, () => {
      this.timers.remove(timer);
      this.late.shift()?.();
    });
    this.timers.add(timer);
  }

  private write(packet: Packet): void {
    if (this.isMute) return;
    this.left(packet);
    this.peer.write(encode(packet, { protocolVersion: this.protocolVersion }));
  }
}
