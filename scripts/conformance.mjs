// Writes docs/conformance.md: the normative statements of MQTT 3.1.1 (docs/conformance.json), each with the specs that
// cite it in their titles, as [MQTT-4.3.3-2]. With --check it writes nothing, and fails when the document is not what it
// would write. It fails either way when a statement that binds a client has neither spec nor reason, and when a spec or
// the library cites a statement that does not exist.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const DOCUMENT = join(root, 'docs/conformance.md');
/** So many specs of a file are named for a statement; that there are others is said. */
const NAMED = 3;
const CITATION = /MQTT-\d[\d.]*(?:-\d+)?/g;
/** What `check` in lib/packet is given: without `MQTT-`. */
const CLAUSE = /'(\d+\.\d+\.\d+-\d+)'/g;

/** Every spec that mocha would run, as mocha itself says. */
function specs() {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const output = join(folder, 'specs.json');
    const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
    execFileSync(
      process.execPath,
      [mocha, '--dry-run', '--reporter', 'json', '--reporter-option', `output=${output}`],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return JSON.parse(readFileSync(output, 'utf8')).tests.map(({ title, fullTitle, file }) => ({
      title: title.replace(/ ?\[MQTT-[\d.-]+\]/g, ''),
      file: relative(root, file),
      cited: fullTitle.match(CITATION) ?? [],
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function citedInLibrary() {
  const files = readdirSync(join(root, 'lib'), { recursive: true }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(root, 'lib', file), 'utf8');
    const clauses = file.startsWith('packet/') ? [...text.matchAll(CLAUSE)].map(([, clause]) => `MQTT-${clause}`) : [];
    return [...(text.match(CITATION) ?? []), ...clauses].map((id) => ({ id, where: `lib/${file}` }));
  });
}

/** The specs of one statement, file by file. */
function proofs(found) {
  const byFile = new Map();
  for (const { file, title } of found) byFile.set(file, (byFile.get(file) ?? new Set()).add(title));
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, titles]) => {
      const named = [...titles]
        .slice(0, NAMED)
        .map((title) => title.replace(/^should /, '').replace(/[|\\`*_<]/g, '\\$&'));
      const more = titles.size > NAMED ? ' …' : '';
      return `[${file.slice('spec/'.length)}](../${file}): ${named.join(' · ')}${more}`;
    })
    .join('<br>');
}

function table(rows) {
  const lines = rows.map(({ id, demands, reason, found }) => {
    const proof = [proofs(found), reason && `_${reason}_`].filter(Boolean).join('<br>');
    return `| ${id} | ${demands} | ${proof} |`;
  });
  return ['| | what it demands | specs |', '| --- | --- | --- |', ...lines].join('\n');
}

const all = specs();
const statements = JSON.parse(readFileSync(join(root, 'docs/conformance.json'), 'utf8')).map((statement) => ({
  ...statement,
  found: all.filter(({ cited }) => cited.includes(`MQTT-${statement.id}`)),
}));
const known = new Set(statements.map(({ id }) => `MQTT-${id}`));
const binding = (...whom) => statements.filter(({ binds }) => whom.includes(binds));
const bound = binding('client', 'both');
const proved = bound.filter(({ found }) => found.length > 0);

const complaints = [
  ...bound
    .filter(({ found, reason }) => found.length === 0 && !reason)
    .map(({ id }) => `MQTT-${id} binds a client: no spec cites it, and docs/conformance.json gives no reason`),
  ...proved.filter(({ reason }) => reason).map(({ id }) => `MQTT-${id} has specs: its reason for having none is void`),
  ...all.flatMap(({ file, title, cited }) =>
    cited.filter((id) => !known.has(id)).map((id) => `${file} cites ${id}, which does not exist: ${title}`),
  ),
  ...citedInLibrary()
    .filter(({ id }) => !known.has(id))
    .map(({ id, where }) => `${where} cites ${id}, which does not exist`),
];

const written = `<!-- Written by \`npm run conformance\`. Do not change it by hand: the titles of the specs and conformance.json say it all. -->

# MQTT 3.1.1, statement by statement

The standard has ${statements.length} numbered statements, ${bound.length} of which bind a client. Specs prove ${proved.length} of these; for the others it is said
why they cannot. A spec belongs to a statement because its title cites it, as \`[MQTT-4.3.3-2]\`; CI fails when a statement
that binds a client has neither spec nor reason. What the statements demand is told in our words; the standard's own are at
<https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html>, Appendix B.

## For clients alone

${table(binding('client'))}

## For both sides

${table(binding('both'))}

## For servers alone

Nothing here can be broken by a client. Where specs are named, they show that the client relies on it, or copes with a
server that breaks it.

${table(binding('server'))}
`;
if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = readFileSync(DOCUMENT, 'utf8');
  } catch {
    // not there: then it is not what it should be
  }
  if (committed !== written) complaints.push('docs/conformance.md is out of date: npm run conformance');
} else writeFileSync(DOCUMENT, written);

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
else
  console.log(
    `${statements.length} statements, ${bound.length} bind a client, ${proved.length} of them proved by specs`,
  );
