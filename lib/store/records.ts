// The first letter of a key says what its record is.
/** Says how the records are written, see `format.ts`. */
export const FORMAT_KEY = 'f';
/** Messages that were taken on together: a segment. */
export const MESSAGES = 'm';
/** How far the messages of a segment have come since. */
export const PROGRESS = 'p';
export const RECEIVED = 'r';
/** What could not be read is kept under this letter and its key. */
export const SET_ASIDE = 's';

/** The most messages of a segment. The number of a message says which segment is its own, and which place. */
export const SEGMENT_SIZE = 256;

const CHECKSUM = 4;
/** Numbers of 16 digits, so that keys are in the order of their numbers. */
const FIRST_NUMBER = 1e15;

/** The number of the first message of a segment, by that of any of its messages. */
export function firstOf(serial: number): number {
  return serial - (serial % SEGMENT_SIZE);
}

/** The key of a segment, or of its progress, by the number of its first message. */
export function numberedKey(kind: typeof MESSAGES | typeof PROGRESS, serial: number): string {
  return kind + String(FIRST_NUMBER + serial);
}

/** The number in a key. */
export function serialOf(key: string): number {
  const serial = Number(key.slice(1)) - FIRST_NUMBER;
  if (!(serial > 0) || firstOf(serial) !== serial) throw new Error('its key holds no number');
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

/** Puts the checksum of what follows before it: not every store has one of its own. */
export function seal(view: DataView, start: number, end: number): void {
  view.setUint32(start, checksum(view, start + CHECKSUM, end));
}

/** @throws the checksum is not that of what follows, or there is none */
export function unseal(view: DataView, start: number, end: number): void {
  if (end - start < CHECKSUM || end > view.byteLength) throw new Error('it is cut');
  if (view.getUint32(start) !== checksum(view, start + CHECKSUM, end)) throw new Error('its checksum is wrong');
}

/** Makes a view of all of a record. */
export function viewOf(record: Uint8Array): DataView {
  return new DataView(record.buffer, record.byteOffset, record.length);
}

/** FNV-1a. */
function checksum(view: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x01000193);
  return hash >>> 0;
}
