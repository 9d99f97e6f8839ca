import { expect } from 'chai';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { levelStore } from '../../lib/store/levelStore.js';
import { memoryStore } from '../../lib/store/memoryStore.js';
import { sessionStore } from '../../lib/store/sessionStore.js';
import type { SessionStore, StoreChange } from '../../lib/session/SessionStore.js';
import { type StoreUnderTest, storeConformance } from '../../lib/testing/storeConformance.js';

function conforms(underTest: StoreUnderTest): void {
  for (const { title, run } of storeConformance(underTest)) it(title, run);
}

describe('memoryStore', () => {
  conforms({ create: memoryStore });
});

describe('levelStore', () => {
  describe('over memory-level', () => {
    let db: MemoryLevel;
    afterEach(() => db.close());

    conforms({ create: () => levelStore((db = new MemoryLevel())) });

    it('should leave the rest of the database alone', async () => {
      db = new MemoryLevel();
      await db.put('tortoise-rx', 'mine');
      await db.put('tortoise-rx/', 'mine too');
      const opened = await levelStore(db).open('a');
      for await (const [key] of opened.entries()) expect(key).to.equal(undefined);
      await opened.write([{ type: 'put', key: 'm1', value: Uint8Array.of(1) }]);
      await opened.close();
      expect(await db.keys().all()).to.deep.equal(['tortoise-rx', 'tortoise-rx/', 'tortoise-rx/a/m1']);
    });

    it('should let one session be open once, whichever store of the database it is opened by', async () => {
      db = new MemoryLevel();
      const opened = await levelStore(db).open('a');
      const refused = await levelStore(db)
        .open('a')
        .catch((error: unknown) => error);
      expect(String(refused)).to.match(/client identifier "a" is in use by another client of this process/);
      await opened.close();
    });

    describe('where there are Web Locks', () => {
      const NAMES = ['navigator', 'indexedDB'] as const;
      const before = NAMES.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
      const set = (name: string, value: unknown) =>
        Object.defineProperty(globalThis, name, { value, configurable: true });

      beforeEach(() => {
        const held = new Set<string>();
        const locks = {
          request: async (name: string, _options: unknown, act: (lock: unknown) => Promise<void> | undefined) => {
            if (held.has(name)) return act(null);
            held.add(name);
            await act({});
            held.delete(name);
          },
        };
        set('navigator', { locks });
      });
      afterEach(() => {
        for (const [i, name] of NAMES.entries()) {
          if (before[i]) Object.defineProperty(globalThis, name, before[i]);
          else Reflect.deleteProperty(globalThis, name);
        }
      });

      const called = () => Object.assign(new MemoryLevel(), { location: 'sessions' });

      it('should refuse what another tab has open in IndexedDB', async () => {
        set('indexedDB', {});
        const opened = await levelStore((db = called())).open('a');
        const otherTab = called();
        const refused = await levelStore(otherTab)
          .open('a')
          .catch((error: unknown) => error);
        expect(String(refused)).to.match(/in use by another client in another tab/);
        await opened.close();
        await Promise.resolve();
        await (await levelStore(otherTab).open('a')).close();
      });

      it('should leave it to other databases to lock themselves', async () => {
        await levelStore((db = called())).open('a'); // closed without a word to the store
        await (await levelStore(called()).open('a')).close();
      });
    });
  });

  describe('over classic-level', () => {
    let folder: string;
    let db: ClassicLevel;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tortoise-'))));
    afterEach(async () => {
      await db.close();
      rmSync(folder, { recursive: true });
    });

    conforms({
      create: () => levelStore((db = new ClassicLevel(folder))),
      // What is written is with the operating system; closing adds nothing to that, but lets go of the lock.
      restart: async () => {
        await db.close();
        return levelStore((db = new ClassicLevel(folder)));
      },
    });

    it('should say so when another process has the database open', async () => {
      db = new ClassicLevel(folder);
      await db.open();
      const script = `
        import { ClassicLevel } from 'classic-level';
        import { levelStore } from './lib/store/levelStore.js';
        levelStore(new ClassicLevel(${JSON.stringify(folder)})).open('a').catch((error) => console.log(String(error)));`;
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, '../..') });
      expect(stdout.trim()).to.equal('Error: another process has the database open');
    });
  });
});

describe('storeConformance', () => {
  /** A store that is right but for what is done to it. */
  const broken = (spoil: {
    write?: (changes: readonly StoreChange[]) => readonly StoreChange[];
    open?: (clientId: string) => string;
    isShared?: boolean;
    entry?: (key: string, value: Uint8Array) => readonly [string, Uint8Array];
  }) => {
    const store = memoryStore();
    const shared = new Map<string, ReturnType<typeof store.open>>();
    return sessionStore(async (clientId) => {
      const id = spoil.open?.(clientId) ?? clientId;
      const opening = (spoil.isShared ? shared.get(id) : undefined) ?? store.open(id);
      shared.set(id, opening);
      const opened = await opening;
      return {
        async *entries() {
          for await (const [key, value] of opened.entries()) yield spoil.entry?.(key, value) ?? [key, value];
        },
        write: (changes) => opened.write(spoil.write?.(changes) ?? changes),
        close: () => (spoil.isShared ? Promise.resolve() : opened.close()),
      };
    });
  };
  const failures = async (create: () => SessionStore, restart?: () => SessionStore) => {
    const failed: string[] = [];
    for (const { title, run } of storeConformance(restart ? { create, restart } : { create })) {
      await run().catch(() => failed.push(title));
    }
    return failed.join('\n');
  };

  it('should find what is wrong with a store', async function () {
    this.timeout(30_000);
    expect(await failures(() => broken({}))).to.equal('');
    expect(await failures(() => broken({ write: (all) => all.filter(({ type }) => type === 'put') }))).to.contain(
      'later',
    );
    expect(await failures(() => broken({ write: (all) => [...all].reverse() }))).to.contain('later');
    expect(await failures(() => broken({ write: (all) => all.slice(0, 500) }))).to.contain('thousand');
    expect(await failures(() => broken({ open: (id) => id.toLowerCase() }))).to.contain('apart');
    expect(await failures(() => broken({ isShared: true }))).to.contain('refuse to open what is open');
    expect(await failures(() => broken({ entry: (key, value) => [key, value.slice(0, 200)] }))).to.contain(
      'byte for byte',
    );
  });

  it('should find that a store forgets with its process', async () => {
    expect(await failures(memoryStore, memoryStore)).to.contain('when the process dies');
  });
});
