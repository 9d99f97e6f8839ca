import { take, timer } from 'rxjs';
import { type QoS, consume, createClient } from '../../lib/index.js';
import type { ProtocolVersion } from '../../lib/packet/Packet.js';

/*
 * A program that works 5 ms on each message, four at a time, and has more on its way than it can work on. It prints its
 * resident memory: before the first message came, and the most there was until it had worked on 600.
 */
const [url, version, qos] = process.argv.slice(2) as [string, string, string];
const client = createClient(url, { protocolVersion: Number(version) as ProtocolVersion, receiveMaximum: 100 });
const resident = () => process.memoryUsage.rss();
let idle = 0;
let most = 0;
client.subscriptions$.subscribe((filters) => {
  if (filters.get('flood')?.state === 'granted' && idle === 0) idle = resident();
});
consume(client, 'flood', () => timer(5), { qos: Number(qos) as QoS, concurrency: 4 })
  .pipe(take(600))
  .subscribe({
    next: () => (most = Math.max(most, resident())),
    complete: () => {
      process.stdout.write(JSON.stringify({ idle, most }));
      client.end({ force: true }).subscribe();
    },
  });
