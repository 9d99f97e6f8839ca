import { h } from './dom.js';

/** A canvas that fills its place, sharp on every screen. To readers it is an image with a name. */
export class Canvas {
  readonly element: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private width = 0;

  /** @param label what it shows, for those who do not see it */
  constructor(
    label: string,
    private readonly height: number,
  ) {
    this.element = h('canvas', { role: 'img', 'aria-label': label, style: `height:${height}px` });
    this.context = this.element.getContext('2d')!;
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  /** Clears it, and draws in CSS pixels. */
  draw(paint: (context: CanvasRenderingContext2D, width: number, height: number) => void): void {
    if (this.width === 0) return;
    this.context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    paint(this.context, this.width, this.height);
  }

  private fit(): void {
    this.width = this.element.clientWidth;
    this.element.width = Math.round(this.width * devicePixelRatio);
    this.element.height = Math.round(this.height * devicePixelRatio);
  }
}
