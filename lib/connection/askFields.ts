import type { Observable } from 'rxjs';
import { forkJoin, map, take } from 'rxjs';
import { NotSupportedError } from '../errors.js';
import type { ProtocolVersion } from '../packet/Packet.js';
import type { AskedPerAttempt } from './ConnectionOptions.js';
import { type ConnectFields, type GivenFields, connectFields } from './connectFields.js';
import { perAttempt } from './perAttempt.js';
import type { Dialable } from './serverAddress.js';

/**
 * What CONNECT says about the client in one attempt; by an Observable, which errors as `perAttempt` does, where an option
 * is a function.
 *
 * @param server its URL may name the user
 * @throws {InvalidOptionsError | NotSupportedError} and so errs the Observable
 */
export function askFields(
  asked: AskedPerAttempt,
  server: Dialable,
  version: ProtocolVersion,
): ConnectFields | Observable<ConnectFields> {
  const [ownUser, ownPassword] = server.credentials?.() ?? [];
  const check = (given: GivenFields) => {
    const { username = ownUser, password = ownPassword } = given;
    const fields = connectFields({ ...given, username, password }, version === 5);
    if (fields.authentication && version === 4) {
      throw new NotSupportedError('authentication needs MQTT 5, and the server speaks 3.1.1');
    }
    return fields;
  };
  const entries = Object.entries(asked) as [string, unknown][];
  if (!entries.some(([, option]) => typeof option === 'function')) return check(asked);
  const each = entries.map(([name, option]) => [name, perAttempt(name, option).pipe(take(1))]);
  return forkJoin(Object.fromEntries(each) as Record<string, Observable<unknown>>).pipe(map(check));
}
