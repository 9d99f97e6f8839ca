import { slugOf } from '../../docs/.vitepress/slugOf.js';
import { PAGES, textOf } from './pages.js';

/** A link or a picture on a page. */
export interface Link {
  readonly page: string;
  readonly to: string;
}

/** All links of all pages, those of HTML included; none of what stands in code. */
export function links(): Link[] {
  return PAGES.flatMap((page) => {
    const text = prose(page);
    const found = [
      ...text.matchAll(/\]\(<?([^)>\s]+)/g),
      ...text.matchAll(/^\[[^\]]+\]: *(\S+)/gm),
      ...text.matchAll(/<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/g),
    ];
    return found.map(([, to = '']) => ({ page, to }));
  });
}

/** The anchors of a page's headings, as GitHub and the site make them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of textOf(page)
    .replaceAll(/^```.*?^```$/gms, '')
    .matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''));
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i += 1) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

const prose = (page: string): string => textOf(page).replaceAll(/^```.*?^```$|`[^`\n]*`/gms, '');
