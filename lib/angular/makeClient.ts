import { DOCUMENT, DestroyRef, Injector, NgZone, PLATFORM_ID, inject, runInInjectionContext } from '@angular/core';
import { NEVER } from 'rxjs';
import type { EndOptions, MqttClient, ServerOption } from '../everywhere.js';
import { createClient } from '../index.browser.js';
import type { MqttOptions } from './ClientArguments.js';
import { eachVerb } from './eachVerb.js';
import { zoned } from './zoned.js';

/**
 * Makes the client of an injector. Called in its injection context.
 *
 * @param goodbye how the client is ended, when the injector is destroyed
 */
export function makeClient(server: ServerOption, options: MqttOptions | undefined, goodbye?: EndOptions): MqttClient {
  // PLATFORM_ID is compared as isPlatformServer of @angular/common does, which an application need not have.
  if (inject(PLATFORM_ID) === ('server' as unknown)) return silent();
  const zone = inject(NgZone);
  const injector = inject(Injector);
  const window = inject(DOCUMENT).defaultView;
  // Without zones NgZone is a stand-in of another class, and there is nothing to do.
  const isZoned = zone instanceof NgZone;
  const inContext = typeof server === 'function' ? askedIn(injector, server) : server;
  const made = createClient(inContext, typeof options === 'function' ? options() : options);
  const client = isZoned ? eachVerb(made, (stream$) => zoned(zone, stream$)) : made;
  const wake = () => wakeUp(client);
  zone.runOutsideAngular(() => window?.addEventListener('online', wake));
  inject(DestroyRef).onDestroy(() => {
    window?.removeEventListener('online', wake);
    client.end(goodbye).subscribe();
  });
  return client;
}

/**
 * Asks in injection context. A destroyed injector has none, while the client still finishes what is in flight: the answer that
 * came last holds then.
 */
function askedIn<S>(injector: Injector, server: () => S): () => S {
  let last: { readonly answer: S } | undefined;
  let isOver = false;
  inject(DestroyRef).onDestroy(() => (isOver = true));
  return () => {
    if (!isOver || !last) last = { answer: runInInjectionContext(injector, server) };
    return last.answer;
  };
}

/**
 * A client for server rendering. It never connects, and needs no end: no stream of it emits or ends, but for its state, which
 * is idle. The options are not asked for: what they are made of may exist in browsers alone.
 */
function silent(): MqttClient {
  return eachVerb(createClient(NEVER), (stream$, verb) => (verb === 'end' || verb === 'state$' ? stream$ : NEVER));
}

/**
 * The network is back: does not wait for the next attempt, and asks whether a connection that is said to be up still is. A
 * browser may take minutes to notice that it is not.
 */
function wakeUp(client: MqttClient): void {
  const { state } = client.toJSON();
  const ignored = { error: () => undefined }; // all who need the connection are told
  if (state === 'waiting' || state === 'connecting') client.reconnect().subscribe(ignored);
  if (state === 'online') client.ping().subscribe(ignored);
}
