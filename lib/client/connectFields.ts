import { InvalidOptionsError } from '../errors.js';
import type { ConnectPacket, WillMessage } from '../packet/Packet.js';
import { invalidText } from '../topic/invalidText.js';
import { invalidTopicName } from '../topic/topicName.js';
import type { Will } from './ClientOptions.js';
import { toBytes } from './toBytes.js';

const MAX_BINARY = 65_535;

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
  if (username !== undefined) {
    const why = invalidText(username, 'allowed');
    if (why !== undefined && username !== '') throw new InvalidOptionsError('username', why);
  }
  if (password !== undefined && username === undefined && !usernameMayCome) {
    throw new InvalidOptionsError('password', 'needs a username [MQTT-3.1.2-22]');
  }
  return {
    username: username as string | undefined,
    password: password === undefined ? undefined : binary('password', password),
    will: will === undefined ? undefined : willMessage(will),
  };
}

function willMessage(given: unknown): WillMessage {
  if (typeof given !== 'object' || given === null)
    throw new InvalidOptionsError('will', 'expected an object with a topic');
  const { topic, payload, qos = 0, retain = false, ...rest } = given as Will;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new InvalidOptionsError(`will.${unknown}`, 'there is no such option');
  const why = invalidTopicName(topic);
  if (why !== undefined) throw new InvalidOptionsError('will.topic', why);
  if (!([0, 1, 2] as unknown[]).includes(qos))
    throw new InvalidOptionsError('will.qos', `expected 0, 1 or 2, got ${String(qos)}`);
  if (typeof retain !== 'boolean') throw new InvalidOptionsError('will.retain', 'expected a boolean');
  return { topic, payload: binary('will.payload', payload), qos, retain };
}

function binary(option: string, value: unknown): Uint8Array {
  const bytes = toBytes(value);
  if (!bytes) throw new InvalidOptionsError(option, 'expected a string or a Uint8Array');
  if (bytes.length > MAX_BINARY)
    throw new InvalidOptionsError(option, `expected at most ${MAX_BINARY} bytes, got ${bytes.length}`);
  return bytes;
}
