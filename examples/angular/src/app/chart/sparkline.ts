import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { Series } from '../house/rooms';
import { scale } from './scale';

/** A small curve without axes. It says nothing to screen readers: the number stands beside it. */
@Component({
  selector: 'app-sparkline',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="area" [attr.d]="curve().area" />
      <path class="line" [attr.d]="curve().line" />
    </svg>
  `,
  styles: `
    :host {
      display: block;
      height: 3.5rem;
    }

    svg {
      display: block;
      width: 100%;
      height: 100%;
      overflow: visible;
    }

    .line {
      fill: none;
      stroke: var(--curve);
      stroke-width: 2;
      stroke-linejoin: round;
      vector-effect: non-scaling-stroke;
    }

    .area {
      fill: color-mix(in srgb, var(--curve) 14%, transparent);
    }
  `,
})
export class Sparkline {
  readonly series = input.required<Series>();
  readonly span = input(1);
  protected readonly curve = computed(() => scale(this.series(), this.span()));
}
