import { join } from 'node:path';
import { type Ending, running } from './running.js';

const ROOT = join(import.meta.dirname, '../..');

/** The demo, serving its page, in a process of its own. */
export interface LiveDemo {
  readonly address: string;
  /** Presses Ctrl-C. Resolves when it has ended. */
  stop(): Promise<Ending>;
}

/** Starts the demo. Resolves when it has said where it is. */
export async function liveDemo(...args: string[]): Promise<LiveDemo> {
  const demo = running(process.execPath, ['--import', 'tsx', 'examples/demo.ts', ...args], { cwd: ROOT });
  const [, address = ''] = await demo.says(/The demo is at (\S+)\n/);
  return {
    address,
    stop() {
      demo.child.kill('SIGINT');
      return demo.ended;
    },
  };
}
