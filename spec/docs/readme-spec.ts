import { expect } from 'chai';
import { textOf } from './pages.js';

const README = textOf('README.md');

/** The rows of a page's tables, by what their first cell says. */
function rowsOf(text: string): Map<string, readonly string[]> {
  const rows = [...text.matchAll(/^\| (?!-)(.*) \|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
  return new Map(rows.map(([first = '', ...others]) => [first, others]));
}

describe('README.md', () => {
  const rows = rowsOf(README);

  it('should be read in a few minutes: less than 200 lines', () =>
    expect(README.split('\n')).to.have.length.below(200));

  it('should guarantee what docs/guarantees.md does, word for word', () => {
    const guaranteed = rowsOf(textOf('docs/guarantees.md'));
    const start = README.indexOf('## What is guaranteed');
    const here = rowsOf(README.slice(start, README.indexOf('\n## ', start + 1)));
    for (const [event, promises] of here) expect(promises, event).to.deep.equal(guaranteed.get(event));
    expect(here.size).to.be.at.least(10);
  });

  it('should say as little CPU as docs/performance.json does', () => {
    const { rows: measured } = JSON.parse(textOf('docs/performance.json')) as Measured;
    const said = (start: string) => [...rows].find(([first]) => first.startsWith(start))![1];
    for (const [start, workload] of [
      ['CPU for a publish at QoS 1', 'pub1-1000'],
      ['CPU for a message received at QoS 1', 'sub1'],
    ] as const) {
      const { results } = measured.find((row) => row.workload === workload)!;
      const figures = [results['tortoise-rx']!.cpu, results['mqttjs']!.cpu];
      const digits = (cell: string) => /\.(\d*)/.exec(cell)?.[1]?.length ?? 0;
      const expected = said(start).map((cell, i) => `${figures[i]!.toFixed(digits(cell))} µs`);
      expect(said(start), start).to.deep.equal(expected);
    }
  });
});

interface Measured {
  readonly rows: readonly {
    readonly workload: string;
    readonly results: Readonly<Record<string, { readonly cpu: number }>>;
  }[];
}
