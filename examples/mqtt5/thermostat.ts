// A thermostat that speaks MQTT 5. Run it with a broker that speaks it, such as Mosquitto:
//   npx tsx examples/mqtt5/thermostat.ts mqtt://localhost:1883
// The library is imported from its sources; a program of yours imports from 'tortoise-rx'.
import { lastValueFrom, take, tap, timer } from 'rxjs';
import { PublishRefusedError, createClient } from '../../lib/index.js';

const url = process.argv[2] ?? 'mqtt://localhost:1883';

// docs: connecting
const client = createClient(url, {
  protocolVersion: 5, // 'auto' speaks 3.1.1 with a broker that knows nothing newer
  clientId: 'thermostat',
  cleanSession: false,
  sessionExpiryInterval: 3_600, // seconds that the broker keeps the session while the client is away
  userProperties: { firmware: '1.4.0' },
  will: { topic: 'house/thermostat/state', payload: 'lost', properties: { willDelayInterval: 30 } },
});

client.connection$.subscribe(({ protocolVersion, properties }) => {
  console.log(`MQTT ${protocolVersion}, ${properties?.receiveMaximum} messages in flight at most`);
});
// docs: end

// docs: receiving
const targets$ = client.topic$('house/+room/target', { qos: 1, noLocal: true }).pipe(
  tap((message) => {
    const { contentType, userProperties = [] } = message.properties;
    console.log(`${message.params.room}: ${message.text()} (${contentType})`, Object.fromEntries(userProperties));
  }),
);
// docs: end
const heard = lastValueFrom(targets$.pipe(take(1)));

// docs: publishing
client
  .publish('house/kitchen/temp', JSON.stringify({ celsius: 21.5 }), {
    qos: 1,
    expiry: 60_000, // dropped after a minute, here and at the broker
    properties: { contentType: 'application/json', payloadFormatIndicator: 1, userProperties: { sensor: 'k-7' } },
  })
  .subscribe({
    next: ({ reasonCode }) => console.log(reasonCode === 0x10 ? 'nobody listens' : 'the broker has it'),
    error: (error) => {
      if (error instanceof PublishRefusedError) console.error(error.reasonCode, error.reasonString);
    },
  });
// docs: end

const panel = createClient(url, { protocolVersion: 5, clientId: 'panel' });
timer(300).subscribe(() =>
  panel
    .publish('house/kitchen/target', '20', { properties: { contentType: 'text/plain', userProperties: { by: 'ada' } } })
    .subscribe(),
);

await heard;
// docs: leaving
await lastValueFrom(panel.end());
await lastValueFrom(client.end({ reasonCode: 4, sessionExpiryInterval: 60 })); // 4: the broker publishes the will
// docs: end
