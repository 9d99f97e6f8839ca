import { appendFile } from 'node:fs/promises';
import { concatMap, timer } from 'rxjs';
import { type QoS, consume, createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';

/*
 * A program that writes each message to a file, which takes it 5 ms, and says how many it has written. It is to be killed
 * and started again.
 */
const [url, file, version, qos] = process.argv.slice(2) as [string, string, string, string];
const client = createClient(url, {
  clientId: 'consumer',
  protocolVersion: Number(version) as ProtocolVersion,
  cleanSession: false,
  receiveMaximum: 20,
});
let written = 0;
consume(client, 'jobs/+', (one) => timer(5).pipe(concatMap(() => appendFile(file, `${one.text()}\n`))), {
  qos: Number(qos) as QoS,
  concurrency: 4,
}).subscribe(() => process.stdout.write(`${++written}\n`));
client.subscriptions$.subscribe((filters) => {
  if (filters.get('jobs/+')?.state === 'granted') process.stdout.write('ready\n');
});
