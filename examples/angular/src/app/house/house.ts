import { Injectable, computed } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { filter, scan } from 'rxjs';
import type { ClientEvent } from 'tortoise-rx';
import { injectMqtt, topicSignal } from 'tortoise-rx/angular';
import { NO_ROOMS, type Room, newest, withReading } from './rooms';
import { type Target, reading, target } from './topics';

/** A message that is not what its topic promises. */
export interface Unreadable {
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type Undecodable = Extract<ClientEvent, { type: 'undecodable' }>;

/**
 * What the house says. Made once for all pages, so what was heard stays when somebody goes from one page to another, and
 * so does the connection.
 */
@Injectable({ providedIn: 'root' })
export class House {
  readonly #client = injectMqtt();

  // docs: reduced
  /** All rooms. A payload that is no reading changes nothing here. */
  readonly rooms = topicSignal(reading, { initial: NO_ROOMS, reduce: withReading });

  /** What the thermostats of the rooms are set to. */
  readonly targets = topicSignal(target, {
    initial: new Map<string, Target>(),
    reduce: (targets, { params, value }) => new Map(targets).set(params.room, value),
  });
  // docs: end

  /** By topic, the last payload that could not be read. */
  readonly #unreadable = toSignal(
    this.#client.events$.pipe(
      filter((event): event is Undecodable => event.type === 'undecodable'),
      scan(
        (all, { topic, error }) => new Map(all).set(topic, { why: error.message, at: Date.now() }),
        new Map<string, Unreadable>(),
      ),
    ),
    { initialValue: new Map<string, Unreadable>() },
  );

  readonly names = computed(() => [...this.rooms().keys()].sort(), { equal: haveSameItems });

  room(name: string): Room | undefined {
    return this.rooms().get(name);
  }

  /** What a sensor said last, if that could not be read. */
  unreadable(room: string, sensor: string): Unreadable | undefined {
    const fault = this.#unreadable().get(reading.name({ room, sensor }).topic);
    const last = newest(this.room(room), sensor);
    return fault && (!last || last.at < fault.at) ? fault : undefined;
  }
}

function haveSameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
