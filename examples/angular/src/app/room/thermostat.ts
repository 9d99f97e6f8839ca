import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, inject, input, linkedSignal } from '@angular/core';
import { connectionSignal, publishAction } from 'tortoise-rx/angular';
import { Session } from '../account/session';
import { House } from '../house/house';
import { wish } from '../house/topics';

/** What is offered where the thermostat has not yet said what it is set to. */
const USUAL = 21;

/** Asks a room's thermostat for a temperature. */
@Component({
  selector: 'app-thermostat',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DecimalPipe],
  templateUrl: './thermostat.html',
  styleUrl: './thermostat.css',
})
export class Thermostat {
  readonly room = input.required<string>();

  readonly #house = inject(House);
  readonly #session = inject(Session);
  protected readonly connection = connectionSignal();
  protected readonly target = computed(() => this.#house.targets().get(this.room()));

  /** What is typed; what the thermostat says, until somebody types. */
  protected readonly celsius = linkedSignal({
    source: () => ({ room: this.room(), celsius: this.target()?.celsius ?? USUAL }),
    computation: ({ celsius }) => celsius,
  });

  // docs: action
  /** One click is one message. It waits in the queue while there is no connection, but not longer than a minute. */
  protected readonly set = publishAction(
    (celsius: number) => ({
      topic: wish.name({ room: this.room() }),
      value: { celsius, by: this.#session.user() ?? 'somebody' },
    }),
    { expiry: 60_000 },
  );
  // docs: end

  protected change(by: number): void {
    this.celsius.update((celsius) => Math.round((celsius + by) * 2) / 2);
  }

  protected typed(event: Event): void {
    const { valueAsNumber } = event.target as HTMLInputElement;
    if (!Number.isNaN(valueAsNumber)) this.celsius.set(valueAsNumber);
  }

  protected submit(event: Event): void {
    event.preventDefault();
    this.set(this.celsius());
  }
}
