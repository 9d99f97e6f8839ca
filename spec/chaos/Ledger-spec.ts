import { expect } from 'chai';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../chaos/Ledger.js';

describe('the ledger of the chaos run', () => {
  let folder: string;
  let path: string;
  const open: Ledger[] = [];
  const ledger = () => {
    const one = new Ledger(path);
    open.push(one);
    return one;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tortoise-'));
    path = join(folder, 'consumer', 'ledger');
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('should know what it was told, and what an earlier process was', () => {
    ledger().add(2, 1);
    const next = ledger();
    expect([next.done[2].has(1), next.done[1].has(1), next.done[2].has(2)]).to.deep.equal([true, false, false]);
    next.add(1, 1);
    expect(next.done[1].has(1)).to.equal(true);
  });

  it('should tell what was done twice, and what was recognised', () => {
    const one = ledger();
    for (const n of [1, 2, 2, 3]) one.add(2, n);
    one.recognise(3);
    const judge = ledger();
    expect(judge.done[2].state).to.deep.equal({ next: 4, missing: [], duplicated: 1, reordered: 0 });
    expect(judge.recognised).to.equal(1);
  });

  it('should read on what another process adds, each line once', () => {
    const judge = ledger();
    const one = ledger();
    for (const n of [1, 2, 3]) {
      one.add(1, n);
      judge.read();
    }
    judge.read();
    expect(judge.done[1].state).to.deep.equal({ next: 4, missing: [], duplicated: 0, reordered: 0 });
  });

  it('should have lines that lie in one page each', () => {
    const one = ledger();
    one.add(1, 1);
    one.add(2, 1_234);
    expect(
      readFileSync(path, 'latin1')
        .split('\n')
        .slice(0, -1)
        .map(({ length }) => length),
    ).to.deep.equal([15, 15]);
  });

  it('should not read what is none of its lines', () => {
    ledger();
    appendFileSync(path, 'something else.\n');
    expect(() => ledger()).to.throw('a line of the ledger is torn: "something"');
  });
});
