import { type Observable, type ObservableInput, Subject, defer, filter, mergeMap, takeUntil, tap } from 'rxjs';
import type { Message } from '../client/Message.js';
import { refuseOtherArguments } from '../connection/refuseOthers.js';
import { checkArgument } from '../stream/checkOption.js';
import type { TopicFilter } from '../topic/TopicFilter.js';
import { type Params, parseFilter } from '../topic/namedWildcards.js';
import type { Codec } from '../client/Codec.js';
import type { Decoded, Reader, Untold, Writer } from './byCodec.js';
import type { RespondOptions, RespondResult, TypedRespondOptions } from './RespondOptions.js';
import { type RespondClient, type RespondCodecs, Responder } from './Responder.js';

/** What a handler returns: one text or some bytes, or a stream, a promise or a list of answers. */
export type Answers<A> = ObservableInput<A> | Extract<A, string | Uint8Array>;

type Payload = string | Uint8Array | undefined;
/** The types that the callers of all overloads agree on. */
type Handler = (request: Message) => unknown;
type Options = RespondCodecs;

const NAMES = ['qos', 'concurrency', 'responseTopic', 'payload', 'answer'];

/**
 * Answers the requests that come on a topic filter: what `handler` makes of a request is published to its response topic, with
 * its correlation data. Cold; emits a result for each answer when it is published.
 *
 * A handler that fails is a result with an `error`; under MQTT 5 the requester gets an empty answer whose user property `error`
 * is the text of the error. A request that cannot be answered, for it says no topic, or none that one may publish to, is a result
 * with an `error` as well, and the handler does not see it. Nor does it see retained messages: they would come again at each
 * connect. None of these ends the stream. It errs and completes as `topic$` does; then, and on an unsubscribe, handlers at work
 * are unsubscribed.
 *
 * @param topicFilter as of `topic$`; with `$share/<group>/` several responders share the work
 * @param handler its answers are published in the order in which they come; several are several answers
 * @example
 * respond(client, 'house/+room/temp/get', ({ params }) => `${temperatures.get(params.room)}`).subscribe();
 */
export function respond<F extends string>(
  client: RespondClient,
  topicFilter: TopicFilter<F>,
  handler: (request: Message<Params<F>>) => Answers<Payload>,
  options?: RespondOptions<Params<F>> & Partial<TypedRespondOptions<undefined, undefined, Params<F>>>,
): Observable<RespondResult<Message<Params<F>>, Payload>>;
export function respond<F extends string, Q, A>(
  client: RespondClient,
  topicFilter: TopicFilter<F>,
  handler: (request: Decoded<Q, Message<Params<F>>>) => Answers<NoInfer<A>>,
  options:
    | TypedRespondOptions<Reader<Q>, Writer<A>, Params<F>>
    | Untold<TypedRespondOptions<Codec<Q, A>, undefined, Params<F>>, 'answer'>,
): Observable<RespondResult<Message<Params<F>>, A>>;
export function respond<F extends string, A>(
  client: RespondClient,
  topicFilter: TopicFilter<F>,
  handler: (request: Message<Params<F>>) => Answers<NoInfer<A>>,
  options: Untold<TypedRespondOptions<undefined, Writer<A>, Params<F>>, 'payload'>,
): Observable<RespondResult<Message<Params<F>>, A>>;
export function respond(
  client: RespondClient,
  topicFilter: string,
  handler: (request: never) => unknown,
  options: object = {},
): Observable<never> {
  return defer(() => {
    refuseOtherArguments(options, NAMES); // what it throws, RxJS makes a notification
    const { qos = 1, concurrency = 1_000 } = options as Options;
    checkArgument(typeof handler === 'function', 'handler', 'a function', handler);
    checkArgument(concurrency >= 1, 'concurrency', 'a number from 1', concurrency);
    const responder = new Responder(client, parseFilter(topicFilter).filter, handler as Handler, options);
    const ended = new Subject<void>();
    const results$: Observable<RespondResult> = client.topic$(topicFilter, { qos }).pipe(
      tap({ complete: () => ended.next() }),
      filter(({ retain }) => !retain),
      mergeMap((request) => responder.respond(request), concurrency),
      takeUntil(ended), // what is still worked on could not be published any more
    );
    return results$ as Observable<never>;
  });
}
