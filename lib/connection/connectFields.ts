import { InvalidOptionsError } from '../errors.js';
import { MAX_PACKET_SIZE } from '../packet/fixedHeader.js';
import type { ConnectPacket, ProtocolVersion, WillMessage } from '../packet/Packet.js';
import type { ConnectProperties, UserProperty, WillProperties } from '../packet/PacketProperties.js';
import { checkChoice, checkOption } from '../stream/checkOption.js';
import { invalidText } from '../topic/invalidText.js';
import { NEVER_EXPIRES } from './ConnectionProperties.js';
import type { Authentication, ConnectionOptions, Will } from './ConnectionOptions.js';
import { isObject } from './isObject.js';
import { messageProperties } from './messageProperties.js';
import { refuseOthers } from './refuseOthers.js';
import { toBytes } from './toBytes.js';
import { userPropertyPairs } from './userProperties.js';

/** Option by option, what was given for one attempt. */
export interface GivenFields {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly will?: unknown;
  readonly userProperties?: unknown;
  readonly sessionExpiryInterval?: unknown;
  readonly authentication?: unknown;
}

/** The same, checked, as CONNECT carries it. */
export interface ConnectFields extends Pick<ConnectPacket, 'username' | 'password' | 'will'> {
  readonly userProperties: readonly UserProperty[] | undefined;
  /** Seconds; `Infinity`: for ever. */
  readonly sessionExpiryInterval: number | undefined;
  readonly authentication: Authentication | undefined;
}

/**
 * Checks what CONNECT says about the client.
 *
 * @param usernameMayCome whether a user name can still come from elsewhere, a URL or a function, or none is needed
 * @throws {InvalidOptionsError} naming the option
 */
export function connectFields(given: GivenFields, usernameMayCome = false): ConnectFields {
  const { username, password, will, userProperties, sessionExpiryInterval, authentication } = given;
  const mayCome = usernameMayCome || username !== undefined || password === undefined;
  checkOption(mayCome, 'password', 'a username beside it [MQTT-3.1.2-22]', 'none');
  if (sessionExpiryInterval !== undefined) checkExpiry(sessionExpiryInterval);
  return {
    username: username === undefined ? username : checkText('username', username),
    password: password === undefined ? password : binary('password', password),
    will: will === undefined ? will : willMessage(will),
    userProperties:
      userProperties === undefined
        ? undefined
        : userPropertyPairs(userProperties, (why) => fail('userProperties', why)),
    sessionExpiryInterval: sessionExpiryInterval as number | undefined,
    authentication: authentication === undefined ? undefined : checkAuthentication(authentication),
  };
}

/** The properties of CONNECT. What is the standard's default is left out. */
export function connectProperties(
  options: ConnectionOptions,
  { userProperties, sessionExpiryInterval = Infinity, authentication }: ConnectFields,
): ConnectProperties {
  const { cleanSession, receiveMaximum, maxPacketSize, topicAliasMaximum } = options;
  const expires = cleanSession === true ? 0 : Math.min(sessionExpiryInterval, NEVER_EXPIRES);
  return {
    sessionExpiryInterval: expires || undefined,
    receiveMaximum: receiveMaximum === 65_535 ? undefined : receiveMaximum,
    maximumPacketSize: maxPacketSize === MAX_PACKET_SIZE ? undefined : maxPacketSize,
    topicAliasMaximum: topicAliasMaximum || undefined,
    requestResponseInformation: options.requestResponseInformation || undefined,
    requestProblemInformation: options.requestProblemInformation ? undefined : false,
    userProperties,
    authenticationMethod: authentication?.method,
    authenticationData: authentication && toBytesOrNone(authentication.data),
  };
}

/** The will, without what only MQTT 5 can say about it. */
export function willFor(will: WillMessage | undefined, version: ProtocolVersion): WillMessage | undefined {
  return will && version === 4 ? { ...will, properties: undefined } : will;
}

/** @throws {InvalidOptionsError} for what is not text that a packet can carry */
export function checkText(option: string, text: unknown): string {
  const fault = invalidText(text, 'text');
  return fault === undefined ? (text as string) : fail(option, fault);
}

function willMessage(given: unknown): WillMessage {
  checkOption(isObject(given), 'will', 'an object with a topic', given);
  const { topic, payload, qos = 0, retain = false, properties, ...others } = given as Will;
  refuseOthers('will.', others, ['topic', 'payload', 'qos', 'retain', 'properties']);
  const fault = invalidText(topic, 'name');
  if (fault !== undefined) fail('will.topic', fault);
  checkChoice('will.qos', qos, [0, 1, 2]);
  checkChoice('will.retain', retain, [true, false]);
  const message: WillMessage = { topic, payload: binary('will.payload', payload), qos, retain };
  return properties === undefined ? message : { ...message, properties: willProperties(properties) };
}

function willProperties(given: unknown): WillProperties {
  return messageProperties(given, 'will.properties', fail, true);
}

function checkExpiry(value: unknown): void {
  const isOne =
    value === Infinity || (Number.isInteger(value) && (value as number) >= 0 && (value as number) < NEVER_EXPIRES);
  checkOption(isOne, 'sessionExpiryInterval', 'seconds, an integer from 0 to 4294967294, or Infinity', value);
}

/** @throws {InvalidOptionsError} for what is no `authentication` */
export function checkAuthentication(given: unknown): Authentication {
  checkOption(isObject(given), 'authentication', 'an object with a method and respond', typeof given);
  const { method, data, respond, ...others } = given as Authentication;
  refuseOthers('authentication.', others, ['method', 'data', 'respond']);
  checkText('authentication.method', method);
  checkOption(typeof respond === 'function', 'authentication.respond', 'a function', typeof respond);
  if (data !== undefined) binary('authentication.data', data);
  return { method, data, respond };
}

function toBytesOrNone(value: Uint8Array | string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : toBytes(value);
}

/** The bytes of text, or bytes as they are. @throws {InvalidOptionsError} for what a packet cannot carry */
export function binary(option: string, value: unknown): Uint8Array {
  const bytes = toBytes(value);
  checkOption(bytes, option, 'a string or a Uint8Array', typeof value);
  checkOption(bytes.length <= 65_535, option, '65535 bytes at most', bytes.length);
  return bytes;
}

function fail(option: string, why: string): never {
  throw new InvalidOptionsError(option, why);
}
