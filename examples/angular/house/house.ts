// A house of six rooms: `node house/house.ts ws://localhost:9001`. Rooms are heated towards what their thermostats are set
// to, and lose warmth to the outside. The humidity sensor of the attic has a loose contact.
import { type Observable, from, interval, merge, mergeMap, startWith, tap } from 'rxjs';
import { type MqttClient, type PublishRequest, type PublishValueRequest, createClient, publishEach } from 'tortoise-rx';
import { type Reading, hub, reading, target, wish } from '../src/app/house/topics.ts';

/** The user of the broker that a house is. */
export const HOUSE = { username: 'house', password: 'of-cards' };

const PERIOD = 1_000;
const OUTSIDE = 7;
/** The share of the difference that a room loses to the outside, and gets of what it lacks, in each period. */
const LOSS = 0.0015;
const HEATING = 0.03;

const ROOMS = [
  { name: 'living-room', celsius: 21.4, target: 21.5, people: 2 },
  { name: 'kitchen', celsius: 22.4, target: 21, people: 1 },
  { name: 'bedroom', celsius: 18.6, target: 18, people: 0 },
  { name: 'bathroom', celsius: 22.4, target: 23.5, people: 0 },
  { name: 'office', celsius: 19.6, target: 20.5, people: 1 },
  { name: 'attic', celsius: 16.8, target: 16, people: 0 },
];
type Room = (typeof ROOMS)[number];

/** Plays the house. Each second each sensor says what it measures; each thermostat does what it is told. */
export function house$(client: MqttClient): Observable<unknown> {
  const readings$ = interval(PERIOD).pipe(
    startWith(-1),
    tap(() => ROOMS.forEach(heat)),
    mergeMap((tick) => from(ROOMS.flatMap((room, i) => measured(room, tick / 40 + i)))),
    publishEach(client, (request) => ({ ...request, expiry: 2 * PERIOD })), // nobody wants to know later
  );
  const hubs$ = from(ROOMS).pipe(
    publishEach(client, ({ name }) => ({ topic: hub.name({ room: name }), value: 'all is well, firmware 1.4' })),
  );
  const started$ = from(ROOMS).pipe(
    publishEach(client, ({ name, target: celsius }) => ({
      topic: target.name({ room: name }),
      value: { celsius, by: 'the house' },
    })),
  );
  const wishes$ = client.topic$(wish).pipe(
    tap(({ params, value }) =>
      ROOMS.filter(({ name }) => name === params.room).forEach((room) => (room.target = value.celsius)),
    ),
    publishEach(client, ({ params, value }) => ({ topic: target.name({ room: params.room }), value })),
  );
  return merge(readings$, hubs$, started$, wishes$);
}

function heat(room: Room): void {
  room.celsius += (room.target - room.celsius) * HEATING + (OUTSIDE - room.celsius) * LOSS;
}

/** What the sensors of a room say; `phase` is where its slow waves are. */
function measured(room: Room, phase: number): (PublishRequest | PublishValueRequest<Reading>)[] {
  const values = {
    temperature: rounded(room.celsius + noise(0.15), 2),
    humidity: rounded(46 + 5 * Math.sin(phase) + noise(0.8), 1),
    co2: rounded(520 + 240 * room.people + 60 * Math.sin(phase / 2) + noise(12), 0),
  };
  const at = Date.now();
  return Object.entries(values).map(([sensor, value]) => {
    const named = reading.name({ room: room.name, sensor });
    // Text where JSON was promised, for ten seconds of every thirty.
    const isLoose = room.name === 'attic' && sensor === 'humidity' && Math.floor(at / 10_000) % 3 === 0;
    return isLoose
      ? { topic: named.topic, payload: 'ERR 17: no contact', qos: 1 }
      : { topic: named, value: { value, at } };
  });
}

function noise(width: number): number {
  return (Math.random() - 0.5) * width;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

if (process.argv[1] === import.meta.filename) {
  const url = process.argv[2] ?? 'ws://127.0.0.1:9001';
  house$(createClient(url, { ...HOUSE, protocolVersion: 'auto' })).subscribe();
}
