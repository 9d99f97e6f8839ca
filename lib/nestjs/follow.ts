import type { LoggerService } from '@nestjs/common';
import { Subscription, skipWhile } from 'rxjs';
import { type ClientEvent, type MqttClient, logTo } from '../index.js';
import { type MqttStatus, statusOf } from './statusOf.js';

/** What somebody wants to hear of a client. */
export interface EventListener {
  readonly event: ClientEvent['type'];
  readonly callback: (event: never) => void;
}

/** Tells a logger of Nest what happens in a client, and others where it stands and the events that they asked for. */
export function follow(
  { state$, events$ }: MqttClient,
  logger: LoggerService,
  show: (status: MqttStatus) => void,
  listeners: readonly EventListener[],
): Subscription {
  const following = new Subscription();
  following.add(statusOf(state$).subscribe(show));
  // A server is suspended until all its handlers are subscribed, which is no news.
  const news$ = events$.pipe(skipWhile(({ type }) => type === 'suspended' || type === 'resumed'));
  following.add(news$.subscribe(logTo(targetOf(logger), { level: 'info' })));
  for (const listener of listeners) following.add(listen(events$, listener));
  return following;
}

/** Calls a listener for each of its events. */
export function listen(events$: MqttClient['events$'], { event: type, callback }: EventListener): Subscription {
  return events$.subscribe((event) => {
    if (event.type === type) callback(event as never);
  });
}

/** Nest's loggers have `log` where others have `info`, and tell the time themselves. */
function targetOf(logger: LoggerService) {
  const words = (line: string) => line.slice(line.indexOf(' mqtt ') + ' mqtt '.length);
  return {
    debug: (line: string) => void logger.debug?.(words(line)),
    info: (line: string) => void logger.log(words(line)),
    warn: (line: string) => void logger.warn(words(line)),
    error: (line: string) => void logger.error(words(line)),
  };
}
