import { expect } from 'chai';
import { anchorsOf } from './links.js';
import { PAGES, textOf } from './pages.js';

interface Part {
  readonly items: readonly { readonly page: string }[];
}

describe('the sidebar of the documentation site', () => {
  const pages = (JSON.parse(textOf('docs/.vitepress/guides.json')) as Part[]).flatMap(({ items }) =>
    items.map(({ page }) => page),
  );

  it('should list each guide once', () => {
    const guides = PAGES.filter((page) => page !== 'README.md' && page !== 'docs/index.md');
    expect(pages.filter((page) => !page.includes('#')).map((page) => `docs/${page}.md`)).to.have.members(guides);
  });

  it('should lead to headings that exist', () => {
    const headings = pages.filter((page) => page.includes('#')).map((page) => page.split('#'));
    for (const [page, heading = ''] of headings) expect(anchorsOf(`docs/${page}.md`).has(heading), page).to.equal(true);
  });
});
