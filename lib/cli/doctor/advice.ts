import { ConnectionRefusedError, type MqttError } from '../../index.js';

/** What to do about an error of the system, by its code. */
const BY_CAUSE: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'nothing listens there: is the broker running, is the port right (1883, with TLS 8883), and does it listen to more than its own machine?',
  ENOTFOUND: 'the name is not known: is it spelt right? Try the IP address',
  EAI_AGAIN: 'the name could not be looked up: is there a network, and a name server?',
  EHOSTUNREACH: 'there is no way to that address: is it right, and is a VPN needed?',
  ENETUNREACH: 'there is no way to that network: is this machine connected? For an IPv6 address, has it IPv6?',
  ECONNRESET: 'the other side hung up: is it a broker, and does the port want TLS or WebSocket?',
  ETIMEDOUT: 'nothing answers: a firewall may swallow the packets',
  ENOENT: 'there is no such socket: is the broker running, and is the path right?',
  EACCES: 'this user may not open it',
};

const BY_REASON: Readonly<Record<number, string>> = {
  0x84: 'this broker does not speak that version of MQTT',
  0x85: 'give another identifier with --client-id',
  0x86: 'check --username and TORTOISE_PASSWORD',
  0x87: 'this user may not connect: check --username, TORTOISE_PASSWORD and the rules of the broker',
  0x88: 'the broker is not ready: try again later',
  0x89: 'the broker is busy: try again later',
  0x8a: 'this client is banned: ask who runs the broker',
  0x97: 'a quota is used up: how many clients may connect?',
  0x9f: 'too many connections in too short a time: wait a while',
};

const BY_CODE: Partial<Readonly<Record<MqttError['code'], string>>> = {
  CONNECT_TIMEOUT: 'nothing answers: a firewall may swallow the packets, or the port speaks something else',
  CONNECTION_LOST: 'the other side closed the connection: is it a broker, and does the port want TLS or WebSocket?',
  PROTOCOL: 'what answers is no MQTT broker, or not at this port',
};

/** What to do about an error. The error itself may have said more. */
export function adviceFor(error: MqttError): string | undefined {
  if (error instanceof ConnectionRefusedError) return BY_REASON[error.reasonCode];
  return causes(error).map((code) => BY_CAUSE[code]).find((text) => text !== undefined) ?? BY_CODE[error.code]; // prettier-ignore
}

/** The codes of what lies behind an error; of several tries to connect, those of each. */
function causes(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, cause } = error as NodeJS.ErrnoException;
  const several = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [...(code === undefined ? [] : [code]), ...several.flatMap(causes), ...causes(cause)];
}
