// Tries the built package: `<runtime> smoke.mjs <url> [<PEM of the broker's authority>]`. Says «ready» when messages went
// round at every QoS; the broker must restart then. Ends by itself when they have done so again.
import { backoff, createClient } from 'tortoise-rx';
import { concatMap, firstValueFrom, from, lastValueFrom, skip, take, toArray } from 'rxjs';

/** Bytes of a payload: many reads, each where its part belongs. */
const SIZE = 1_000_000;

const [url, ca] = process.argv.slice(2);
const tls = url.startsWith('mqtts:') ? { ca } : undefined;
const client = createClient(url, { tls, retryWhen: backoff({ min: 10, max: 100 }) });
const back = firstValueFrom(client.connection$.pipe(skip(1)));

async function goRound() {
  const received = firstValueFrom(client.topic$('smoke/+qos', { qos: 2 }).pipe(take(3), toArray()));
  const publish = (qos) => client.publish(`smoke/${qos}`, new Uint8Array(SIZE).fill(qos), { qos });
  await lastValueFrom(from([0, 1, 2]).pipe(concatMap(publish)));
  for (const [qos, { params, payload, ...message }] of (await received).entries()) {
    const isWhole = payload.length === SIZE && payload.every((byte) => byte === qos);
    const isRight = message.qos === qos && Number(params.qos) === qos && isWhole;
    if (!isRight)
      throw new Error(`at QoS ${qos} came ${message.topic}, ${payload.length} bytes, at QoS ${message.qos}`);
  }
}

await goRound();
console.log('ready');
await back;
await goRound();
await firstValueFrom(client.ping());
await lastValueFrom(client.end(), { defaultValue: undefined });
