import { setTimeout as sleep } from 'node:timers/promises';
import { type SessionStore, sessionStore } from '../lib/store.js';
import type { Random } from './Random.js';

/** The share of writes that take longer, and the most milliseconds that they do. */
const SLOW = 0.5;
const DELAY = 60;

/** A store on a disk that is slow at times: so that processes die while a write is under way, too. */
export function slowed(store: SessionStore, random: Random): SessionStore {
  return sessionStore(async (clientId) => {
    const opened = await store.open(clientId);
    return {
      entries: () => opened.entries(),
      write: async (changes) => {
        if (random.chance(SLOW)) await sleep(random.between(1, DELAY));
        await opened.write(changes);
      },
      close: () => opened.close(),
    };
  });
}
