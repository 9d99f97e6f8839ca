import { ConnectionRefusedError, type MqttError } from '../errors.js';
import type { ProtocolVersion } from '../packet/Packet.js';

const UNSUPPORTED_VERSION = 0x84;
/** How often in a row a server may close the connection on a CONNECT of MQTT 5 before 3.1.1 is tried. */
const CLOSES = 2;
/** Servers that are remembered at most. */
const MOST = 100;

/** Which version is spoken with which server: that of the option, or with `'auto'` the one that works. */
export class Versions {
  /** By server: a version that works or has not failed yet. */
  private readonly known = new Map<string, ProtocolVersion>();
  /** How often in a row a server closed the connection instead of answering CONNECT. */
  private readonly closes = new Map<string, number>();

  constructor(private readonly option: ProtocolVersion | 'auto') {}

  /** The version for the next attempt with a server. */
  for(server: string): ProtocolVersion {
    return this.option === 'auto' ? (this.known.get(server) ?? 5) : this.option;
  }

  /** A server has accepted a connection. */
  works(server: string, version: ProtocolVersion): void {
    if (this.option !== 'auto') return;
    if (this.known.size > MOST) this.known.clear();
    this.known.set(server, version);
    this.closes.delete(server);
  }

  /**
   * An attempt has failed before CONNACK accepted it.
   *
   * @param isUnanswered whether the server closed the connection on CONNECT without a word
   * @returns whether the other version may be tried at once
   */
  failed(server: string, version: ProtocolVersion, error: MqttError, isUnanswered: boolean): boolean {
    if (this.option !== 'auto') return false;
    if (version === 4) {
      this.known.delete(server); // it may be another server by now
      return false;
    }
    if (!this.isRefusal(server, error, isUnanswered)) return false;
    this.closes.delete(server);
    this.known.set(server, 4);
    return true;
  }

  private isRefusal(server: string, error: MqttError, isUnanswered: boolean): boolean {
    if (error instanceof ConnectionRefusedError) return error.reasonCode === UNSUPPORTED_VERSION;
    if (!isUnanswered || this.known.has(server)) return false;
    if (this.closes.size > MOST) this.closes.clear();
    const closes = (this.closes.get(server) ?? 0) + 1;
    this.closes.set(server, closes);
    return closes >= CLOSES;
  }
}
