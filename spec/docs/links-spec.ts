import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Link, anchorsOf, links } from './links.js';
import { ROOT } from './pages.js';

describe('the links of the README and of the guides', () => {
  const all = links();
  const inner = all.filter(({ to }) => !/^\w+:/.test(to));
  const said = ({ page, to }: Link) => `${page} → ${to}`;

  it('should lead to files and headings that exist', () => {
    expect(inner.filter((link) => !leadsSomewhere(link)).map(said)).to.deep.equal([]);
    expect(inner).to.have.length.at.least(60);
  });

  it('should be addresses of the web otherwise, encrypted', () => {
    const outer = all.filter((link) => !inner.includes(link));
    expect(outer.filter(({ to }) => !/^https:\/\/\w[\w.-]*\.\w+(\/|$)/.test(to) || !URL.canParse(to)).map(said)).to.be
      .empty;
  });

  it('should lead from the README to each guide, on the way of at most two links', () => {
    const from = (page: string) =>
      inner
        .filter((link) => link.page === page)
        .map(({ to }) => posix.join(posix.dirname(page), to.replace(/#.*/, '')));
    const near = new Set(from('README.md').flatMap((page) => [page, ...from(page)]));
    const guides = new Set(
      all.map(({ page }) => page).filter((page) => page.startsWith('docs/') && page !== 'docs/index.md'),
    );
    expect([...guides].filter((page) => !near.has(page))).to.deep.equal([]);
  });
});

function leadsSomewhere({ page, to }: Link): boolean {
  const [path = '', anchor] = to.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path));
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || (target.endsWith('.md') && anchorsOf(target).has(anchor));
}
