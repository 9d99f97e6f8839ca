import { styleText } from 'node:util';
import { type Observable, Subject, fromEvent } from 'rxjs';
import type { BarStream } from './ProgressBar.js';
import { printable } from './printable.js';

/** How text may look. */
export type Format = Extract<Parameters<typeof styleText>[0], string>;

/** The environment variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The part of Node's `process.stdout` that is used. */
export type Stream = Pick<NodeJS.WriteStream, 'write' | 'on' | 'off' | 'isTTY' | 'columns' | 'rows'>;

const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** The screen beside the one with the shell's lines, which come back at the end; the cursor is hidden. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Back to the beginning of the line, and clear it: a progress bar may stand there. */
const CLEAR_LINE = '\r\x1b[K';

/** Standard output or standard error: a terminal, a pipe or a file. */
export class Output {
  /** Emits the error of a write, once; after that nothing is written any more. `EPIPE`: nobody reads. */
  readonly broken$: Observable<NodeJS.ErrnoException>;
  /** Whether people read it. */
  readonly isTerminal: boolean;
  /** Whether what stands there can be overwritten. */
  readonly canRedraw: boolean;
  readonly #hasColours: boolean;
  #isBroken = false;
  #hasScreen = false;

  constructor(
    private readonly stream: Stream,
    environment: Environment,
  ) {
    const { isTTY } = stream as Partial<Stream>; // pipes and files have none
    this.isTerminal = isTTY === true;
    this.canRedraw = this.isTerminal && environment['TERM'] !== 'dumb';
    this.#hasColours = hasColours(this.canRedraw, environment);
    const broken = new Subject<NodeJS.ErrnoException>();
    this.broken$ = broken.asObservable();
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isBroken) return;
      this.#isBroken = true;
      broken.next(error);
      broken.complete();
    });
  }

  /**
   * Text or bytes, as they are.
   *
   * @param written called when the system has them; never, when they cannot be written
   */
  write(data: string | Uint8Array, written?: () => void): void {
    if (this.#isBroken) return;
    if (!written) return void this.stream.write(data);
    this.stream.write(data, (error) => {
      if (!error) written();
    });
  }

  /** Shows a screen of its own instead of the shell's lines, until `leaveScreen`. Calling it again is harmless. */
  enterScreen(): void {
    this.#hasScreen = true;
    this.write(ENTER);
  }

  /** Shows the shell's lines again, if `enterScreen` has put them aside. */
  leaveScreen(): void {
    if (this.#hasScreen) this.write(LEAVE);
    this.#hasScreen = false;
  }

  /** A line for people about what happens; what comes from the network in it cannot harm the terminal. */
  note(text: string, format?: Format): void {
    const safe = printable(text, { keepLines: true });
    const line = `tortoise-rx: ${format === undefined ? safe : this.style(format, safe)}\n`;
    this.write(this.canRedraw ? CLEAR_LINE + line : line);
  }

  /** The text in a colour or another format, where that is wanted. */
  style(format: Format, text: string): string {
    // The question whether it is wanted is answered here for all versions of Node.
    return this.#hasColours ? styleText(format, text, { validateStream: false }) : text;
  }

  /** What a progress bar is drawn on. */
  get bar(): BarStream {
    return { isTTY: this.canRedraw, columns: this.columns, write: (text) => this.write(text) };
  }

  /** Characters of a line. Some pseudo-terminals say 0. */
  get columns(): number {
    return this.stream.columns || DEFAULT_SIZE.columns;
  }

  get rows(): number {
    return this.stream.rows || DEFAULT_SIZE.rows;
  }

  /** Emits when the terminal has another size. */
  get resized$(): Observable<unknown> {
    return fromEvent(this.stream as NodeJS.WriteStream, 'resize');
  }
}

/** See https://no-color.org. */
function hasColours(canRedraw: boolean, { NO_COLOR, FORCE_COLOR }: Environment): boolean {
  if (NO_COLOR) return false;
  return canRedraw || (FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR));
}
