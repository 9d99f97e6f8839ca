// A transport of one's own: the MQTT client lives in a worker that opens no connections, and speaks through message
// ports to the main thread, which does. A worker or an iframe in a browser is the same, with `webSocket` for `tcp`.
//
//   npx tsx examples/messagePort/main.ts [port of a broker on this machine]
import { Worker } from 'node:worker_threads';
import { tcp } from '../../lib/index.js';
import { bridge } from './bridge.js';

const transport = tcp({ host: 'localhost', port: Number(process.argv[2] ?? 1883) });
const worker = new Worker(new URL('worker.mjs', import.meta.url));

worker.on('message', (port: MessagePort) => bridge(port, transport)); // once for each connection attempt
