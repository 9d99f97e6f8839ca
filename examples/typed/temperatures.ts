// Typed payloads, and a topic as a value. Run it with a broker:
//   npx tsx examples/typed/temperatures.ts mqtt://localhost:1883
// The library is imported from its sources; a program of yours imports from 'tortoise-rx'.
import { concat, lastValueFrom, of, take, tap } from 'rxjs';
import { z } from 'zod';
import { type Codec, InvalidArgumentError, createClient, json, publishEach, topic } from '../../lib/index.js';

const url = process.argv[2] ?? 'mqtt://localhost:1883';

const client = createClient(url, { clientId: 'typed', protocolVersion: 'auto' });

// docs: schema
const Temperature = z.object({ celsius: z.number(), unit: z.string().default('C') });

const temperature = topic('house/+room/temp', { payload: json(Temperature), qos: 1, retain: true });
// docs: end

// docs: listening
const temperatures$ = client
  .topic$(temperature)
  .pipe(tap(({ params, value }) => console.log(`${params.room}: ${value.celsius} °${value.unit}`)));
// docs: end

// docs: undecodable
client.events$.subscribe((event) => {
  if (event.type === 'undecodable') console.log(`${event.topic}: ${event.error.message}`);
});

const strange$ = client.topic$('house/+room/temp', {
  payload: json(Temperature),
  onUndecodable: (message, error) => console.log(message.params.room, message.text(), error.issues),
});
// docs: end

// docs: own
const celsius: Codec<number> = {
  encode: (value) => value.toFixed(1), // text, or bytes
  decode(message) {
    const value = Number.parseFloat(message.text());
    if (Number.isNaN(value)) throw new Error('not a number'); // the message is undecodable
    return value;
  },
  contentType: 'text/plain',
};

const target = topic('house/+room/target', { payload: celsius });
// docs: end

const heard = lastValueFrom(temperatures$.pipe(take(3)));
strange$.subscribe();

// docs: publishing
const attic = temperature.name({ room: 'attic' }); // house/attic/temp

client.publish(attic, { celsius: 27.4 }).subscribe(); // QoS 1, retained, as the topic says
client.publish('house/bath/temp', { celsius: 22 }, { payload: json(Temperature), qos: 1 }).subscribe();
client.publish(attic, { celsius: Number.NaN }).subscribe({
  error: (error) => error instanceof InvalidArgumentError && console.log(error.field), // value.celsius
});

of(21, 22)
  .pipe(publishEach(client, (value) => ({ topic: target.name({ room: 'hall' }), value })))
  .subscribe();
// docs: end

// What others send: the first does not decode, and the second ends the program.
const broken = temperature.name({ room: 'broken' }).topic;
concat(client.publish(broken, '{"celsius":"warm"}', { qos: 1 }), client.publish('house/hall/temp', '{"celsius":20}', { qos: 1 })).subscribe(); // prettier-ignore

await heard;
// docs: clearing
await lastValueFrom(client.publish(attic.topic, '', { retain: true, qos: 1 })); // no value: the broker forgets the retained message
// docs: end
await lastValueFrom(client.end());
