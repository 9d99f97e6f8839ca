import type { Observable } from 'rxjs';
import { InvalidOptionsError, type Referral } from '../errors.js';
import type { ConnectionOptions } from './ConnectionOptions.js';
import type { Dialable, ServerFor, ServerOption } from './serverAddress.js';

/** The server is to be used no more; 0x9c says that for this time. */
const SERVER_MOVED = 0x9d;
const REFERRALS: readonly number[] = [0x9c, SERVER_MOVED];

/** A name and perhaps a port (MQTT5 section 4.11). */
const REFERENCE = /^(\[[^\]]+\]|[^:[\]/?#@\\]+)(:\d+)?$/;
/** The label of a server with a host: its scheme, and the path behind the host. */
const LABEL = /^(?!mqtt\+unix)([^:]+:\/\/)[^/]+(.*)$/;

/** Which server the next attempt goes to: those of the option in turn, unless a server names another that may be followed. */
export class NextServer {
  private place = 0;
  /** In place of the option. A closure, as it may hold a password. */
  private moved: ServerFor | undefined = undefined;
  /** For one attempt. */
  private detour: ServerFor | undefined = undefined;
  private detours = 0;
  private isDetour = false;

  constructor(
    private readonly serverFor: ServerFor,
    private readonly follow: ConnectionOptions['followServerReference'],
  ) {}

  /** The one that the option names first. Asks no function. */
  get first(): Dialable | Observable<Dialable> {
    return this.serverFor(0);
  }

  /** The server for an attempt. */
  take(): Dialable | Observable<Dialable> {
    const { detour } = this;
    this.detour = undefined;
    this.isDetour = detour !== undefined;
    return detour ? detour(this.detours++) : (this.moved ?? this.serverFor)(this.place++);
  }

  /** The next attempt goes to the same server: the connection was stable, or nobody needed it any more. */
  stay(): void {
    if (!this.isDetour) this.place--;
  }

  /**
   * A server ends or refuses a connection, and perhaps names another one.
   * @returns whether that one is followed; nothing if that was not asked for
   */
  refer(reasonCode: number, reference: string | undefined, from: Dialable): Referral | undefined {
    if (this.follow === false || !REFERRALS.includes(reasonCode)) return undefined;
    try {
      if (reference === undefined) refuse('it names none');
      const other = this.follow === true ? named(reference, from) : this.follow(reference, { server: from.label });
      if (other === undefined) return undefined;
      this.serverFor(0, other); // checks it
      const there: ServerFor = (attempt) => this.serverFor(attempt, other);
      if (reasonCode === SERVER_MOVED) {
        this.moved = there;
        this.place = 0;
      } else this.detour = there;
      return { isFollowed: true };
    } catch (error) {
      return { isFollowed: false, why: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** The servers that a reference names, reached as the present one is: same scheme, path, user name and password. */
function named(reference: string, { label, credentials }: Dialable): ServerOption {
  const [, scheme, path] = LABEL.exec(label) ?? refuse(`${label} has no host name to put another in the place of`);
  const user = credentials?.().map((text) => encodeURIComponent(text ?? ''));
  return reference
    .trim()
    .split(/ +/)
    .map((name) => {
      if (!REFERENCE.test(name)) refuse(`expected host names, with ports or without, got ${JSON.stringify(reference)}`);
      return `${scheme}${user ? `${user.join(':')}@` : ''}${name}${path}`;
    });
}

function refuse(why: string): never {
  throw new InvalidOptionsError('followServerReference', why);
}
