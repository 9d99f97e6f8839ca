import { NEVER, type Observable, defer, map, merge, switchMap, take, throwError, throwIfEmpty, timeout, timer } from 'rxjs'; // prettier-ignore
import type { Message } from '../client/Message.js';
import { ClientEndedError } from '../errors.js';
import type { Codec } from '../client/Codec.js';
import { type Decoded, type Reader, type Untold, type Writer, decodeBy, encodeBy } from './byCodec.js';
import { PendingRequest } from './PendingRequest.js';
import { type RequestOptions, type TypedRequestOptions, checkRequest } from './RequestOptions.js';
import type { RequestClient } from './ResponseChannel.js';

/**
 * Publishes a request, and emits its answer. Cold: each subscription is one request. It subscribes to the response topic,
 * publishes when that is granted, emits what answers, and completes with the last answer that is awaited. All requests of a
 * client share one subscription, which is given up a second after the last of them (MQTT5 section 4.10).
 *
 * Errs with a `RequestTimeoutError` when time is up; with a `RequestFailedError` when the responder says that it failed, by
 * the user property `error`; with a `NotSupportedError` under MQTT 3.1.1 without `responseTopic`; with what a codec or `matches`
 * throws; with a `ClientEndedError` on `end()`; and otherwise as `topic$` and `publish` do.
 *
 * A request is published once. If its answer is lost, with the session at the broker for instance, time runs out. To subscribe
 * again, as `retry` does, makes a new request, and a late answer to the first is dropped. Unsubscribing takes the request out
 * of the queue; once written, it arrives, and what answers it is dropped.
 *
 * @param topic of the request
 * @param value the payload, as of `publish`; with the codec `payload` what that writes
 * @example
 * request(client, 'house/attic/temp/get').subscribe((answer) => console.log(answer.text()));
 */
export function request(
  client: RequestClient,
  topic: string,
  value?: string | Uint8Array,
  options?: RequestOptions & Partial<TypedRequestOptions<undefined, undefined>>,
): Observable<Message>;
export function request<A, Q>(
  client: RequestClient,
  topic: string,
  value: Q,
  options: TypedRequestOptions<Writer<Q>, Reader<A>> | Untold<TypedRequestOptions<Codec<A, Q>, undefined>, 'answer'>,
): Observable<Decoded<A>>;
export function request<A>(
  client: RequestClient,
  topic: string,
  value: string | Uint8Array | undefined,
  options: Untold<TypedRequestOptions<undefined, Reader<A>>, 'payload'>,
): Observable<Decoded<A>>;
export function request(
  client: RequestClient,
  topic: string,
  value?: unknown,
  options: Partial<TypedRequestOptions<Codec<unknown, never> | undefined, Reader<unknown> | undefined>> = {},
): Observable<Message> {
  return defer(() => {
    const wanted = checkRequest(topic, options); // what it throws, RxJS makes a notification
    const pending = new PendingRequest(client, wanted, encodeBy(options.payload, value));
    const answers$ = client.connection$.pipe(
      throwIfEmpty(() => new ClientEndedError('the client was ended before the request was published')),
      take(1),
      switchMap((connection) => pending.answers(connection)),
    );
    const codec = options.answer ?? options.payload;
    return inTime(answers$, wanted, () => pending.late()).pipe(map((message) => decodeBy(codec, message)));
  });
}

/** The answers, and an error if the last, or with `until` the first, does not come in time. */
function inTime(
  answers$: Observable<Message>,
  { timeout: ms, count, until }: ReturnType<typeof checkRequest>,
  late: () => Error,
): Observable<Message> {
  const late$ = throwError(late);
  if (until) return ms === Infinity ? answers$ : answers$.pipe(timeout({ first: ms, with: () => late$ }));
  const end$ = ms === Infinity ? NEVER : timer(ms).pipe(switchMap(() => late$));
  return merge(end$, answers$).pipe(take(count));
}
