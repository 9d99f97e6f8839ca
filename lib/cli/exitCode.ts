import { type MqttError, isMqttError } from '../index.js';
import { CheckFailedError } from './CheckFailedError.js';
import type { StopReason } from './Context.js';
import { FileError } from './FileError.js';
import { TimedOutError } from './TimedOutError.js';
import { UsageError } from './UsageError.js';

/** What the codes with which the program ends mean. Part of the interface: scripts rely on them. */
export const EXIT_CODES = {
  done: 0,
  usage: 1,
  connection: 2,
  timeout: 3,
  refused: 4,
  file: 5,
  fault: 70,
} as const;

/** The same in words, for the help. */
export const EXIT_CODE_TEXTS: readonly (readonly [code: string, text: string])[] = [
  ['0', 'done'],
  ['1', 'the command line is wrong; nothing was done'],
  ['2', 'there is no connection to the broker, or it was lost for good'],
  ['3', 'it did not happen in time, see --timeout'],
  ['4', 'the broker, or who answers a request, refused it'],
  ['5', 'a file, standard input or standard output cannot be read or written'],
  ['70', 'a fault of this program: please report it'],
  ['130, 143', 'ended by Ctrl-C, or by SIGTERM, before it was done'],
];

const BY_ERROR: Readonly<Record<MqttError['code'], number>> = {
  CONNECTION_REFUSED: EXIT_CODES.connection,
  CONNECTION_FAILED: EXIT_CODES.connection,
  CONNECTION_LOST: EXIT_CODES.connection,
  SERVER_DISCONNECT: EXIT_CODES.connection,
  CONNECT_TIMEOUT: EXIT_CODES.connection,
  CERTIFICATE: EXIT_CODES.connection,
  KEEP_ALIVE_TIMEOUT: EXIT_CODES.connection,
  RECEIVE_OVERFLOW: EXIT_CODES.connection,
  PROTOCOL: EXIT_CODES.connection,
  PACKET_TOO_LARGE: EXIT_CODES.refused,
  SUBSCRIPTION_REFUSED: EXIT_CODES.refused,
  PUBLISH_REFUSED: EXIT_CODES.refused,
  PUBLISH_UNFINISHED: EXIT_CODES.connection,
  INVALID_TOPIC: EXIT_CODES.usage,
  INVALID_ARGUMENT: EXIT_CODES.usage,
  INVALID_OPTIONS: EXIT_CODES.usage,
  NOT_SUPPORTED: EXIT_CODES.refused,
  QUEUE_OVERFLOW: EXIT_CODES.fault,
  OFFLINE: EXIT_CODES.connection,
  SESSION_LOST: EXIT_CODES.connection,
  MESSAGE_EXPIRED: EXIT_CODES.timeout,
  REQUEST_TIMEOUT: EXIT_CODES.timeout,
  REQUEST_FAILED: EXIT_CODES.refused,
  UNDECODABLE: EXIT_CODES.fault,
  STORE: EXIT_CODES.fault,
  CLIENT_ENDED: EXIT_CODES.fault,
};

/** The code for an error. */
export function codeOfError(error: unknown): number {
  if (isMqttError(error)) return BY_ERROR[error.code];
  if (error instanceof CheckFailedError) return error.exitCode;
  if (error instanceof UsageError) return EXIT_CODES.usage;
  if (error instanceof TimedOutError) return EXIT_CODES.timeout;
  return error instanceof FileError ? EXIT_CODES.file : EXIT_CODES.fault;
}

/** For signals as shells have it: 128 and their number. */
const BY_REASON: Readonly<Record<StopReason, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  unread: EXIT_CODES.done,
  unwritable: EXIT_CODES.file,
};

/** The code for a command that was stopped. @param isEndless whether it ends in no other way */
export function codeOfStop(reason: StopReason, isEndless: boolean): number {
  return isEndless && reason !== 'unwritable' ? EXIT_CODES.done : BY_REASON[reason];
}
