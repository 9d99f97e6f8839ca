import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT, textOf } from './pages.js';

describe('the documents about the code', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });

  for (const document of ['CONTRIBUTING.md', 'DECISIONS.md', 'docs/architecture.md', 'docs/performance.md']) {
    const text = textOf(document);

    it(`should name files of lib/ that exist: ${document}`, () => {
      const missing = [...text.matchAll(/`lib\/([\w./-]+)`/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(ROOT, 'lib', path)));
      expect(missing).to.deep.equal([]);
    });
  }

  it('should name files and methods on the way of a message that exist', () => {
    const text = textOf('docs/architecture.md');
    const sources = new Map(
      files.filter((file) => file.endsWith('.ts')).map((file) => [file.slice(0, -3), textOf(`lib/${file}`)]),
    );
    const folders = [...new Set([...sources.keys()].map((file) => dirname(file)))].join('|');
    const named = [...text.matchAll(new RegExp(`\\b(${folders})/(\\w+)`, 'g'))].map(([path]) => path);
    expect(named.filter((path) => !sources.has(path))).to.deep.equal([]);
    expect(named).to.have.length.at.least(20);
    const byName = new Map<string, string>(); // the kit's broker and the client's session may name a file alike
    for (const [path, source] of sources) byName.set(basename(path), `${byName.get(basename(path)) ?? ''}${source}`);
    const methods = [...text.matchAll(/\b([A-Z]\w+)\.([a-z]\w*\$?)/g)].filter(([, name = '']) => byName.has(name));
    const missing = methods.filter(
      ([, name = '', method = '']) => !new RegExp(`\\b${method.replace('$', '\\$')}\\b`).test(byName.get(name)!),
    );
    expect(missing.map(([method]) => method)).to.deep.equal([]);
    expect(methods).to.have.length.at.least(20);
  });
});
