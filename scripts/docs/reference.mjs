import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { entries, repository, root } from './entries.mjs';

/** Parts of types that are no types of their own for anybody who writes an application. */
const INNER = [
  ['lib/packet/PacketProperties.ts', 'MessageProperty'],
  ['lib/verbs/StandardSchema.ts', 'TypesOf', 'SchemaResult'],
  ['lib/client/logTo.ts', 'Print'],
  ['lib/topic/namedWildcards.ts', 'NamesIn', 'Inner'],
  ['lib/topic/TopicFilter.ts', 'Checked', 'FilterFault'],
  ['lib/topic/topic.ts', 'AnyCodec'],
  ['lib/verbs/byCodec.ts', 'Decoded', 'Writer', 'Reader', 'Untold'],
  ['lib/verbs/respond.ts', 'Payload'],
  ['lib/verbs/ResponseChannel.ts', 'RequestClient'],
  ['lib/verbs/Responder.ts', 'RespondClient'],
  ['lib/session/Persistence.ts', 'Persistence'],
  ['lib/devtools/Panel.ts', 'WatchedClient'],
  ['lib/angular/topicSignal.ts', 'Source'],
  ['lib/nestjs/MqttContext.ts', 'AnyParams'],
  ['lib/nestjs/MqttEvents.ts', 'EventOf'],
].flatMap(([file, ...names]) => names.map((name) => `${file}:${name}`));

/**
 * Writes the reference of all entries to docs/reference, as Markdown. An export without a documentation comment, a link
 * that leads nowhere, and a type that is named but not exported are errors.
 */
export async function writeReference() {
  const app = await Application.bootstrapWithPlugins({
    name: 'Reference',
    entryPoints: entries.map(({ source }) => join(root, source)),
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    tsconfig: join(root, 'tsconfig.esm.json'),
    out: join(root, 'docs/reference'),
    docsRoot: join(root, 'docs'),
    readme: 'none',
    disableGit: true,
    sourceLinkTemplate: `${repository}/blob/HEAD/{path}#L{line}`,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeProtected: true,
    externalSymbolLinkMappings: { rxjs: { Observable: 'https://rxjs.dev/api/index/class/Observable' } },
    intentionallyNotExported: INNER,
    requiredToBeDocumented: ['Module', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Function', 'Method'],
    validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
    treatWarningsAsErrors: true,
    hidePageHeader: true,
    useCodeBlocks: false,
    parametersFormat: 'table',
    typeDeclarationFormat: 'list',
    sidebar: { autoConfiguration: false },
  });
  const project = await app.convert();
  if (!project) throw new Error('the sources do not compile: see above');
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const { name } = entries.find(({ source }) => source === `lib/${module.name}.ts`);
    module.name = name;
  }
  nameErrors(project);
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('the reference has faults: see above');
  await app.generateOutputs(project);
  writeFileSync(join(root, 'docs/reference/index.md'), indexOf(project.getChildrenByKind(ReflectionKind.Module)));
}

/** `@throws {StoreError} when …`: TypeDoc leaves the type out. */
function nameErrors(project) {
  const classes = new Map(project.getReflectionsByKind(ReflectionKind.Class).map((one) => [one.name, one]));
  for (const { comment } of Object.values(project.reflections)) {
    for (const tag of comment?.blockTags ?? []) {
      const text = /^\{?(\w+)\}?$/.exec(tag.typeAnnotation ?? '')?.[1];
      if (tag.tag !== '@throws' || text === undefined) continue;
      const target = classes.get(text);
      const name = target ? { kind: 'inline-tag', tag: '@link', text, target } : { kind: 'code', text: `\`${text}\`` };
      tag.content.unshift(name, { kind: 'text', text: ': ' });
    }
  }
}

/** The first page of the reference: each entry, and what it is for. */
function indexOf(modules) {
  const lines = entries.map(({ name }) => {
    const { summary } = modules.find((module) => module.name === name).comment;
    return `- [\`${name}\`](${name}/index.md): ${plain(summary)}`;
  });
  return `# Reference\n\nAll that the package exports, entry by entry.\n\n${lines.join('\n')}\n`;
}

/** 'The entry point `tortoise-rx/codec`: MQTT packets …' → 'MQTT packets …' */
const plain = (summary) =>
  summary
    .map(({ text }) => text)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .replace(/^The entry point `[^`]+`( in [^:]*)?: /, '')
    .trim();
