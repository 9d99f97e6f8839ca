import { turn } from './turn.js';

/** File operations (modules loaded late, the reporter's output) come and go by themselves; nobody has to close them. */
const IGNORED: ReadonlySet<string> = new Set(['FSReqCallback', 'FSReqPromise', 'Immediate']);

/** Milliseconds that a socket which is closing has to close, and that a timer has which is about to fire. */
const GRACE = { socket: 1_000, timer: 20 };

const now = performance.now.bind(performance); // kept from a spec's fake timers
const rejections = new Set<unknown>(); // a set, for mocha's own listener emits the event once more
let before = new Map<string, number>();

// Mocha fails what is running for an uncaught error, but lets an unhandled rejection pass in silence.
process.on('unhandledRejection', (reason) => rejections.add(reason));
process.stderr; // its handle is made at the first access, which must not look like a leak of the spec that does it

/**
 * Root hooks that compare what keeps the process alive before and after each spec. A timer, socket, server or child
 * process left behind fails the spec's "after each" hook by name, and so does a promise whose rejection nobody handled.
 */
export const mochaHooks = {
  async beforeEach(): Promise<void> {
    await turn(); // mocha's own timer for this hook is running from here on, as it is when the hook below looks
    before = resources();
  },

  async afterEach(): Promise<void> {
    await turn();
    const started = now();
    let left = leftovers();
    while (left.length > 0 && now() - started < (left.every(isTimer) ? GRACE.timer : GRACE.socket)) {
      await turn();
      left = leftovers();
    }
    const unhandled = [...rejections].map(String);
    rejections.clear();
    if (unhandled.length > 0) throw new Error(`unhandled rejection: ${unhandled.join(', ')}`);
    if (left.length > 0) throw new Error(`left behind by the spec: ${left.join(', ')}`);
  },
};

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leftovers(): string[] {
  const left: string[] = [];
  for (const [kind, count] of resources()) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0 && !IGNORED.has(kind)) left.push(more === 1 ? kind : `${more} × ${kind}`);
  }
  return left;
}

function isTimer(kind: string): boolean {
  return kind.endsWith('Timeout');
}
