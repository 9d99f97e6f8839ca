// What an editor answers to "go to definition": the editor's own server is asked, TypeScript's tsserver.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TSSERVER = join(import.meta.dirname, '../node_modules/typescript/lib/tsserver.js');

/**
 * Resolves with the definition of the first occurrence of each name in a file: `{ name, file, text }`, where `text` is the
 * line that it leads to; without a file and text when there is none.
 */
export async function definitionsIn(file, names) {
  const server = spawn(
    process.execPath,
    [TSSERVER, '--disableAutomaticTypingAcquisition', '--suppressDiagnosticEvents'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const answers = new Map();
  const answered = (async () => {
    for await (const line of createInterface(server.stdout)) {
      const message = line.startsWith('{') ? JSON.parse(line) : {};
      if (message.type !== 'response') continue;
      answers.set(message.request_seq, message.body);
      if (answers.size === names.length) server.stdin.end(); // at once it would leave without an answer
    }
  })();
  const ask = (seq, command, args) =>
    server.stdin.write(`${JSON.stringify({ seq, type: 'request', command, arguments: args })}\n`);
  ask(-1, 'open', { file });
  names.forEach((name, i) => ask(i, 'definition', { file, ...positionOf(name, file) }));
  await answered;
  return names.map((name, i) => {
    const [found] = answers.get(i) ?? [];
    if (!found) return { name };
    return { name, file: found.file, text: readFileSync(found.file, 'utf8').split('\n')[found.start.line - 1] };
  });
}

/** Line and column of a word, from 1. */
function positionOf(word, file) {
  const before = readFileSync(file, 'utf8')
    .split(new RegExp(`\\b${word}\\b`))[0]
    .split('\n');
  return { line: before.length, offset: before.at(-1).length + 1 };
}
