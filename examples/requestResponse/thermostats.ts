// Thermostats that answer requests, and a panel that asks them. Run it with a broker that speaks MQTT 5, such as Mosquitto:
//   npx tsx examples/requestResponse/thermostats.ts mqtt://localhost:1883
// The library is imported from its sources; a program of yours imports from 'tortoise-rx'.
import { filter, firstValueFrom, forkJoin, lastValueFrom, map, of, retry, timer, toArray } from 'rxjs';
import {
  RequestFailedError,
  RequestTimeoutError,
  createClient,
  isMqttError,
  request,
  respond,
} from '../../lib/index.js';

const url = process.argv[2] ?? 'mqtt://localhost:1883';

const house = createClient(url, { protocolVersion: 5, clientId: 'house' });

// docs: responding
const celsius = new Map([
  ['attic', 27.4],
  ['kitchen', 21.5],
]);

respond(house, 'house/+room/temp/get', ({ params }) => {
  const temperature = celsius.get(params.room);
  if (temperature === undefined) throw new Error(`there is no room "${params.room}"`);
  return JSON.stringify({ celsius: temperature });
}).subscribe(({ request, error }) => {
  if (error !== undefined) console.log(request.topic, error);
});
// docs: end

for (const room of celsius.keys()) respond(house, 'house/who', () => room).subscribe();
await firstValueFrom(
  house.subscriptions$.pipe(filter((all) => [...all.values()].every(({ state }) => state === 'granted'))),
);

const panel = createClient(url, { protocolVersion: 5, clientId: 'panel' });

// docs: asking
request(panel, 'house/attic/temp/get').subscribe({
  next: (answer) => console.log('attic', answer.json<{ celsius: number }>().celsius),
  error: (error) => console.error(error),
});
// docs: end
await firstValueFrom(request(panel, 'house/attic/temp/get'));

// docs: failing
request(panel, 'house/cellar/temp/get', '', { timeout: 2_000 }).subscribe({
  error: (error) => {
    if (error instanceof RequestFailedError) console.log('it says', error.reason);
    else if (error instanceof RequestTimeoutError) console.log('it says nothing', error.during);
    else if (isMqttError(error)) console.error(error.code);
  },
});
// docs: end
await firstValueFrom(request(panel, 'house/cellar/temp/get')).catch(() => undefined);

// docs: retrying
const light$ = request(panel, 'house/light/get', '', { timeout: 300 }).pipe(retry({ count: 20, delay: 100 }));
// docs: end
timer(500).subscribe(() => respond(house, 'house/light/get', () => 'off').subscribe());
console.log('light', (await lastValueFrom(light$)).text());

// docs: several
const rooms$ = request(panel, 'house/who', '', { responses: timer(1_000) }).pipe(
  map((answer) => answer.text()),
  toArray(),
);
// docs: end
console.log('rooms', (await lastValueFrom(rooms$)).sort().join(', '));

// docs: codecs
const json = <T>() => ({
  encode: (value: T) => JSON.stringify(value),
  decode: (message: { text(): string }) => JSON.parse(message.text()) as T,
  contentType: 'application/json',
});

respond(house, 'house/mean/get', ({ value }) => of(value.reduce((sum, one) => sum + one) / value.length), {
  payload: json<number[]>(),
  answer: json<number>(),
  concurrency: 4,
}).subscribe();

const mean$ = request(panel, 'house/mean/get', [20, 21, 25], { payload: json<number[]>(), answer: json<number>() });
mean$.subscribe(({ value }) => console.log('mean', value));
// docs: end
await lastValueFrom(mean$);

const old = createClient(url, { clientId: 'old' }); // it speaks MQTT 3.1.1
old.topic$('shadow/get').subscribe((message) => {
  const { token, room } = message.json<{ token: number; room: string }>();
  const outcome = celsius.has(room) ? 'accepted' : 'rejected';
  old.publish(`shadow/get/${outcome}`, JSON.stringify({ token, celsius: celsius.get(room) })).subscribe();
});
await firstValueFrom(old.subscriptions$.pipe(filter((all) => all.get('shadow/get')?.state === 'granted')));
const client = createClient(url, { clientId: 'old panel' });

// docs: conventions
let last = 0;
const shadowOf = (room: string) => {
  const token = ++last;
  return request(client, 'shadow/get', JSON.stringify({ token, room }), {
    responseTopic: ['shadow/get/accepted', 'shadow/get/rejected'],
    matches: (message) => message.json<{ token: number }>().token === token,
  }).pipe(
    map((answer) => {
      if (answer.topic.endsWith('/rejected')) throw new Error(`the shadow has no ${room}`);
      return answer.json<{ celsius: number }>().celsius;
    }),
  );
};
// docs: end
const both = await lastValueFrom(forkJoin([shadowOf('attic'), shadowOf('kitchen')]));
console.log('shadows', both.join(', '));
await lastValueFrom(shadowOf('cellar')).catch((error: unknown) => console.log(String(error)));

for (const one of [panel, house, old, client]) await lastValueFrom(one.end());
