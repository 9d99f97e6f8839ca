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
 * Calls a function in injection context. A destroyed injector has none, but the client may still connect to finish what is
 * in flight: it then gets the last answer again.
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
 * A client for server rendering. It never connects, and need not be ended. Its state is idle; its other streams neither emit
 * nor end. The options are not asked for: they may be made of what only browsers have.
 */
function silent(): MqttClient {
  return eachVerb(createClient(NEVER), (stream$, verb) => (verb === 'end' || verb === 'state$' ? stream$ : NEVER));
}

/**
 * Acts on the return of the network. A client that waits connects at once. One that is online pings, because a browser may
 * take minutes to notice that a connection is lost.
 */
function wakeUp(client: MqttClient): void {
  const { state } = client.toJSON();
  const ignored = { error: () => undefined }; // those who need the connection get the error
  if (state === 'waiting' || state === 'connecting') client.reconnect().subscribe(ignored);
  if (state === 'online') client.ping().subscribe(ignored);
}
