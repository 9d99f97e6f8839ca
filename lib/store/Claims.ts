/** Which client identifiers have their records open: each at most once. */
export class Claims {
  private readonly held = new Set<string>();

  /**
   * Claims the records of a client identifier.
   * @param lock has all processes that can reach the records agree, too
   * @returns what lets go of them
   * @throws {Error} another client has them open
   */
  async claim(clientId: string, lock?: () => Promise<(() => void) | undefined>): Promise<() => void> {
    const inUse = (where: string) =>
      new Error(`the session of client identifier ${JSON.stringify(clientId)} is in use by another client ${where}`);
    if (this.held.has(clientId)) throw inUse('of this process; end() that one first');
    this.held.add(clientId);
    try {
      const unlock = lock && (await lock());
      if (lock && !unlock) throw inUse('in another tab, worker or process');
      return () => {
        if (this.held.delete(clientId)) unlock?.();
      };
    } catch (error) {
      this.held.delete(clientId);
      throw error;
    }
  }
}
