import { InvalidOptionsError } from '../errors.js';

/** What users of other clients call our options. */
const ALIASES: Readonly<Record<string, string>> = {
  keepalive: 'keepAlive',
  clean: 'cleanSession',
  clientID: 'clientId',
  client_id: 'clientId',
  user_name: 'username',
  reconnectPeriod: 'retryWhen',
  resubscribe: 'topic$',
  ca: 'tls',
  cert: 'tls',
  key: 'tls',
  rejectUnauthorized: 'tls',
};

/**
 * Refuses options that do not exist: what a destructuring leaves over.
 *
 * @param path what stands before their names
 * @throws {InvalidOptionsError} with what to use instead, where that is known
 */
export function noOthers(path: string, others: object): void {
  for (const option of Object.keys(others)) {
    const instead = Object.hasOwn(ALIASES, option) && ALIASES[option];
    throw new InvalidOptionsError(path + option, `there is no such option${instead ? `; use ${instead}` : ''}`);
  }
}
