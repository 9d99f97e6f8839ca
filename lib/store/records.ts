import type { QoS } from '../packet/Packet.js';
import type { Outgoing } from '../session/Outgoing.js';

// Of neither the language nor one platform: Node and every browser have them.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => {
  decode(bytes: Uint8Array): string;
};

const CHECKSUM = 4;
/** Flags, packet identifier, when it expires, length of the topic name. */
const MESSAGE_HEAD = CHECKSUM + 1 + 2 + 8 + 2;
/** Flags, packet identifier, the number of the step. */
const PROGRESS_HEAD = CHECKSUM + 1 + 2 + 8;
const RETAIN = 4;
const RELEASED = 1;
/** Numbers of 16 digits, so that keys are in the order of their numbers. */
const FIRST_NUMBER = 1e15;

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Says how the records are written: a store with another one was written by another version of this package. */
export const FORMAT_KEY = 'f';
export const FORMAT = 1;

// The first letter of a key says what its record is.
export const MESSAGE = 'm';
export const PROGRESS = 'p';
export const RECEIVED = 'r';
/** A record that could not be read is kept under this letter and its key. */
export const SET_ASIDE = 's';

/** The key of a message, or of its progress, by the number of the message. */
export function numberedKey(kind: typeof MESSAGE | typeof PROGRESS, serial: number): string {
  return kind + String(FIRST_NUMBER + serial);
}

/** The number in a key. */
export function serialOf(key: string): number {
  const serial = Number(key.slice(1)) - FIRST_NUMBER;
  if (!(serial > 0)) throw new Error('its key holds no number');
  return serial;
}

/** The key of a packet identifier of the server. */
export function receivedKey(packetId: number): string {
  return RECEIVED + String(100_000 + packetId);
}

/** The packet identifier in a key. */
export function receivedIdOf(key: string): number {
  const packetId = Number(key.slice(1)) - 100_000;
  if (!(packetId >= 1 && packetId <= 65_535)) throw new Error('its key holds no packet identifier');
  return packetId;
}

/** A message as it is kept. A packet identifier of 0: it was never written. */
export interface MessageRecord {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly packetId: number;
  /** When it is not worth sending any more, in ms since 1970; 0: never. */
  readonly expiresAt: number;
}

/** How far the exchange of a message has come since its record was written. */
export interface ProgressRecord {
  readonly packetId: number;
  /** Whether PUBREC has come; if so, the message is not needed and its record may be gone. */
  readonly released: boolean;
  /** A number that grows from one PUBREC to the next. */
  readonly order: number;
  readonly topic: string;
}

export function messageRecord({ topic, payload, qos, retain, packetId }: Outgoing, expiresAt: number): Uint8Array {
  const name = encoder.encode(topic);
  const record = new Uint8Array(MESSAGE_HEAD + name.length + payload.length);
  const view = new DataView(record.buffer);
  record[CHECKSUM] = qos | (retain ? RETAIN : 0);
  view.setUint16(CHECKSUM + 1, packetId);
  view.setFloat64(CHECKSUM + 3, expiresAt);
  view.setUint16(CHECKSUM + 11, name.length);
  record.set(name, MESSAGE_HEAD);
  record.set(payload, MESSAGE_HEAD + name.length);
  return sealed(record);
}

/** @throws what is wrong with the record */
export function readMessage(record: Uint8Array): MessageRecord {
  const view = unsealed(record, MESSAGE_HEAD);
  const flags = view.getUint8(CHECKSUM);
  const qos = flags & 3;
  if (qos === 0 || qos === 3 || flags > 7) throw new Error(`its flags are ${flags}`);
  const end = MESSAGE_HEAD + view.getUint16(CHECKSUM + 11);
  if (end > record.length) throw new Error('its topic name is cut');
  return {
    topic: decoder.decode(record.subarray(MESSAGE_HEAD, end)),
    payload: record.slice(end),
    qos: qos as QoS,
    retain: (flags & RETAIN) > 0,
    packetId: view.getUint16(CHECKSUM + 1),
    expiresAt: view.getFloat64(CHECKSUM + 3),
  };
}

export function progressRecord({ topic, packetId, awaited }: Outgoing, order: number): Uint8Array {
  const name = encoder.encode(topic);
  const record = new Uint8Array(PROGRESS_HEAD + name.length);
  const view = new DataView(record.buffer);
  record[CHECKSUM] = awaited === 'pubcomp' ? RELEASED : 0;
  view.setUint16(CHECKSUM + 1, packetId);
  view.setFloat64(CHECKSUM + 3, order);
  record.set(name, PROGRESS_HEAD);
  return sealed(record);
}

/** @throws what is wrong with the record */
export function readProgress(record: Uint8Array): ProgressRecord {
  const view = unsealed(record, PROGRESS_HEAD);
  const packetId = view.getUint16(CHECKSUM + 1);
  if (packetId === 0) throw new Error('its packet identifier is 0');
  return {
    packetId,
    released: view.getUint8(CHECKSUM) === RELEASED,
    order: view.getFloat64(CHECKSUM + 3),
    topic: decoder.decode(record.subarray(PROGRESS_HEAD)),
  };
}

function sealed(record: Uint8Array): Uint8Array {
  new DataView(record.buffer).setUint32(0, checksum(record));
  return record;
}

function unsealed(record: Uint8Array, shortest: number): DataView {
  if (record.length < shortest) throw new Error(`it has ${record.length} bytes, not ${shortest} or more`);
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  if (view.getUint32(0) !== checksum(record)) throw new Error('its checksum is wrong');
  return view;
}

/** FNV-1a of what follows the checksum: not every store has one of its own. */
function checksum(record: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = CHECKSUM; i < record.length; i++) hash = Math.imul(hash ^ record[i]!, 0x01000193);
  return hash >>> 0;
}
