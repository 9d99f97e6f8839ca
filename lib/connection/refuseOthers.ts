import { InvalidArgumentError, InvalidOptionsError } from '../errors.js';

/** What people call our options: names of other clients, and slips. In lower case, without `_`. */
const ALIASES: Readonly<Record<string, string>> = {
  clean: 'cleanSession',
  cleanstart: 'cleanSession',
  reconnectperiod: 'retryWhen: backoff({ min })',
  resubscribe: 'topic$, which subscribes again by itself',
  host: "server: 'mqtt://host:port'",
  hostname: "server: 'mqtt://host:port'",
  port: "server: 'mqtt://host:port'",
  protocol: "server: 'mqtt://host:port'",
  url: 'server',
  servers: 'server',
  wsoptions: 'webSocket',
  message: 'payload',
  user: 'username',
  ca: 'tls',
  cert: 'tls',
  key: 'tls',
  rejectunauthorized: 'tls',
  retained: 'retain',
  messageexpiryinterval: 'expiry',
};

/**
 * Refuses options that do not exist: what a destructuring leaves over.
 *
 * @param path what stands before their names
 * @param known names of those that exist, for a hint
 * @throws {InvalidOptionsError} with what to use instead, where that is known
 */
export function refuseOthers(path: string, others: object, known: readonly string[] = []): void {
  for (const option of Object.keys(others)) {
    throw new InvalidOptionsError(path + option, unknown(option, known, path === ''));
  }
}

/** Refuses options of a call that do not exist, and what is no options at all. @throws {InvalidArgumentError} */
export function refuseOtherArguments(options: object, known: readonly string[]): void {
  if (typeof options !== 'object') {
    throw new InvalidArgumentError('options', `expected an object such as { ${known[0]}: … }, got a ${typeof options}`);
  }
  for (const option in options)
    if (!known.includes(option)) throw new InvalidArgumentError(option, unknown(option, known));
}

function unknown(option: string, known: readonly string[], isOfClient = false): string {
  const plain = option.toLowerCase().replaceAll('_', '');
  const alike = known.find((name) => [plain, `${plain}s`].includes(name.toLowerCase()));
  const alias = Object.hasOwn(ALIASES, plain) ? ALIASES[plain]! : undefined;
  const instead = alike ?? (alias !== undefined && (isOfClient || known.includes(alias)) ? alias : undefined);
  return `there is no such option${instead === undefined ? '' : `; use ${instead}`}`;
}
