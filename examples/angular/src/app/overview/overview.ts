import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { House } from '../house/house';
import { newest } from '../house/rooms';
import { TEMPERATURE } from '../house/sensors';
import { RoomCard } from './room-card';

/** All rooms at a glance. */
@Component({
  selector: 'app-overview',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DecimalPipe, RoomCard],
  templateUrl: './overview.html',
  styleUrl: './overview.css',
})
export class Overview {
  protected readonly house = inject(House);
  protected readonly mean = computed(() => {
    const readings = [...this.house.rooms().values()].flatMap((room) => newest(room, TEMPERATURE.name) ?? []);
    if (readings.length === 0) return undefined;
    return readings.reduce((sum, { value }) => sum + value, 0) / readings.length;
  });
}
