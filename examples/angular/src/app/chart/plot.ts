import { DatePipe, DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { Series } from '../house/rooms';
import type { Sensor } from '../house/sensors';
import { scale } from './scale';

/** The readings of a sensor over time, with axes. */
@Component({
  selector: 'app-plot',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DatePipe, DecimalPipe],
  templateUrl: './plot.html',
  styleUrl: './plot.css',
})
export class Plot {
  readonly series = input.required<Series>();
  readonly sensor = input.required<Sensor>();
  protected readonly curve = computed(() => scale(this.series(), this.sensor().span));
  protected readonly digits = computed(() => `1.0-${this.sensor().digits}`);
  protected readonly lowest = computed(() => Math.min(...this.series().map(({ value }) => value)));
  protected readonly highest = computed(() => Math.max(...this.series().map(({ value }) => value)));
}
