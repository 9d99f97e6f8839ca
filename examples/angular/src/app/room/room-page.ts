import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { topicSignal } from 'tortoise-rx/angular';
import { Plot } from '../chart/plot';
import { AgoPipe } from '../house/ago-pipe';
import { Clock } from '../house/clock';
import { House } from '../house/house';
import { newest } from '../house/rooms';
import { RoomNamePipe } from '../house/room-name-pipe';
import { SENSORS } from '../house/sensors';
import { Thermostat } from './thermostat';

/** One room: its readings over time, and its thermostat. */
@Component({
  selector: 'app-room-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AgoPipe, DecimalPipe, Plot, RoomNamePipe, RouterLink, Thermostat],
  templateUrl: './room-page.html',
  styleUrl: './room-page.css',
})
export class RoomPage {
  /** From the route. */
  readonly room = input.required<string>();

  protected readonly now = inject(Clock).now;
  readonly #house = inject(House);

  // docs: parameter
  /** Follows the route: another room is another subscription, on the same connection. */
  protected readonly hub = topicSignal(() => `house/${this.room()}/hub/status`);
  // docs: end

  protected readonly sensors = computed(() =>
    SENSORS.map((sensor) => ({
      sensor,
      series: this.#house.room(this.room())?.get(sensor.name),
      last: newest(this.#house.room(this.room()), sensor.name),
      unreadable: this.#house.unreadable(this.room(), sensor.name),
    })),
  );
  protected readonly faults = computed(() => this.sensors().filter(({ unreadable }) => unreadable));
}
