import { InvalidOptionsError } from '../errors.js';
import { checkChoice, checkOption } from '../stream/checkOption.js';
import type { ConnectPacket, WillMessage } from '../packet/Packet.js';
import { invalidText } from '../topic/invalidText.js';
import type { Will } from './ConnectionOptions.js';
import { refuseOthers } from './refuseOthers.js';
import { toBytes } from './toBytes.js';

/**
 * Credentials and will as CONNECT carries them.
 *
 * @param usernameMayCome whether a user name can still come from elsewhere, a URL or a function
 * @throws {InvalidOptionsError} naming the option
 */
export function connectFields(
  username: unknown,
  password: unknown,
  will: unknown,
  usernameMayCome = false,
): Pick<ConnectPacket, 'username' | 'password' | 'will'> {
  const mayCome = usernameMayCome || username !== undefined || password === undefined;
  checkOption(mayCome, 'password', 'a username beside it [MQTT-3.1.2-22]', 'none');
  return {
    username: username === undefined ? username : checkText('username', username),
    password: password === undefined ? password : binary('password', password),
    will: will === undefined ? will : willMessage(will),
  };
}

/** @throws {InvalidOptionsError} for what is not text that a packet can carry */
export function checkText(option: string, text: unknown): string {
  refuse(option, invalidText(text, 'text'));
  return text as string;
}

/** Whether something has properties. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function willMessage(given: unknown): WillMessage {
  checkOption(isObject(given), 'will', 'an object with a topic', given);
  const { topic, payload, qos = 0, retain = false, ...others } = given as Will;
  refuseOthers('will.', others, ['topic', 'payload', 'qos', 'retain']);
  refuse('will.topic', invalidText(topic, 'name'));
  checkChoice('will.qos', qos, [0, 1, 2]);
  checkChoice('will.retain', retain, [true, false]);
  return { topic, payload: binary('will.payload', payload), qos, retain };
}

function binary(option: string, value: unknown): Uint8Array {
  const bytes = toBytes(value);
  checkOption(bytes, option, 'a string or a Uint8Array', typeof value);
  checkOption(bytes.length <= 65_535, option, '65535 bytes at most', bytes.length);
  return bytes;
}

function refuse(option: string, why: string | undefined): void {
  if (why !== undefined) throw new InvalidOptionsError(option, why);
}
