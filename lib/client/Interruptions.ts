import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Connection } from '../connection/Connection.js';
import { endOfTurn } from '../stream/endOfTurn.js';
import { finish } from '../stream/finish.js';
import type { ClientCore } from './ClientCore.js';
import type { OnUp } from './Need.js';

/**
 * What the application does to the connection beside its end: see `reconnect`, `suspend` and `resume` of `MqttClient`.
 *
 * All of it is done at the end of the turn. Whatever calls them, the middle of a message or of CONNACK, is over then, and
 * what the turn collected still leaves on the old connection.
 */
export class Interruptions {
  /** Who asked in this turn for a new connection: one serves all of them. */
  private callers: Subscriber<Connection>[] = [];
  private turn: Subscription | undefined = undefined;
  /** How many of `suspend` and `resume` wait for the end of the turn. */
  private waiting = 0;

  constructor(private readonly core: ClientCore) {}

  /** A new connection. */
  reconnect(): Observable<Connection> {
    return new Observable((caller) => {
      this.core.checkOpen();
      this.callers.push(caller);
      this.turn ??= endOfTurn(() => this.renew());
    });
  }

  /** No connection until `resume`. Where there is none it is at once, so that what needs one in this turn makes none. */
  suspend(): Observable<void> {
    const { connector } = this.core;
    return this.act(
      () => connector.suspend(),
      () => connector.isAtRest && this.waiting === 0,
    );
  }

  resume(): Observable<void> {
    return this.act(() => this.core.connector.resume());
  }

  private renew(): void {
    const { core } = this;
    const callers = this.callers.filter(({ closed }) => !closed);
    this.callers = [];
    this.turn = undefined;
    if (callers.length === 0) return; // all have left
    const { connector } = core;
    const { isRunning } = connector; // otherwise the first caller opens one
    const old = core.driver.link;
    const told: OnUp<Connection> = (caller, connection, link) => {
      if (link === old) return;
      caller.next(connection);
      finish(caller);
    };
    // They need the connection before the old one is gone: so a fatal error reaches them.
    for (const caller of callers) attempt(caller, () => core.need(caller, told));
    if (isRunning && !core.isEnding) connector.renew();
  }

  /** @param isAtOnce whether it need not wait for the end of the turn */
  private act(act: () => void, isAtOnce = () => false): Observable<void> {
    return new Observable((caller) => {
      this.core.checkOpen();
      const acted = () => {
        this.core.checkOpen();
        act();
        caller.next();
        finish(caller);
      };
      if (isAtOnce()) return acted();
      this.waiting += 1;
      caller.add(() => (this.waiting -= 1));
      caller.add(endOfTurn(() => attempt(caller, acted)));
    });
  }
}

/** Does it, or errs as it does: the client may have been ended meanwhile. */
function attempt(caller: Subscriber<never>, act: () => void): void {
  try {
    act();
  } catch (error) {
    finish(caller, error);
  }
}
