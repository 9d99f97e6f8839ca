import { type Deserializer, type IncomingRequest, IncomingRequestDeserializer } from '@nestjs/microservices';
import { EMPTY, type Observable, defer, from, isObservable, mergeMap, of } from 'rxjs';
import type { Message } from '../index.js';
import type { Answers } from './Answers.js';
import type { Handler, Handlers } from './Handlers.js';
import { MqttContext } from './MqttContext.js';
import { parsed } from './payload.js';

/** Runs a handler between the hooks of Nest that something is processed. */
export type Process = (context: MqttContext, run: () => Observable<unknown>) => Observable<unknown>;

type Packet = Pick<IncomingRequest, 'data'> & Partial<IncomingRequest>;

/** Hands messages to handlers, and their answers to who asked. */
export class Dispatcher {
  constructor(
    private readonly handlers: Handlers,
    private readonly answers: Answers,
    private readonly process: Process,
    private readonly deserializer: Deserializer = new IncomingRequestDeserializer(),
  ) {}

  /**
   * Lets a handler work on a message. Cold; completes when it has finished, and the answers are published; errs as it does
   * where nobody is told.
   */
  handle(handler: Handler, message: Message): Observable<unknown> {
    if (!handler.isEvent && !this.isFor(handler, message)) return EMPTY;
    return defer(() => this.read(handler, message)).pipe(mergeMap((packet) => this.dispatch(handler, message, packet)));
  }

  /** A handler does not get a message, because its codec cannot read it. The events of the client tell of it as well. */
  undecodable(handler: Handler, message: Message, error: Error): void {
    if (!handler.isEvent && this.isFor(handler, message) && isAsking(message))
      this.answers.failed(message, error).subscribe();
  }

  /**
   * Whether a handler is the one to answer: of several whose filters match one is, for two answers to one question are one
   * too many. Retained requests would come again at each connect.
   */
  private isFor(handler: Handler, { topic, retain }: Message): boolean {
    return !retain && this.handlers.answering(topic) === handler;
  }

  private async read({ options }: Handler, message: Message): Promise<Packet> {
    if (options.payload) return { data: message.value };
    return (await this.deserializer.deserialize(parsed(message), { channel: message.topic })) as Packet;
  }

  private dispatch(handler: Handler, message: Message, { data, id }: Packet): Observable<unknown> {
    const context = new MqttContext(message, handler.pattern);
    const results$ = this.process(context, () => results(handler.callback(data, context)));
    if (handler.isEvent) return results$;
    if (id !== undefined) return this.answers.inEnvelopes(message, id, results$);
    return isAsking(message) ? this.answers.plainly(message, results$, handler.options.answer) : results$;
  }
}

/** Whether a message asks for an answer in the way of MQTT 5. */
function isAsking({ properties: { responseTopic } }: Message): boolean {
  return responseTopic !== undefined;
}

/** Nest's handlers promise a value, or an Observable of values. */
function results(returned: Promise<unknown>): Observable<unknown> {
  return from(returned).pipe(mergeMap((value) => (isObservable(value) ? value : of(value))));
}
