import type { MessageHandler } from '@nestjs/microservices';
import { type ClientOptions, InvalidOptionsError, matches, topic } from '../index.js';
import { type MqttHandlerOptions, checkHandlerOptions } from './MqttHandlerOptions.js';

/** A handler, and how it is subscribed. */
export interface Handler {
  /** As it stands in the decorator; of an object, what Nest makes of it. */
  readonly pattern: string;
  readonly isEvent: boolean;
  readonly callback: MessageHandler;
  readonly options: MqttHandlerOptions;
  /** What is subscribed: the pattern, with the group before it. */
  readonly shared: string;
  /** The same as brokers know it, without names. */
  readonly filter: string;
}

/** Handlers by their patterns. */
export class Handlers {
  readonly all: Handler[] = [];

  /**
   * @param defaults for what a handler does not say
   * @param version that the client speaks
   */
  constructor(
    private readonly defaults: MqttHandlerOptions,
    private readonly version: ClientOptions['protocolVersion'] = 4,
  ) {}

  /**
   * Adds a handler. Of two that answer requests of one pattern the later one stays.
   *
   * @returns the one that it displaces
   * @throws {InvalidOptionsError | InvalidTopicError} saying the pattern
   */
  add(pattern: string, callback: MessageHandler, isEvent: boolean, extras: object): Handler | undefined {
    const own = checkHandlerOptions(extras, `of the handler of "${pattern}": `);
    const options = { qos: 1 as const, concurrency: 100, onError: 'acknowledge' as const, ...this.defaults, ...own };
    if (options.onError === 'refuse' && this.version === 4) {
      const why = "'refuse' needs MQTT 5: set protocolVersion to 5 or 'auto'";
      throw new InvalidOptionsError(`onError of the handler of "${pattern}"`, why);
    }
    const shared = sharedFilter(pattern, options.sharedGroup);
    const { filter } = topic(shared);
    const at = isEvent ? -1 : this.all.findIndex((other) => !other.isEvent && other.pattern === pattern);
    const displaced = at < 0 ? undefined : this.all.splice(at, 1)[0];
    this.all.push({ pattern, isEvent, callback, options, shared, filter });
    return displaced;
  }

  /** Who answers requests on a topic: as with Nest, who says it without wildcards, else who was there first. */
  answering(name: string): Handler | undefined {
    const answering = this.all.filter(({ isEvent, filter }) => !isEvent && matches(filter, name));
    return answering.find(({ pattern }) => pattern === name) ?? answering[0];
  }

  /** Whose pattern it is, or the first whose filter matches a topic. */
  find(name: string): Handler | undefined {
    return this.all.find(({ pattern }) => pattern === name) ?? this.all.find(({ filter }) => matches(filter, name));
  }
}

const PREFIX = /^\$(share|queue|exclusive)\//;

function sharedFilter(pattern: string, group: MqttHandlerOptions['sharedGroup']): string {
  if (typeof pattern !== 'string') {
    throw new InvalidOptionsError(
      'pattern',
      `expected a topic filter such as 'house/+room/temp', got ${typeof pattern}`,
    );
  }
  return typeof group !== 'string' || PREFIX.test(pattern) ? pattern : `$share/${group}/${pattern}`;
}
