import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES, ROOT, textOf } from './pages.js';

/** A block of code of the README or of a guide. */
export interface Block {
  readonly page: string;
  /** Where its fence is, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /**
   * What becomes of it:
   *
   * - `program`: a spec writes it to a file, type-checks it and runs it. An HTML comment before it that begins with
   *   `<!-- spec` holds more lines of the program: `//⋯` in them stands for the block; without that, the block follows
   *   them. Readers see the block alone.
   * - `shown`: it is the part of a program below examples/ or of a spec between a line with `docs: name` and one with
   *   `docs: end`, word for word. That program has a spec, which runs it.
   * - `elsewhere`: it has `<!-- file: … -->` before it, and is a test file, or `<!-- spec -->`, and is for a shell: a spec
   *   that names the page runs it.
   * - `commands`: what is typed at a shell.
   * - `text`: output, layouts: there is nothing to run.
   */
  readonly kind: 'program' | 'shown' | 'elsewhere' | 'commands' | 'text';
  /** Of a `program`: all of its lines. */
  readonly program: string;
}

/** A fence and what is in it, and the comment before it that says how it is run. */
const FENCED = /(?:^<!-- (spec|file)\b([^\n]*|\n.*?^)-->\n\n)?^```(\w*)[^\n]*\n(.*?)^```$/gms;
const IMPORT = /^import\b[^;]*;$/gm;
const COMMANDS = new Set(['sh', 'bash', 'shell', 'console']);
const TEXT = new Set(['', 'text', 'json', 'yaml', 'ini', 'conf', 'diff']);

const MARKED = /^ *(?:\/\/|\/\*|<!--) docs: (?!end\b)\w[^\n]*\n(.*?)^ *(?:\/\/|\/\*|<!--) docs: end\b/gms;
const SOURCE = /\.(tsx?|jsx?|mjs|vue|svelte|html)$/;

/** The programs and specs of which pages show parts, with these parts. */
export const SHOWN: ReadonlyMap<string, readonly string[]> = new Map(
  ['examples', 'spec']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => SOURCE.test(file) && !/\b(node_modules|dist|\.angular)\b|\.(runners|programs)-/.test(file))
    .map((file) => [file, [...textOf(file).matchAll(MARKED)].map(([, part = '']) => withoutIndent(part))] as const)
    .filter(([, parts]) => parts.length > 0),
);

const parts = new Set([...SHOWN.values()].flat());

/** All blocks of all pages, in their order. */
export const BLOCKS: readonly Block[] = PAGES.flatMap(blocksOf);

function blocksOf(page: string): Block[] {
  const text = textOf(page);
  return [...text.matchAll(FENCED)].map((match) => {
    const [whole, mark, note = '', language = '', code = ''] = match;
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length;
    const kind = kindOf(language, code, mark);
    return { page, line, language, code, kind, program: programOf(code, mark === 'spec' ? note : '') };
  });
}

function kindOf(language: string, code: string, mark: string | undefined): Block['kind'] {
  if (mark === 'file' || (mark === 'spec' && COMMANDS.has(language))) return 'elsewhere';
  if (COMMANDS.has(language)) return 'commands';
  if (TEXT.has(language)) return 'text';
  return parts.has(code) ? 'shown' : 'program';
}

function programOf(code: string, frame: string): string {
  const body = frame.includes('//⋯') ? frame : `${frame}\n//⋯`;
  const imports = [...code.matchAll(IMPORT)].map(([text]) => text).join('\n'); // may stand within a function
  return `${imports}\n${body.replace('//⋯', () => code.replaceAll(IMPORT, ''))}\nexport {};\n`;
}

/** A part that stands deeper in its program is shown at the margin. */
function withoutIndent(part: string): string {
  const indents = part
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return part.replaceAll(new RegExp(`^ {${least}}`, 'gm'), '');
}
