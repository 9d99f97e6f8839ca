// Where the project lives: `repository.url` of package.json, and `homepage` and `bugs`, which follow from it.
// `node scripts/repository.mjs https://github.com/somebody/tortoise-rx` fills in all three.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = join(import.meta.dirname, '../package.json');
/** Stands in the address until a maintainer has filled it in. */
const PLACEHOLDER = 'OWNER';
const HOW_TO_FILL_IN = 'run `node scripts/repository.mjs https://github.com/<owner>/<name>`, and commit package.json';

/** Gives the three fields for an address, such as `https://github.com/somebody/tortoise-rx`. */
function fieldsOf(address) {
  return {
    repository: { type: 'git', url: `git+${address}.git` },
    homepage: `${address}#readme`,
    bugs: `${address}/issues`,
  };
}

/** Says what is wrong with the three fields of a package.json; nothing when they are fine. */
export function complaintAbout({ repository, homepage, bugs }, { isRelease }) {
  const address = /^git\+(https:\/\/github\.com\/[\w-]+\/[\w.-]+)\.git$/.exec(repository?.url)?.[1];
  if (address === undefined) {
    return `package.json: repository.url is ${repository?.url}, not git+https://github.com/<owner>/<name>.git: ${HOW_TO_FILL_IN}`;
  }
  const wanted = fieldsOf(address);
  for (const [name, is] of Object.entries({ repository, homepage, bugs })) {
    const [said, should] = [is, wanted[name]].map((value) => JSON.stringify(value));
    if (said !== should)
      return `package.json: ${name} is ${said}, but repository.url asks for ${should}: ${HOW_TO_FILL_IN}`;
  }
  if (!isRelease) return undefined;
  const [owner, name] = address.split('/').slice(-2);
  if (owner === PLACEHOLDER) {
    return `package.json: repository.url still has the placeholder ${PLACEHOLDER}. Before the first release, ${HOW_TO_FILL_IN}`;
  }
  // npm compares the two, letter by letter, and answers E422.
  const builtIn = process.env.GITHUB_REPOSITORY;
  if (builtIn !== undefined && builtIn !== `${owner}/${name}`) {
    return `package.json: repository.url says ${owner}/${name}, but this runs in ${builtIn}, which provenance will say: ${HOW_TO_FILL_IN}`;
  }
  return undefined;
}

if (process.argv[1] === import.meta.filename) {
  const address = process.argv[2]?.replace(/^git\+/, '').replace(/(\.git|\/)$/, '');
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  Object.assign(manifest, fieldsOf(address));
  const complaint = complaintAbout(manifest, { isRelease: false });
  if (complaint) {
    console.error(complaint);
    process.exitCode = 1;
  } else {
    writeFileSync(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
    console.log(`package.json: ${address}, in repository, homepage and bugs`);
  }
}
