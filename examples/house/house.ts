import { type Observable, interval, mergeMap } from 'rxjs';
import type { PublishRequest, QoS } from '../../lib/index.js';

/** One measurement. */
export interface Reading {
  /** Tells this house from another one at the same broker. */
  readonly house: string;
  readonly room: string;
  /** At which QoS it is published. */
  readonly qos: QoS;
  /** Counts the room's readings at this QoS, from 1. */
  readonly n: number;
  readonly celsius: number;
}

/** The rooms: how warm they are, and by how much that goes up and down. */
export const ROOMS = [
  { room: 'kitchen', mean: 22.5, swing: 4, period: 12_000 },
  { room: 'bath', mean: 23, swing: 1.5, period: 9_000 },
  { room: 'living', mean: 20.5, swing: 0.7, period: 15_000 },
  { room: 'attic', mean: 24, swing: 2.5, period: 20_000 },
] as const;

/** Every room's thermometers, one a QoS. Cold; emits in every period a reading for each room and QoS; never ends. */
export function thermometers(house: string, period = 100): Observable<Reading> {
  return interval(period).pipe(mergeMap((tick) => readingsAt(house, tick, period)));
}

/** What all thermometers measure at one tick, from 0: a reading for each room and QoS. */
export function readingsAt(house: string, tick: number, period: number): Reading[] {
  return ROOMS.flatMap(({ room, mean, swing, ...wave }) => {
    const warmth = mean + swing * Math.sin((2 * Math.PI * tick * period) / wave.period);
    return ([0, 1, 2] as const).map((qos) => ({ house, room, qos, n: tick + 1, celsius: round(warmth + noise()) }));
  });
}

/** How a reading is published: this is what `publishEach` asks for. */
export function toMessage(reading: Reading): PublishRequest {
  return { topic: `house/${reading.room}/temp`, payload: JSON.stringify(reading), qos: reading.qos };
}

/** The other way round, for a payload that anybody may have published. Emits nothing for what is no reading. */
export function fromPayload(text: string): Reading[] {
  try {
    const { house, room, qos, n, celsius } = JSON.parse(text) as Reading;
    return typeof celsius === 'number' ? [{ house, room, qos, n, celsius }] : [];
  } catch {
    return [];
  }
}

const noise = () => Math.random() * 0.4 - 0.2;
const round = (value: number) => Math.round(value * 100) / 100;
