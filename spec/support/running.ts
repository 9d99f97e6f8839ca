import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** How a program ended, and what it said. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** All that it has said on standard output so far. */
  readonly stdout: () => string;
  /** Resolves with the match when that matches standard output. Rejects when the program ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ending>;
}

/** Where a program runs. */
export interface Surroundings {
  /** The folder that it runs in. Default: that of this process. */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program in a process of its own. */
export function running(command: string, args: readonly string[], { cwd, env }: Surroundings = {}): Running {
  const child = spawn(command, args, { ...(cwd === undefined ? {} : { cwd }), env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const look of waiting) look();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // it need not read
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      child.stdin.destroy();
      resolve({ code, stdout, stderr });
    });
  });
  return {
    child,
    stdout: () => stdout,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout);
          if (!match) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        void ended.then(() => reject(new Error(`it ended before it said ${pattern}:\n${stdout}${stderr}`)));
        look();
      }),
    ended,
  };
}
