// The demo in the browser: serves the page, and plays the broker and the bad network behind it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Observable, Subject, catchError, defer, finalize, merge, switchMap, takeUntil } from 'rxjs';
import { type DemoArguments, PORT } from '../../house/arguments.js';
import { brokerFor, interrupt$, playInText } from '../../house/demo.js';
import { BrokerSwitch } from './BrokerSwitch.js';
import { bundle } from './bundle.js';
import { type Hosting, serve } from './serve.js';

/** Serves the page until Ctrl-C, or writes it into a folder. Where there is no way to serve it, plays in text. */
export async function playLive(demo: DemoArguments): Promise<void> {
  if (demo.folder !== undefined) return write(demo.folder);
  const { url, protocol: protocolVersion, port } = demo;
  const files = await bundle('live.ts').catch((error: unknown) => playInstead(demo, error));
  if (!files) return;

  const trouble$ = new Subject<never>();
  const broker = new BrokerSwitch(brokerFor(url), (error) => trouble$.error(error));
  const place = url
    ? `over WebSocket and a bad network, to the broker at ${url.host}`
    : 'over WebSocket and a bad network, to a broker in a process of its own';
  let address: string | undefined;
  merge(
    trouble$,
    defer(() => broker.start()).pipe(
      switchMap(() =>
        serveSomewhere({ files, broker, place, protocolVersion, port: port ?? PORT }, port !== undefined),
      ),
    ),
  )
    .pipe(
      takeUntil(interrupt$),
      finalize(() => broker.kill()),
    )
    .subscribe({
      next: (served) => {
        address = served;
        process.stdout.write(`\n  The demo is at ${served}\n  Ctrl-C ends it.\n\n`);
      },
      error: (error: NodeJS.ErrnoException) => {
        if (error.syscall === 'listen' && port === undefined && !address) return playInstead(demo, error);
        process.stderr.write(`gave up: ${error.message}\n`);
        process.exitCode = 1;
      },
    });
}

/** Serves on the port, or on any if it is taken and nobody insists on it. */
function serveSomewhere(hosting: Hosting, isPortWanted: boolean): Observable<string> {
  return serve(hosting).pipe(
    catchError((error: NodeJS.ErrnoException) => {
      if (isPortWanted || error.code !== 'EADDRINUSE') throw error;
      return serve({ ...hosting, port: 0 });
    }),
  );
}

function playInstead(demo: DemoArguments, error: unknown): undefined {
  const why = error instanceof Error ? error.message : String(error);
  process.stdout.write(`The page cannot be served (${why}): this is the demo in text.\n\n`);
  playInText(demo);
  return undefined;
}

/** Writes the page that needs no server. */
async function write(folder: string): Promise<void> {
  const files = await bundle('static.ts', true);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  process.stdout.write(`${[...files.keys()].map((name) => join(folder, name)).join('\n')}\n`);
}
