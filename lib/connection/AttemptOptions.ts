import type { Observable } from 'rxjs';
import type { MqttError, Referral } from '../errors.js';
import type { Packet } from '../packet/Packet.js';
import type { Versions } from './Versions.js';
import type { Dialable } from './serverAddress.js';

/** What is particular to one attempt. */
export interface AttemptOptions {
  readonly server: Dialable | Observable<Dialable>;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly versions: Versions;
  readonly observer: AttemptObserver;
}

/** Hears of an attempt what its Observable does not tell. */
export interface AttemptObserver {
  /** A packet came after CONNACK. */
  receive(packet: Packet): void;
  /** The server ends or refuses the connection, and may name another one. @returns what comes of that */
  refer(reasonCode: number, reference: string | undefined, from: Dialable): Referral | undefined;
  /** Makes of an error what the attempt errs with. Called when everything is released. */
  failed(error: MqttError): unknown;
}
