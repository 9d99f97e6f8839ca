import {
  type Observable,
  type OperatorFunction,
  bufferTime,
  distinctUntilChanged,
  filter,
  groupBy,
  map,
  mergeMap,
  scan,
  skipWhile,
} from 'rxjs';
import type { MqttClient } from '../../lib/index.js';
import { type Reading, fromPayload } from './house.js';

/** A room's mean over one window. */
export interface Mean {
  readonly room: string;
  readonly celsius: number;
}

/** An alarm that begins or ends. */
export interface Alarm extends Mean {
  readonly isOn: boolean;
}

/** The readings of one house, whichever connection they come over. Subscribed at QoS 2: each arrives as it was sent. */
export function readings$(client: MqttClient, house: string): Observable<Reading> {
  return client.topic$('house/+room/temp', { qos: 2 }).pipe(
    mergeMap((message) => fromPayload(message.text()).map((reading) => ({ ...reading, room: message.params.room }))),
    filter((reading) => reading.house === house),
  );
}

/** Every room's mean over windows of `span` ms; nothing for a window in which nothing came. */
export function means(span: number): OperatorFunction<Reading, Mean[]> {
  return (readings$) =>
    readings$.pipe(
      bufferTime(span),
      filter((window) => window.length > 0),
      map((window) => {
        const rooms = [...new Set(window.map(({ room }) => room))].sort();
        return rooms.map((room) => ({ room, celsius: mean(window.filter((reading) => reading.room === room)) }));
      }),
    );
}

/** For each room an alarm when it gets warmer than `limit`, and its end when it is half a degree below. */
export function alarms(limit: number): OperatorFunction<Reading, Alarm> {
  return (readings$) =>
    readings$.pipe(
      groupBy(({ room }) => room),
      mergeMap((room$) =>
        room$.pipe(
          scan(({ isOn }, { room, celsius }) => ({ room, celsius, isOn: celsius > (isOn ? limit - 0.5 : limit) }), {
            room: room$.key,
            celsius: 0,
            isOn: false,
          }),
          distinctUntilChanged((a, b) => a.isOn === b.isOn),
          skipWhile(({ isOn }) => !isOn),
        ),
      ),
    );
}

function mean(readings: readonly Reading[]): number {
  return readings.reduce((sum, { celsius }) => sum + celsius, 0) / readings.length;
}
