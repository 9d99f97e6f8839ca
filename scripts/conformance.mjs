// Writes docs/conformance.md and docs/conformance-5.md: the normative statements of MQTT 3.1.1 (docs/conformance.json) and
// of MQTT 5.0 (docs/conformance-5.json), each with the specs that cite it in their titles, as [MQTT-4.3.3-2] or
// [MQTT5-4.3.3-2]. With --check it writes nothing, and fails when a document is not what it would write. It fails either
// way when a statement that binds a client has neither spec nor reason, and when a spec or the library cites a statement
// that does not exist. With --missing it writes nothing either, and lists what has neither spec nor reason.
//
// A statement is { id, binds, demands, reason?, same? }: its number, 'client', 'server' or 'both', what it demands in our
// words, why no spec can prove it, and the number under which MQTT 3.1.1 demands the same. A spec that cites that number
// and runs with MQTT 5, or with no version at all, proves the statement of MQTT 5.0, too.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
/** So many specs of a file are named for a statement; that there are others is said. */
const NAMED = 3;
const CITATION = /MQTT5?-\d[\d.]*(?:-\d+)?/g;
/** What `check` in lib/packet is given: without `MQTT-`. */
const CLAUSE = /'(\d+\.\d+\.\d+-\d+)'/g;
/** The full titles of specs that run with MQTT 5 say so … */
const WITH_5 = /\bMQTT 5\b/;
/** … and what is tested here knows no version. */
const WITHOUT_VERSION = /^spec\/(topic|transport)\//;

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
    return JSON.parse(readFileSync(output, 'utf8')).tests.map(({ title, fullTitle, file: path }) => {
      const file = relative(root, path);
      return {
        title: title.replace(/ ?\[MQTT5?-[\d.-]+\]/g, ''),
        file,
        cited: fullTitle.match(CITATION) ?? [],
        holdsFor5: WITH_5.test(fullTitle) || WITHOUT_VERSION.test(file),
      };
    });
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
  const lines = rows.map(({ id, binds, demands, reason, found }) => {
    const proof = [proofs(found), reason && `_${reason}_`].filter(Boolean).join('<br>');
    const none = binds === 'server' ? '' : '**no spec, no reason**';
    return `| ${id} | ${demands} | ${proof || none} |`;
  });
  return ['| | what it demands | specs |', '| --- | --- | --- |', ...lines].join('\n');
}

const all = specs();

/** The statements of a version, with the specs of each. */
function readVersion({ name, prefix, file, others, text }) {
  const path = `docs/${file}.json`;
  const statements = JSON.parse(readFileSync(join(root, path), 'utf8')).map((statement) => ({
    ...statement,
    name: `${prefix}-${statement.id}`,
    found: all.filter(
      ({ cited, holdsFor5 }) =>
        cited.includes(`${prefix}-${statement.id}`) || (holdsFor5 && cited.includes(`MQTT-${statement.same}`)),
    ),
  }));
  const binding = (...whom) => statements.filter(({ binds }) => whom.includes(binds));
  const bound = binding('client', 'both');
  const proved = bound.filter(({ found }) => found.length > 0);
  const missing = bound.filter(({ found, reason }) => found.length === 0 && !reason);
  return { name, prefix, file, path, others, text, statements, binding, bound, proved, missing };
}

const versions = [
  {
    name: '3.1.1',
    prefix: 'MQTT',
    file: 'conformance',
    others: `Those of MQTT 5.0
are in [conformance-5.md](conformance-5.md).`,
    text: 'https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html',
  },
  {
    name: '5.0',
    prefix: 'MQTT5',
    file: 'conformance-5',
    others: `Where MQTT
3.1.1 demands the same, a spec may cite the number of that statement, and counts if it runs with MQTT 5 or tests what knows
no version. The statements of MQTT 3.1.1 are in [conformance.md](conformance.md).`,
    text: 'https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html',
  },
].map(readVersion);

function documentOf({ name, prefix, file, others, text, statements, binding, bound, proved }) {
  return `<!-- Written by \`npm run conformance\`. Do not change it by hand: the titles of the specs and ${file}.json say it all. -->

# MQTT ${name}, statement by statement

The standard has ${statements.length} numbered statements, ${bound.length} of which bind a client. Specs prove ${proved.length} of these; for the others it is said
why they cannot. A spec belongs to a statement because its title cites it, as \`[${prefix}-4.3.3-2]\`; CI fails when a statement
that binds a client has neither spec nor reason. What the statements demand is told in our words; the standard's own are at
<${text}>, Appendix B. ${others}

## For clients alone

${table(binding('client'))}

## For both sides

${table(binding('both'))}

## For servers alone

Nothing here can be broken by a client. Where specs are named, they show that the client relies on it, or copes with a
server that breaks it.

${table(binding('server'))}
`;
}

function listMissing() {
  for (const { name, bound, missing } of versions) {
    console.log(`MQTT ${name}: ${missing.length} of ${bound.length} statements have neither spec nor reason`);
    for (const { name: id, demands, same } of missing) {
      const hint = same ? ` (MQTT-${same} is the same: no spec cites it and runs with MQTT 5)` : '';
      console.log(`  ${id} ${demands}${hint}`);
    }
  }
}

/** What is wrong with statements and citations. */
function complaints() {
  const known = new Set(versions.flatMap(({ statements }) => statements.map(({ name }) => name)));
  const unclear = versions.flatMap(({ path, statements, proved, missing }) => [
    ...missing.map(({ name }) => `${name} binds a client: no spec cites it, and ${path} gives no reason`),
    ...proved.filter(({ reason }) => reason).map(({ name }) => `${name} has specs: its reason for having none is void`),
    ...statements
      .filter(({ same }) => same && !known.has(`MQTT-${same}`))
      .map(({ name, same }) => `${path} says that ${name} is as MQTT-${same}, which does not exist`),
  ]);
  return [
    ...unclear,
    ...all.flatMap(({ file, title, cited }) =>
      cited.filter((id) => !known.has(id)).map((id) => `${file} cites ${id}, which does not exist: ${title}`),
    ),
    ...citedInLibrary()
      .filter(({ id }) => !known.has(id))
      .map(({ id, where }) => `${where} cites ${id}, which does not exist`),
  ];
}

/** Whether the file says what it should. */
function isUpToDate(file, written) {
  try {
    return readFileSync(file, 'utf8') === written;
  } catch {
    return false; // not there: then it is not what it should be
  }
}

function run() {
  const isCheck = process.argv.includes('--check');
  const wrong = complaints();
  for (const version of versions) {
    const file = `docs/${version.file}.md`;
    const written = documentOf(version);
    if (!isCheck) writeFileSync(join(root, file), written);
    else if (!isUpToDate(join(root, file), written)) wrong.push(`${file} is out of date: npm run conformance`);
  }
  for (const complaint of wrong) console.error(complaint);
  if (wrong.length > 0) process.exitCode = 1;
  for (const { name, statements, bound, proved } of versions) {
    console.log(
      `MQTT ${name}: ${statements.length} statements, ${bound.length} bind a client, ${proved.length} of them proved by specs`,
    );
  }
}

if (process.argv.includes('--missing')) listMissing();
else run();
