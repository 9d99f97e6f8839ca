import { asyncScheduler } from 'rxjs';
import { type ClientEvent, type LogLevel, logTo } from '../everywhere.js';
import { preview, visible } from './preview.js';

/** An event in words. */
export interface EventLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  readonly text: string;
  /** The beginning of the payload, of a PUBLISH. */
  readonly payload?: string;
}

interface Waiting {
  readonly at: number;
  readonly event: ClientEvent;
}

/** The beginning of each line of `logTo`: the time, and `mqtt`. */
const PREFIX = /^\S+ mqtt /;

/**
 * The last events, in the words of `logTo`, which has no secrets. An event waits as it is until `take`: in a flood most
 * events are never put into words, and no payload is kept for long.
 */
export class EventLines {
  private waiting: Waiting[] = [];
  private level: LogLevel = 'debug';
  private said = '';
  private readonly log = logTo(
    {
      debug: (line) => this.hear('debug', line),
      info: (line) => this.hear('info', line),
      warn: (line) => this.hear('warn', line),
      error: (line) => this.hear('error', line),
    },
    { packets: true },
  );

  /**
   * @param limit how many are kept
   * @param showsPayloads whether payloads are shown, or their sizes alone
   */
  constructor(
    readonly limit: number,
    private readonly showsPayloads: boolean,
  ) {}

  add(event: ClientEvent): void {
    this.waiting.push({ at: asyncScheduler.now(), event });
    if (this.waiting.length > this.limit) this.waiting.shift();
  }

  /** Whether the next one takes the place of the oldest. */
  get isFull(): boolean {
    return this.waiting.length === this.limit;
  }

  /** Those that came since the last time, the oldest first. */
  take(): EventLine[] {
    const { waiting } = this;
    this.waiting = [];
    return waiting.map(({ at, event }) => this.lineOf(at, event));
  }

  private lineOf(at: number, event: ClientEvent): EventLine {
    this.log(event);
    const { level } = this;
    const packet = 'packet' in event ? event.packet : undefined;
    // A PUBLISH with a topic alias may come and go without its topic.
    const alias = packet?.type === 'publish' && packet.topic === '' ? packet.properties?.topicAlias : undefined;
    const isShown = this.showsPayloads && packet?.type === 'publish' && packet.payload.length > 0;
    const text = visible(this.said.replace(PREFIX, '')) + (alias === undefined ? '' : `, topic alias ${alias}`);
    const line = { at, level, text };
    return isShown ? { ...line, payload: preview(packet.payload) } : line;
  }

  private hear(level: LogLevel, line: string): void {
    this.level = level;
    this.said = line;
  }
}
