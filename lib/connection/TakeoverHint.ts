import { ConnectionLostError, type MqttError } from '../errors.js';
import type { ConnectionEvent } from './ConnectionEvent.js';

/** Milliseconds: a connection that is lost sooner may have been taken over, … */
const SOON = 1_000;
/** … and one that the server closed sooner: the other client waits, as this one does, before it comes back. */
const CLOSED_SOON = 5_000;
/** How many losses in a row are no accident. */
const TIMES = 3;
/** The close code of a WebSocket that broke. */
const BROKEN = 1006;

/**
 * Notices what a takeover looks like under MQTT 3.1.1, which gives no reason [MQTT-3.1.4-2]: two clients with one client
 * identifier throw each other out, again and again.
 */
export class TakeoverHint {
  private times = 0;

  /** @param events told at the third loss in a row, and once until a connection lasts */
  constructor(
    private readonly clientId: string,
    private readonly events: { next(event: ConnectionEvent): void },
  ) {}

  /** This client closed a connection: one that lasted ends the row. @param uptime milliseconds that it was up */
  closed(uptime: number): void {
    if (uptime >= CLOSED_SOON) this.times = 0;
  }

  /** A connection was lost. @param uptime milliseconds that it was up */
  lost(uptime: number, error: MqttError): void {
    this.times = isSuspicious(uptime, error) ? this.times + 1 : 0;
    // An empty identifier is nobody else's: a 3.1.1 server makes one for each connection [MQTT-3.1.3-6].
    if (this.times === TIMES && this.clientId !== '')
      this.events.next({ type: 'takeover-suspected', clientId: this.clientId });
  }
}

function isSuspicious(uptime: number, error: MqttError): boolean {
  if (!(error instanceof ConnectionLostError)) return false;
  const isClosed = error.cause === undefined && error.closeCode !== BROKEN;
  return uptime < (isClosed ? CLOSED_SOON : SOON);
}
