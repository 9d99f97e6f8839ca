import type { OpenedStore, SessionStore, StoreChange } from '../session/SessionStore.js';

/** One demand on a session store: `run` rejects with an `Error` that says what the store did wrong. */
export interface StoreCase {
  /** As in `it('should …')`. */
  readonly title: string;
  /** Tries it. Rejects with what is wrong. */
  readonly run: () => Promise<void>;
}

/** How to come by the store that is tested. */
export interface StoreUnderTest {
  /** Makes a store with nothing in it. Called once for each case. */
  create(): SessionStore | Promise<SessionStore>;
  /**
   * Makes another store of what is behind the last one, as a process would that is started when the first one has died.
   * Without it nothing is tested about that.
   */
  restart?(): SessionStore | Promise<SessionStore>;
}

type Records = Record<string, readonly number[]>;

const put = (key: string, ...bytes: number[]): StoreChange => ({ type: 'put', key, value: Uint8Array.from(bytes) });
const del = (key: string): StoreChange => ({ type: 'del', key });

/** Client identifiers that a store must tell apart, and not stumble over. */
const CLIENT_IDS = [
  'a',
  'A',
  'a/',
  'a/b',
  'a!b',
  '/a',
  '../a',
  'a%2Fb',
  ' a',
  'ä',
  '温度',
  '😀',
  '__proto__',
  'x'.repeat(300),
];

/**
 * What every session store must do, for any test runner.
 *
 * @example
 * describe('fileStore', () => {
 *   for (const { title, run } of storeConformance({ create: () => fileStore(newFolder()) })) it(title, run);
 * });
 */
export function storeConformance(underTest: StoreUnderTest): readonly StoreCase[] {
  const cases: StoreCase[] = [];
  const should = (what: string, test: (store: SessionStore) => Promise<void>) => {
    cases.push({ title: `should ${what}`, run: async () => test(await underTest.create()) });
  };

  should('hold nothing at first', async (store) => {
    await holds(store, 'a', {});
  });

  should('hold what was written, byte for byte', async (store) => {
    const all = Array.from({ length: 256 }, (_, byte) => byte);
    await using(store, 'a', (opened) => opened.write([put('m1', ...all), put('m2'), put('f', 0)]));
    await holds(store, 'a', { m1: all, m2: [], f: [0] });
  });

  should('let a later change of a key win, in one batch and in the next', async (store) => {
    await using(store, 'a', async (opened) => {
      await opened.write([put('m1', 1), del('m1'), put('m1', 2), put('m2', 1), del('m2')]);
      await opened.write([put('m1', 3), put('m3', 1)]);
      await opened.write([del('m3')]);
    });
    await holds(store, 'a', { m1: [3] });
  });

  should('delete a key that is not there, and write no change at all, without ado', async (store) => {
    await using(store, 'a', async (opened) => {
      await opened.write([del('m1')]);
      await opened.write([]);
    });
    await holds(store, 'a', {});
  });

  should('hold a thousand records and one of a megabyte', async (store) => {
    const many = Array.from({ length: 1_000 }, (_, i) => put(`m${1e15 + i}`, i & 255));
    const large = new Uint8Array(1_048_576).fill(7);
    await using(store, 'a', (opened) => opened.write([...many, { type: 'put', key: 'x', value: large }]));
    await using(store, 'a', async (opened) => {
      const records = await read(opened);
      same('the number of records', Object.keys(records).length, 1_001);
      same('the large one', records['x']?.length, large.length);
      await opened.write(many.map(({ key }) => del(key)));
    });
    await using(store, 'a', async (opened) => same('what is left', Object.keys(await read(opened)), ['x']));
  });

  should('keep the records of client identifiers apart, whatever they are made of', async (store) => {
    for (const [i, clientId] of CLIENT_IDS.entries()) {
      await using(store, clientId, (opened) => opened.write([put('m1', i), put(`m2${i}`)]));
    }
    for (const [i, clientId] of CLIENT_IDS.entries()) await holds(store, clientId, { m1: [i], [`m2${i}`]: [] });
  });

  should('have the records of several client identifiers open at once', async (store) => {
    await using(store, 'a', (a) =>
      using(store, 'b', async (b) => {
        await Promise.all([a.write([put('m1', 1)]), b.write([put('m1', 2)])]);
      }),
    );
    await holds(store, 'a', { m1: [1] });
    await holds(store, 'b', { m1: [2] });
  });

  should('refuse to open what is open, with an Error, until it is closed', async (store) => {
    await using(store, 'a', async () => {
      const second = await store.open('a').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(second instanceof Error))
        throw new Error('expected open to reject with an Error while the records are open');
    });
    await holds(store, 'a', {});
  });

  should('be opened and closed many times', async (store) => {
    for (let i = 0; i < 20; i++) await using(store, 'a', (opened) => opened.write([put('m1', i)]));
    await holds(store, 'a', { m1: [19] });
  });

  if (underTest.restart) {
    should('hold what was written when the process dies, without a close', async (store) => {
      const opened = await store.open('a');
      await read(opened);
      await opened.write([put('m1', 1), put('m2', 2)]);
      await opened.write([del('m1')]);
      await holds(await underTest.restart!(), 'a', { m2: [2] });
    });
  }
  return cases;
}

async function using<T>(store: SessionStore, clientId: string, use: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const opened = await store.open(clientId);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

async function read(opened: OpenedStore): Promise<Record<string, Uint8Array>> {
  const records = new Map<string, Uint8Array>();
  for await (const [key, value] of opened.entries()) {
    if (records.has(key)) throw new Error(`expected each key once, got ${key} twice`);
    if (!(value instanceof Uint8Array)) throw new Error(`expected a Uint8Array for ${key}, got ${typeof value}`);
    records.set(key, value);
  }
  return Object.fromEntries(records);
}

function holds(store: SessionStore, clientId: string, expected: Records): Promise<void> {
  return using(store, clientId, async (opened) =>
    same(`the records of ${clientId}`, sorted(await read(opened)), sorted(expected)),
  );
}

function sorted(
  records: Readonly<Record<string, Iterable<number>>>,
): readonly (readonly [string, readonly number[]])[] {
  return Object.entries(records)
    .map(([key, bytes]) => [key, [...bytes]] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [is, must] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== must) throw new Error(`expected ${what} to be ${must}, got ${is}`);
}
