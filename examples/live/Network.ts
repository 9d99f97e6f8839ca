import { BehaviorSubject } from 'rxjs';
import { Lane } from './Lane.js';
import { type Conditions, type Deed, FINE, QUICK, SLOW } from './Stage.js';

/** A connection that goes through the network. */
export interface Passage {
  /** From the client to the broker. */
  readonly up: Lane;
  /** From the broker to the client. */
  readonly down: Lane;
  /** The connection is gone: nothing on it arrives any more. */
  close(): void;
  /** The client has hung up: the connection closes behind what it said last. @param then called when that has arrived */
  leave(then: () => void): void;
}

/** The network between one page and the broker: it knows nothing of sockets, and is the same in Node and in the page. */
export class Network {
  private readonly passages = new Map<Passage, () => void>();
  private readonly conditions = new BehaviorSubject<Conditions>(FINE);
  /** The present conditions, then each change. */
  readonly conditions$ = this.conditions.asObservable();

  /** Whether a new connection reaches the broker. */
  get isBrokerUp(): boolean {
    return this.conditions.value.isBrokerUp;
  }

  /** @param breakOff breaks the connection at both ends, as a cable that is cut does after a while */
  open(breakOff: () => void): Passage {
    const weather = () => ({
      latency: this.conditions.value.isSlow ? SLOW : QUICK,
      isStalled: this.conditions.value.isStalled,
    });
    const passage: Passage = {
      up: new Lane(weather),
      down: new Lane(weather),
      close: () => {
        this.passages.delete(passage);
        this.swallow(passage);
      },
      leave: (then) => {
        const close = () => {
          passage.close();
          then();
        };
        if (passage.up.isSwallowing) close();
        else passage.up.pass(close);
      },
    };
    this.passages.set(passage, breakOff);
    return passage;
  }

  /** Does what it can do by itself; the process of the broker is not its own. */
  act(deed: Deed): void {
    switch (deed) {
      case 'cut':
        return this.cut();
      case 'half-open':
        return [...this.passages.keys()].forEach((passage) => this.swallow(passage));
      case 'stall':
      case 'flow':
        return this.become({ isStalled: deed === 'stall' });
      case 'slow':
      case 'fast':
        return this.become({ isSlow: deed === 'slow' });
      case 'kill':
      case 'start':
        this.become({ isBrokerUp: deed === 'start' });
        if (deed === 'kill') this.cut();
    }
  }

  /** Breaks all connections. */
  cut(): void {
    for (const [passage, breakOff] of [...this.passages]) {
      passage.close();
      breakOff();
    }
  }

  private become(change: Partial<Conditions>): void {
    this.conditions.next({ ...this.conditions.value, ...change });
    for (const { up, down } of this.passages.keys()) {
      up.look();
      down.look();
    }
  }

  private swallow({ up, down }: Passage): void {
    up.swallow();
    down.swallow();
  }
}
