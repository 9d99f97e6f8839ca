// `npm start`: a broker, a house that lives at it, and `ng serve`. What follows `--` goes to `ng serve`.
import { spawn } from 'node:child_process';
import { createClient } from 'tortoise-rx';
import { runBroker } from './broker.ts';
import { HOUSE, house$ } from './house.ts';

/** Where `proxy.json` and `server.ts` look for the broker. */
const PORT = 9001;

await runBroker(PORT).catch((error: unknown) => {
  console.error(`There can be no broker at port ${PORT}: something else may listen there.`, error);
  process.exit(1);
});
house$(createClient(`ws://127.0.0.1:${PORT}`, HOUSE)).subscribe();
console.log(`A house of six rooms at ws://127.0.0.1:${PORT}. Log in as ada, with the password lovelace.`);

const ng = spawn('ng', ['serve', ...process.argv.slice(2)], { stdio: 'inherit', shell: process.platform === 'win32' });
ng.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ng.kill(signal));
