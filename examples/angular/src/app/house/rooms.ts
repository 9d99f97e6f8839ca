import type { Message } from 'tortoise-rx';
import type { Reading } from './topics';

/** What one sensor measured: the newest last. */
export type Series = readonly [Reading, ...Reading[]];

/** The sensors of a room by name. */
export type Room = ReadonlyMap<string, Series>;

/** The rooms of a house by name. */
export type Rooms = ReadonlyMap<string, Room>;

export const NO_ROOMS: Rooms = new Map();

/** How many readings of a sensor are remembered. */
export const LONGEST = 180;

/** The rooms with one reading more. Rooms that it is not about stay the same objects. */
export function withReading(
  rooms: Rooms,
  { params, value }: Message<{ readonly room: string; readonly sensor: string }, Reading>,
): Rooms {
  const room = rooms.get(params.room) ?? new Map<string, Series>();
  const before = room.get(params.sensor) ?? [];
  // A connection that is made anew brings the retained reading once more.
  if (before.at(-1)?.at === value.at) return rooms;
  const series = [...before.slice(1 - LONGEST), value] as unknown as Series;
  return new Map(rooms).set(params.room, new Map(room).set(params.sensor, series));
}

/** The newest reading of a sensor. */
export function newest(room: Room | undefined, sensor: string): Reading | undefined {
  return room?.get(sensor)?.at(-1);
}
