import type { MessageProperties, QoS } from '../index.js';
import type { Arguments } from './Arguments.js';
import { UsageError } from './UsageError.js';
import { nearest } from './nearest.js';

/** The longest time that a timer of Node's can wait, in seconds. */
const LONGEST = 2_147_483;

/** The topic filters. @throws {UsageError} there is none */
export function filtersOf({ positionals }: Arguments): readonly string[] {
  if (positionals.length > 0) return positionals;
  throw new UsageError("there is no topic filter: give one, such as 'house/#'");
}

/** @throws {UsageError} */
export function qosOf(args: Arguments, name = 'qos'): QoS | undefined {
  return args.number(name, { min: 0, max: 2 }) as QoS | undefined;
}

/** Seconds of `--timeout`. @throws {UsageError} */
export function timeoutOf(args: Arguments): number | undefined {
  return args.number('timeout', { min: 0.001, max: LONGEST, isFraction: true });
}

const isNumber = (name: string) => ['messageExpiryInterval', 'payloadFormatIndicator'].includes(name);
const NAMES = ['contentType', 'responseTopic', 'correlationData', 'messageExpiryInterval', 'payloadFormatIndicator'];

/** What `--property` and `--user-property` say, if anything. @throws {UsageError} */
export function propertiesOf(args: Arguments): MessageProperties | undefined {
  const own = args.list('property').map((text) => {
    const [name, value] = pairOf('property', text);
    if (!NAMES.includes(name)) {
      const meant = nearest(name, NAMES);
      const hint = meant === undefined ? `there are ${NAMES.join(', ')}.` : `did you mean ${meant}?`;
      throw new UsageError(`--property: there is no ${name}; ${hint} For one of your own there is --user-property`);
    }
    return [name, isNumber(name) ? Number(value) : value] as const;
  });
  const users = args.list('user-property').map((text) => pairOf('user-property', text));
  if (own.length + users.length === 0) return undefined;
  return { ...Object.fromEntries(own), ...(users.length > 0 && { userProperties: users }) };
}

function pairOf(option: string, text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--${option}: expected NAME=VALUE, got "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}
