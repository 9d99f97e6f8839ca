import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The demo, serving its page, in a process of its own. */
export interface LiveDemo {
  readonly address: string;
  /** Presses Ctrl-C. Resolves with the exit code and what it said. */
  stop(): Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Starts the demo. Resolves when it has said where it is. */
export async function liveDemo(...args: string[]): Promise<LiveDemo> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const closed = once(child, 'close') as Promise<[number | null]>;
  const address = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const [, said] = /The demo is at (\S+)/.exec(output) ?? [];
        if (said !== undefined) resolve(said);
      });
    }
    void closed.then(([code]) => reject(new Error(`the demo ended (${String(code)}): ${output}`)));
  });
  return {
    address: await address,
    async stop() {
      child.kill('SIGINT');
      const [code] = await closed;
      return { code, output };
    },
  };
}
