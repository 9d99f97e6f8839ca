// The client. It has no network, only ports.
import { parentPort } from 'node:worker_threads';
import type { MessagePort as NodePort } from 'node:worker_threads';
import { first, switchMap, take, tap } from 'rxjs';
import { createClient, logTo } from '../../lib/index.js';
import { portTransport } from './portTransport.js';

// In a browser: worker.postMessage(port, [port]).
const server = portTransport((port) => parentPort!.postMessage(port, [port as unknown as NodePort]));
const client = createClient({ server });
client.events$.subscribe(logTo(console));

const greeting$ = client.topic$('greetings/+name', { qos: 1 }).pipe(
  take(1),
  tap((message) => console.log(`${message.params.name} says ${message.text()}`)),
);
greeting$.subscribe(() => client.end().subscribe({ complete: () => parentPort!.close() }));
client.subscriptions$
  .pipe(
    first((all) => all.get('greetings/+')?.state === 'granted'),
    switchMap(() => client.publish('greetings/worker', 'hello', { qos: 1 })),
  )
  .subscribe();
