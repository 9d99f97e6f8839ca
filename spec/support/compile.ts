import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
/** Where the program stands, although it is never written. */
const FILE = join(ROOT, 'spec/.compiled.ts');
const OPTIONS: ts.CompilerOptions = {
  ...optionsOf(join(ROOT, 'tsconfig.base.json')),
  noEmit: true,
  types: [],
  noUnusedLocals: false,
};
/** Parsing the libraries takes most of the time: done once. */
const parsed = new Map<string, ts.SourceFile>();

/** What the compiler says of a program. */
export interface Compiled {
  /** What it complains of, by line from 1. */
  readonly faults: ReadonlyMap<number, string>;
  /** How many types it made: the measure of its work that is the same on every machine. */
  readonly instantiations: number;
}

/**
 * Type-checks a program as a strict application would be. It stands in the folder of the specs, so that it imports from
 * `../lib/…`; nothing is written.
 */
export function compile(program: string): Compiled {
  const host = ts.createCompilerHost(OPTIONS);
  const read: ts.CompilerHost = {
    ...host,
    fileExists: (path) => path === FILE || host.fileExists(path),
    getSourceFile(path, language) {
      if (path === FILE) return ts.createSourceFile(path, program, language);
      const source = parsed.get(path) ?? host.getSourceFile(path, language);
      if (source) parsed.set(path, source);
      return source;
    },
  };
  const compiler = ts.createProgram([FILE], OPTIONS, read);
  const source = compiler.getSourceFile(FILE)!;
  const faults = new Map<number, string>();
  for (const { start = 0, messageText } of ts.getPreEmitDiagnostics(compiler, source)) {
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    faults.set(line, ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
  return { faults, instantiations: compiler.getInstantiationCount() };
}

function optionsOf(path: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path, (name) => ts.sys.readFile(name)) as { config: object };
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options;
}
