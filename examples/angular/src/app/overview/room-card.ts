import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Sparkline } from '../chart/sparkline';
import { AgoPipe } from '../house/ago-pipe';
import { Clock } from '../house/clock';
import { House } from '../house/house';
import { newest } from '../house/rooms';
import { RoomNamePipe } from '../house/room-name-pipe';
import { SENSORS, TEMPERATURE } from '../house/sensors';
import { warmth } from './warmth';

/** A room in the overview. */
@Component({
  selector: 'app-room-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AgoPipe, DecimalPipe, RoomNamePipe, RouterLink, Sparkline],
  templateUrl: './room-card.html',
  styleUrl: './room-card.css',
  host: { '[style.--warmth]': 'warmth()' },
})
export class RoomCard {
  readonly name = input.required<string>();

  protected readonly now = inject(Clock).now;
  readonly #house = inject(House);
  readonly #room = computed(() => this.#house.room(this.name()));
  protected readonly span = TEMPERATURE.span;
  protected readonly series = computed(() => this.#room()?.get(TEMPERATURE.name));
  protected readonly temperature = computed(() => newest(this.#room(), TEMPERATURE.name));
  protected readonly target = computed(() => this.#house.targets().get(this.name()));
  protected readonly warmth = computed(() => warmth(this.temperature()?.value));
  protected readonly others = computed(() =>
    SENSORS.filter((sensor) => sensor !== TEMPERATURE).map((sensor) => ({
      ...sensor,
      reading: newest(this.#room(), sensor.name),
      isUnreadable: this.#house.unreadable(this.name(), sensor.name) !== undefined,
    })),
  );
}
