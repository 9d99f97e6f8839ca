import type { WillProperties } from '../packet/PacketProperties.js';
import { shown } from '../stream/checkOption.js';
import { invalidText } from '../topic/invalidText.js';
import { toBytes } from './toBytes.js';
import { type UserProperties, userPropertyPairs } from './userProperties.js';

/** What MQTT 5 says about a message beside its payload. */
export interface MessageProperties {
  /** 1: the payload is text in UTF-8; 0, or left out: bytes. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds that the server may keep the message for subscribers: 0 to 4,294,967,295. */
  readonly messageExpiryInterval?: number | undefined;
  /** What the payload is, a MIME type for instance. */
  readonly contentType?: string | undefined;
  /** The topic name for an answer. */
  readonly responseTopic?: string | undefined;
  /** What an answer carries, so that it can be told to which request it belongs. */
  readonly correlationData?: Uint8Array | string | undefined;
  readonly userProperties?: UserProperties | undefined;
}

/** The same of a will. */
export interface WillMessageProperties extends MessageProperties {
  /** Seconds after the loss of the connection until the will is published: 0 to 4,294,967,295. Default 0. */
  readonly willDelayInterval?: number | undefined;
}

type Refuse = (field: string, why: string) => never;

const SECONDS = (field: string, value: unknown, refuse: Refuse) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff
    ? (value as number)
    : refuse(field, `expected an integer of seconds from 0 to 4294967295, got ${shown(value)}`);

const TEXT = (kind: 'text' | 'name') => (field: string, value: unknown, refuse: Refuse) => {
  const fault = invalidText(value, kind);
  return fault === undefined ? (value as string) : refuse(field, fault);
};

/** How each property is checked, and made what a packet carries. */
const CHECKS: Readonly<
  Record<keyof WillMessageProperties, (field: string, value: unknown, refuse: Refuse) => unknown>
> = {
  payloadFormatIndicator: (field, value, refuse) =>
    value === 0 || value === 1 ? value : refuse(field, `expected 0 or 1, got ${shown(value)}`),
  messageExpiryInterval: SECONDS,
  contentType: TEXT('text'),
  responseTopic: TEXT('name'),
  correlationData(field, value, refuse) {
    const bytes = value === undefined ? undefined : toBytes(value);
    if (!bytes) return refuse(field, `expected a Uint8Array or a string, got ${typeof value}`);
    return bytes.length <= 65_535 ? bytes : refuse(field, `expected 65535 bytes at most, got ${bytes.length}`);
  },
  userProperties: (field, value, refuse) => userPropertyPairs(value, (why) => refuse(field, why)),
  willDelayInterval: SECONDS,
};

/**
 * Checks properties of a message, and makes them what a packet carries.
 *
 * @param path what stands before their names in an error
 * @param refuse called with the field and what is wrong with it; throws
 * @param isWill whether it is of a will, which may be delayed
 */
export function messageProperties(given: unknown, path: string, refuse: Refuse, isWill = false): WillProperties {
  if (typeof given !== 'object' || given === null) {
    refuse(path, `expected an object, got ${given === null ? 'null' : typeof given}`);
  }
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const field = `${path}.${name}`;
    const isKnown = Object.hasOwn(CHECKS, name) && (isWill || name !== 'willDelayInterval');
    if (!isKnown) refuse(field, `there is no such property; there are ${Object.keys(CHECKS).slice(0, -1).join(', ')}`);
    if (value !== undefined) properties[name] = CHECKS[name as keyof typeof CHECKS](field, value, refuse);
  }
  return properties;
}
