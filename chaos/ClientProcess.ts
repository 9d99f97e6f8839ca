import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Report, Task } from './protocol.js';

/** A client in a process of its own, which can be killed and started again. */
export class ClientProcess {
  kills = 0;
  /** Connections that the broker has accepted. */
  connections = 0;
  /** The most milliseconds from the loss of a connection, or the death of the process, to the next connection. */
  slowest = 0;
  readonly faults: string[] = [];
  private child: ChildProcess | undefined;
  private generation = 0;
  private lostAt: number | undefined;
  private online = false;
  private expectsEnd = false;
  private stderr = '';
  private left: number | undefined;

  constructor(
    private readonly name: string,
    private readonly program: string,
    private readonly task: Task,
    private readonly hears: (report: Report) => void,
  ) {}

  get isOnline(): boolean {
    return this.online;
  }

  start(): void {
    const { folder, seed } = this.task;
    mkdirSync(folder, { recursive: true });
    const task: Task = { ...this.task, seed: `${seed}/${this.name}/${++this.generation}` };
    const child = fork(this.program, [JSON.stringify(task)], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.child = child;
    this.expectsEnd = false;
    this.stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => (this.stderr = (this.stderr + chunk.toString()).slice(-2_000)));
    child.on('message', (report) => this.told(report as Report));
    child.once('close', (code, signal) => {
      if (!this.expectsEnd) this.faults.push(`${this.name} ended by itself (${code ?? signal}): ${this.stderr}`);
      else if (this.stderr !== '') this.faults.push(`${this.name} complained: ${this.stderr}`);
    });
  }

  /** Resolves when it is dead. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.kills++;
    this.expectsEnd = true;
    this.lostAt ??= Date.now();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    this.child = undefined;
    this.online = false;
  }

  /** Asks it to finish. @returns the number of records that remain in its store; `undefined` if it did not end in time */
  async finish(patience: number): Promise<number | undefined> {
    const { child } = this;
    if (!child) return undefined;
    this.expectsEnd = true;
    const deadline = setTimeout(() => child.kill('SIGKILL'), patience);
    child.send('finish');
    await once(child, 'close');
    clearTimeout(deadline);
    this.child = undefined;
    return this.left;
  }

  /** Kills it, if it still is there. */
  async stop(): Promise<void> {
    if (this.child) await this.kill();
  }

  private told(report: Report): void {
    switch (report.type) {
      case 'online':
        if (!report.sessionPresent && this.connections > 0)
          this.faults.push(`the broker has forgotten the ${this.name}`);
        this.connections++;
        this.online = true;
        if (this.lostAt !== undefined) this.slowest = Math.max(this.slowest, Date.now() - this.lostAt);
        this.lostAt = undefined;
        break;
      case 'offline':
        this.online = false;
        this.lostAt ??= Date.now();
        break;
      case 'fault':
        this.faults.push(report.what);
        break;
      case 'done':
        this.left = report.left;
        break;
      case 'ready':
      case 'suspected':
      case 'published':
      case 'received':
      case 'consumed':
        break;
    }
    this.hears(report);
  }
}
