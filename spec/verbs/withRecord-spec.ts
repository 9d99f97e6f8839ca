import { expect } from 'chai';
import { NEVER, defer, of, throwError } from 'rxjs';
import { withRecord } from '../../lib/index.js';
import { watch } from '../support/watch.js';

describe('withRecord', () => {
  const done = new Set<string>();
  const record = {
    has: (key: string) => done.has(key),
    add: (key: string) => defer(() => of(done.add(key))),
  };
  beforeEach(() => done.clear());

  it('should do the work once for each key, and emit nothing when it was done before', () => {
    const worked: string[] = [];
    const work = withRecord(record, (text: string) => text, (text) => of(worked.push(text))); // prettier-ignore
    const results = ['a', 'b', 'a'].map((text) => watch(work(text)));
    expect(worked).to.deep.equal(['a', 'b']);
    expect(results.map(({ values, completed }) => [values, completed])).to.deep.equal([[[1], true], [[2], true], [[], true]]); // prettier-ignore
  });

  it('should note nothing when the work failed, or is not done', () => {
    const failing = withRecord(record, (text: string) => text, () => throwError(() => new Error('no'))); // prettier-ignore
    expect(watch(failing('a')).error).to.have.property('message', 'no');
    const unfinished = watch(withRecord(record, String, () => NEVER)('a'));
    unfinished.unsubscribe();
    expect([...done]).to.deep.equal([]);
  });

  it('should not be done before it is noted', () => {
    const work = withRecord({ has: () => false, add: () => NEVER }, String, () => of(1))('a');
    const { values, ends } = watch(work);
    expect([values, ends]).to.deep.equal([[1], 0]);
  });

  it('should ask a record that answers later, and do without add', async () => {
    const asked = withRecord({ has: (key) => Promise.resolve(key === 'a') }, String, (key) => of(key));
    const [known, unknown] = [watch(asked('a')), watch(asked('b'))];
    await Promise.resolve();
    await Promise.resolve();
    expect([known.values, known.completed, unknown.values, unknown.completed]).to.deep.equal([[], true, ['b'], true]);
  });

  it('should err when the record does', () => {
    const throwing = {
      has: () => {
        throw new Error('of the record');
      },
    };
    expect(watch(withRecord(throwing, String, () => of(1))('a')).error).to.have.property('message', 'of the record');
  });
});
