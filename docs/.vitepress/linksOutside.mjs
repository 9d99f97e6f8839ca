/**
 * A plugin of markdown-it: links of guides that lead out of docs/, as `../examples/house`, lead to the repository. On
 * GitHub they work as they are.
 */
export function linksOutside(md, repository) {
  md.core.ruler.push('links outside', ({ tokens }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null;
        if (href?.startsWith('../')) token.attrSet('href', repository + href.slice(3));
      }
    }
  });
}
