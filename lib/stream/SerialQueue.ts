/**
 * Runs one task after the other: a task that comes while another runs, because user code was called back in the middle of
 * it, waits until that is over. So state is never seen half changed, and order is kept.
 *
 * A task that throws costs only itself. Tasks that wait run all the same, and the first error is thrown afterwards.
 */
export class SerialQueue {
  private waiting: (() => void)[] | undefined;
  private busy = false;

  /** Runs a task now, or after those before it. */
  run(task: () => void): void {
    if (this.begin()) this.drain((this.waiting = [task]));
    else this.later(task);
  }

  /**
   * For a caller that needs no closure: `true` if nothing runs. The caller then runs its task and must call `end`;
   * otherwise it hands its task to `later`.
   */
  begin(): boolean {
    if (this.busy) return false;
    this.busy = true;
    return true;
  }

  /** Runs a task when those before it are over. */
  later(task: () => void): void {
    if (this.waiting) this.waiting.push(task);
    else this.waiting = [task]; // mostly it is the only one
  }

  /** Ends what `begin` began: runs what came meanwhile. */
  end(): void {
    if (this.waiting) this.drain(this.waiting);
    this.busy = false;
  }

  /** The list grows while it is walked: what comes meanwhile is last. */
  private drain(waiting: (() => void)[]): void {
    let errors: unknown[] | undefined;
    for (let i = 0; i < waiting.length; i++) {
      try {
        waiting[i]!();
      } catch (error) {
        (errors ??= []).push(error);
      }
    }
    this.waiting = undefined;
    this.busy = false;
    if (errors) throw errors[0];
  }
}
