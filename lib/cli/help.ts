import type { Command } from './Command.js';
import type { Option } from './Option.js';
import type { Output } from './Output.js';
import { EXIT_CODE_TEXTS } from './exitCode.js';

export const PROGRAM = 'tortoise-rx';
const WIDEST = 100;
const LEFT = 26;

/** The help of a command. */
export function helpOf({ name, usage, description, options, examples }: Command, out: Output): string {
  const title = (text: string) => out.style('bold', text);
  const groups = options.map((group) => [
    title(group.title),
    ...group.options.map((one) => row(label(one), one.help, out)),
  ]);
  const shown = examples.map(([what, line]) => `  ${out.style('gray', `# ${what}`)}\n  ${PROGRAM} ${line}`);
  return [
    `${title('Usage:')} ${PROGRAM} ${name} ${usage} [options]\n`,
    `${wrapped(description, '', width(out)).join('\n')}\n`,
    ...groups.map((lines) => `${lines.join('\n')}\n`),
    `${title('Examples')}\n${shown.join('\n\n')}\n`,
    exitCodes(out),
  ].join('\n');
}

/** The help of the program as a whole. */
export function overview(commands: readonly Command[], out: Output): string {
  const title = (text: string) => out.style('bold', text);
  return [
    `${title('Usage:')} ${PROGRAM} COMMAND [URL] [arguments] [options]\n`,
    `${title('Commands')}\n${commands.map(({ name, summary }) => row(name, summary, out)).join('\n')}\n`,
    title('Environment'),
    row('TORTOISE_URL', 'the broker, where no URL is given', out),
    row('TORTOISE_USERNAME', 'the user name', out),
    row('TORTOISE_PASSWORD', 'the password: in the list of processes nobody sees it here', out),
    row('TORTOISE_PASSPHRASE', 'the passphrase of --key', out),
    row('NO_COLOR', 'no colours', out),
    '',
    exitCodes(out),
    `${PROGRAM} COMMAND --help tells more about a command, with examples. ${PROGRAM} --version tells the version.\n`,
  ].join('\n');
}

function exitCodes(out: Output): string {
  const rows = EXIT_CODE_TEXTS.map(([code, text]) => row(code, text, out));
  return `${out.style('bold', 'Exit codes')}\n${rows.join('\n')}\n`;
}

/** `-q, --qos QOS`. */
function label({ name, short, value }: Option): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function row(left: string, text: string, out: Output): string {
  const indent = ' '.repeat(LEFT + 2);
  const [first = '', ...rest] = wrapped(text, indent, width(out));
  const isLong = left.length >= LEFT - 1;
  const head = isLong ? `  ${left}\n${first}` : `  ${left}${first.slice(2 + left.length)}`;
  return [head, ...rest].join('\n');
}

/** Lines of words, each behind an indent. */
function wrapped(text: string, indent: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(indent + word);
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

function width(out: Output): number {
  return Math.max(LEFT + 24, Math.min(WIDEST, out.columns - 1));
}
