// A service that works on orders and readings, and loses none. Run it with a broker, such as Mosquitto:
//   npx tsx examples/work/orders.ts mqtt://localhost:1883
// The library is imported from its sources; a program of yours imports from 'tortoise-rx'.
import {
  type Observable,
  EMPTY,
  auditTime,
  bufferTime,
  concatMap,
  defer,
  filter,
  lastValueFrom,
  merge,
  retry,
  take,
  tap,
  timer,
} from 'rxjs';
import { type Message, consume, createClient } from '../../lib/index.js';

const url = process.argv[2] ?? 'mqtt://localhost:1883';

// A database, as it were.
const table = new Map<string, unknown>();
const insert = (id: string, value: unknown): Observable<unknown> => timer(5).pipe(tap(() => table.set(id, value)));
const insertAll = async (batch: readonly Message[]) => {
  await lastValueFrom(timer(5));
  for (const message of batch) table.set(message.topic, message.text());
};

// docs: consume
const client = createClient(url, {
  clientId: 'orders',
  cleanSession: false, // the broker keeps what was not acknowledged
  receiveMaximum: 100, // at most so many are in hand
});

const done$ = consume(client, 'orders/+id', (message) => insert(message.params.id, message.json()), { concurrency: 4 });

done$.subscribe(({ message, error }) => {
  if (error !== undefined) console.error(`order ${message.params.id} failed:`, error);
});
// docs: end

// docs: temporary
const patient$ = consume(client, 'invoices/+id', (message) =>
  insert(message.params.id, message.json()).pipe(retry({ count: 5, delay: (_, tried) => timer(100 * 2 ** tried) })),
);
// docs: end

// docs: once
const payments$ = consume(
  client,
  'payments/+id',
  ({ params, payload }) => defer(() => (table.has(params.id) ? EMPTY : insert(params.id, payload))),
  { qos: 2 },
);
// docs: end

// docs: batches
const readings$ = client.topic$('readings/#', { qos: 1, acknowledge: 'manual' }).pipe(
  bufferTime(50, null, 100),
  filter((batch) => batch.length > 0),
  concatMap(async (batch) => {
    await insertAll(batch); // one write for all of them
    for (const message of batch) message.acknowledge();
    return batch.length;
  }),
);
// docs: end

// docs: latest
const gauge$ = client.topic$('house/+room/temp').pipe(auditTime(200)); // a person needs no more than five a second
// docs: end

const rest = merge(patient$, payments$, readings$, gauge$).subscribe();
const all = lastValueFrom(done$.pipe(take(1)));
const other = createClient(url);
const publish = (topic: string, payload: string) => other.publish(topic, payload, { qos: 1 });
timer(300)
  .pipe(
    concatMap(() => publish('orders/1', '{"what":"tea"}')),
    concatMap(() => publish('invoices/2', '{"total":3}')),
    concatMap(() => publish('payments/3', '3')),
    concatMap(() => publish('payments/3', '3')),
    concatMap(() => publish('readings/attic', '21.5')),
    concatMap(() => publish('orders/4', '{"what":"milk"}')),
    concatMap(() => timer(200)),
  )
  .subscribe(() => {
    rest.unsubscribe();
    other.end().subscribe();
    client.end().subscribe(() => console.log([...table.keys()].sort().join(' ')));
  });
await all;
