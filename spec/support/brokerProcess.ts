import { type ChildProcess, spawn } from 'node:child_process';
import type { Broker } from './Broker.js';

/** How a broker is run. */
export interface BrokerProcessOptions {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks WebSocket. Default `false`. */
  readonly webSocket?: boolean | undefined;
  readonly command: string;
  readonly args: readonly string[];
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The line by which the process says that it accepts connections. */
  readonly ready: string;
  /** What to do when the command is not there. */
  readonly install: string;
  /** Removes the files of the process. */
  readonly cleanUp: () => Promise<void>;
}

/** A broker's process, with what the brokers themselves have to add. */
export interface BrokerProcess extends Broker {
  /** Sends a signal to the process. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process says this, from now on. */
  says(text: string): Promise<void>;
}

/** Runs a broker. Resolves when it accepts connections; rejects, with all that it said, when it ends before that. */
export async function brokerProcess(options: BrokerProcessOptions): Promise<BrokerProcess> {
  const { host, port } = options;
  let child: ChildProcess | undefined;
  let output = '';
  let closed: Promise<unknown> = Promise.resolve();
  let stopped = false;

  /** Resolves when the output has `text` in it, somewhere behind `from`. */
  const said = (process: ChildProcess, text: string, from: number) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!output.includes(text, from)) return;
        stopLooking();
        resolve();
      };
      const fail = (cause?: unknown) => {
        stopLooking();
        const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
        const why = isMissing ? `${options.command} is missing: ${options.install}` : `it ended before "${text}"`;
        reject(new Error(`${why}\n${output.slice(from)}`, { cause }));
      };
      const onClose = () => fail();
      const stopLooking = () => {
        process.off('error', fail).off('close', onClose);
        process.stdout!.off('data', look);
        process.stderr!.off('data', look);
      };
      process.once('error', fail).once('close', onClose);
      process.stdout!.on('data', look);
      process.stderr!.on('data', look);
      look();
    });

  const start = async () => {
    if (stopped) throw new Error('the broker was stopped, and its spec went on');
    const from = output.length;
    const env = { ...process.env, ...options.env };
    const started = (child = spawn(options.command, options.args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    const note = (chunk: Buffer) => (output += chunk.toString());
    started.stdout.on('data', note);
    started.stderr.on('data', note);
    const killToo = () => started.kill('SIGKILL'); // should this process end before its specs do
    process.once('exit', killToo);
    // Not `once(started, 'close')`: that rejects when the command is missing, and 'close' comes then as well.
    closed = new Promise<void>((resolve) => started.once('close', () => resolve()));
    void closed.then(() => process.off('exit', killToo));
    await said(started, options.ready, from);
  };

  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child?.kill(signal);
    await closed;
    child = undefined;
  };

  const broker: BrokerProcess = {
    port,
    url: `${options.webSocket ? 'ws' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    get output() {
      return output;
    },
    kill,
    signal: (signal) => void child?.kill(signal),
    says: (text) => said(child!, text, output.length),
    async restart() {
      await kill();
      await start();
    },
    async stop() {
      stopped = true;
      await kill();
      await options.cleanUp();
    },
  };

  try {
    await start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}
