import { Observable, type Subscriber, type Subscription, defer, map, take, throwIfEmpty } from 'rxjs';
import {
  ConnectionFailedError,
  ConnectionLostError,
  InvalidOptionsError,
  MqttError,
  ProtocolError,
} from '../errors.js';
import type { AuthPacket } from '../packet/Packet.js';
import { finish } from '../stream/finish.js';
import { letGo } from '../stream/letGo.js';
import { subscribeWith } from '../stream/subscribeWith.js';
import type { Authentication } from './ConnectionOptions.js';
import { checkMethod } from './checkGreeting.js';
import { binary, checkAuthentication } from './connectFields.js';
import { type PerAttempt, perAttempt } from './perAttempt.js';

const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;

/** The connection that is authenticated. */
export interface Authenticated {
  readonly isOpen: boolean;
  send(packet: AuthPacket): void;
  flush(): void;
}

/** Who keeps the time, and ends the connection. */
export interface AuthenticatorOwner {
  /** Something must happen within a time, which runs anew. @param what for the error */
  awaits(what: string): void;
  /** It has happened. */
  relax(): void;
  /** The authentication has failed. */
  unauthenticated(error: MqttError): void;
}

/** Somebody who wants to authenticate again. */
interface Reauthentication {
  readonly caller: Subscriber<void>;
  /** Asks the option. A closure, so that nothing shows the data. */
  readonly ask: () => Observable<Authentication>;
  /** AUTH was sent: it runs on, whether or not the caller waits. */
  isSent: boolean;
}

/** The AUTH packets of one connection (MQTT5 section 4.12): before CONNACK, and when the client authenticates again. */
export class Authenticator {
  readonly method: string;
  /** Private to the language, so that nothing shows the data. */
  #given: Authentication;
  /** What goes on: at first that of CONNECT. One after the other. */
  private current: Reauthentication | 'connect' | undefined = 'connect';
  private readonly waiting: Reauthentication[] = [];
  /** The application answers a challenge. */
  private responding: Subscription | undefined = undefined;
  private over: MqttError | undefined = undefined;

  constructor(
    private readonly connection: Authenticated,
    given: Authentication,
    private readonly owner: AuthenticatorOwner,
  ) {
    this.method = given.method;
    this.#given = given;
  }

  /** AUTH came. @throws {ProtocolError} it must not, or says what it must not */
  receive({ reasonCode = 0, properties }: AuthPacket): void {
    const { current } = this;
    const isAgain = typeof current === 'object' && current.isSent;
    const isDone = reasonCode === 0 && isAgain;
    if (properties) checkMethod(properties.authenticationMethod, this.method); // [MQTT5-4.12.0-5]
    if (isDone) return this.settle();
    if (reasonCode !== CONTINUE || !(isAgain || current === 'connect') || this.responding) {
      const when = this.responding ? 'while the last is unanswered' : isAgain || current ? '' : 'that nobody asked for';
      throw new ProtocolError(`got AUTH 0x${reasonCode.toString(16)} ${when}`.trim(), 'MQTT5 section 4.12');
    }
    this.respond(properties?.authenticationData);
  }

  /** CONNACK came, and accepts. */
  accepted(): void {
    this.stop();
    this.current = undefined;
  }

  /**
   * Authenticates again [MQTT5-4.12.1-1]. Cold; emits and completes when the server is content. Errors with what ends the
   * connection, and so when the authentication fails [MQTT5-4.12.1-2]; when the option fails, is asked again in vain, the
   * connection lives on. Several go one after the other; unsubscribing withdraws one that has not begun.
   */
  reauthenticate(option: PerAttempt<Authentication | undefined>): Observable<void> {
    return new Observable((caller) => {
      if (this.over) return caller.error(this.over);
      const ask = () => perAttempt<unknown>('authentication', option).pipe(take(1), map(checkAuthentication));
      const one: Reauthentication = { caller, ask, isSent: false };
      caller.add(() => this.withdraw(one));
      this.waiting.push(one);
      this.begin();
    });
  }

  /** The connection is over: nothing is answered any more. */
  stop(): void {
    letGo(this.responding);
    this.responding = undefined;
  }

  /** Tells the callers that the connection is gone. */
  fail(error: MqttError | undefined): void {
    this.over = error ?? new ConnectionLostError('the connection was closed before the authentication was over');
    const { current } = this;
    this.current = undefined;
    if (typeof current === 'object') this.waiting.unshift(current);
    for (const { caller } of this.waiting.splice(0)) finish(caller, this.over);
  }

  private begin(): void {
    if (this.current || this.over) return;
    const one = (this.current = this.waiting.shift());
    if (!one) return;
    const error = (cause: MqttError) => this.settle(cause);
    subscribeWith(one.ask(), { next: (given) => this.start(given, one), error }, (asking) => one.caller.add(asking));
  }

  private start(given: Authentication, one: Reauthentication): void {
    if (given.method !== this.method) {
      const what = `expected ${JSON.stringify(this.method)}, as in CONNECT, got another [MQTT5-4.12.1-1]`;
      return this.settle(new InvalidOptionsError('authentication.method', what));
    }
    one.isSent = true;
    this.#given = given;
    this.send(REAUTHENTICATE, given.data);
  }

  private withdraw(one: Reauthentication): void {
    const place = this.waiting.indexOf(one);
    if (place >= 0) this.waiting.splice(place, 1);
    if (this.current !== one || one.isSent) return;
    this.current = undefined;
    this.begin();
  }

  /** A new authentication is over. */
  private settle(error?: MqttError): void {
    const { caller } = this.current as Reauthentication;
    this.current = undefined;
    this.stop();
    this.owner.relax();
    if (!error) caller.next();
    finish(caller, error);
    this.begin();
  }

  private respond(challenge: Uint8Array | undefined): void {
    this.owner.awaits('authentication.respond gave no answer');
    const answer$ = defer(() => this.#given.respond(challenge)).pipe(
      take(1),
      throwIfEmpty(() => new Error('it completed without a value')),
      map((answer) => binary('authentication.respond', answer)),
    );
    const next = (answer: Uint8Array) => {
      this.responding = undefined; // the server may answer at once
      this.send(CONTINUE, answer);
    };
    const error = (cause: unknown) => {
      this.responding = undefined;
      const what = 'option authentication: respond failed, see the cause';
      this.owner.unauthenticated(cause instanceof MqttError ? cause : new ConnectionFailedError(what, { cause }));
    };
    subscribeWith(answer$, { next, error }, (responding) => (this.responding = responding));
  }

  private send(reasonCode: number, data: Uint8Array | string | undefined): void {
    const { connection, method } = this;
    if (!connection.isOpen) return;
    this.owner.awaits('the broker did not answer AUTH');
    const authenticationData = data === undefined ? undefined : binary('authentication.data', data);
    connection.send({ type: 'auth', reasonCode, properties: { authenticationMethod: method, authenticationData } });
    connection.flush();
  }
}
