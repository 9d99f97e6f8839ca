import type { ClientEvent, QoS } from '../../../lib/index.browser.js';
import type { Conditions } from '../Stage.js';
import { QOS } from '../play.js';
import { Canvas } from './Canvas.js';
import type { Colours } from './colours.js';
import type { Part } from './dom.js';

/** A packet that is drawn on its way. */
interface Dot {
  /** From 0, the client, to 1, the broker. */
  at: number;
  /** Milliseconds until it sets out: packets of one moment shall not hide one another. */
  wait: number;
  readonly isUp: boolean;
  readonly qos: QoS;
  /** Not a message, but an answer. */
  readonly isSmall: boolean;
  readonly isRepeated: boolean;
  /** It was lost with its connection: it falls from here. */
  fall: number | undefined;
}

const HEIGHT = 108;
/** Milliseconds for the whole way. Faster, nobody would see it. */
const WAY = 650;
const SLOW_WAY = 1_800;
const MOST = 240;

/** The connection of one client, and the packets on it. */
export class LaneView implements Part {
  private readonly canvas: Canvas;
  private dots: Dot[] = [];
  private before = 0;
  isOnline = false;

  /**
   * @param isClientLeft the client stands at the left end of the lane
   * @param isStill whether nothing shall move, for people who have asked for that
   */
  constructor(
    label: string,
    private readonly isClientLeft: boolean,
    private readonly colours: Colours,
    private readonly conditions: () => Conditions,
    private readonly isStill: boolean,
  ) {
    this.canvas = new Canvas(label, HEIGHT);
  }

  get element() {
    return this.canvas.element;
  }

  note(event: ClientEvent): void {
    if (event.type === 'disconnected' && event.cause) for (const dot of this.dots) dot.fall ??= 0;
    if (this.isStill || (event.type !== 'packet-sent' && event.type !== 'packet-received')) return;
    const { packet } = event;
    const isUp = event.type === 'packet-sent';
    if (packet.type === 'publish') this.send({ isUp, qos: packet.qos, isSmall: false, isRepeated: packet.dup });
    else if (packet.type === 'puback') this.send({ isUp, qos: 1, isSmall: true, isRepeated: false });
    else if (packet.type.startsWith('pub')) this.send({ isUp, qos: 2, isSmall: true, isRepeated: false });
  }

  draw(now: number): void {
    this.move(Math.min(100, now - this.before));
    this.before = now;
    this.canvas.draw((context, width) => {
      this.drawWays(context, width);
      for (const dot of this.dots) if (dot.wait <= 0) this.drawDot(context, width, dot);
    });
  }

  private send(dot: Pick<Dot, 'isUp' | 'qos' | 'isSmall' | 'isRepeated'>): void {
    if (this.dots.length > MOST) return;
    this.dots.push({ ...dot, at: dot.isUp ? 0 : 1, wait: Math.random() * 180, fall: undefined });
  }

  private move(span: number): void {
    const { isStalled, isSlow } = this.conditions();
    const step = isStalled ? 0 : span / (isSlow ? SLOW_WAY : WAY);
    for (const dot of this.dots) {
      if (dot.fall !== undefined) dot.fall += span / 600;
      else if (dot.wait > 0) dot.wait -= span;
      else dot.at += dot.isUp ? step : -step;
    }
    this.dots = this.dots.filter(({ at, fall = 0 }) => at >= 0 && at <= 1 && fall < 1);
  }

  /** A way for each QoS. */
  private drawWays(context: CanvasRenderingContext2D, width: number): void {
    const { isStalled } = this.conditions();
    context.lineWidth = 2;
    for (const qos of QOS) {
      const y = heightOf(qos);
      context.strokeStyle = this.colours(this.isOnline ? (isStalled ? 'waiting' : 'way') : 'closed');
      context.setLineDash(this.isOnline && !isStalled ? [] : [3, 6]);
      context.beginPath();
      context.moveTo(4, y);
      // A gap in the middle where there is no connection.
      if (!this.isOnline) {
        context.lineTo(width / 2 - 12, y);
        context.moveTo(width / 2 + 12, y);
      }
      context.lineTo(width - 4, y);
      context.stroke();
    }
    context.setLineDash([]);
    if (!this.isOnline) this.drawCut(context, width / 2);
  }

  private drawCut(context: CanvasRenderingContext2D, x: number): void {
    context.strokeStyle = this.colours('closed');
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(x - 6, heightOf(0) - 8);
    context.lineTo(x + 3, heightOf(1) - 4);
    context.lineTo(x - 3, heightOf(1) + 4);
    context.lineTo(x + 6, heightOf(2) + 8);
    context.stroke();
  }

  private drawDot(context: CanvasRenderingContext2D, width: number, dot: Dot): void {
    const way = this.isClientLeft ? dot.at : 1 - dot.at;
    const x = 4 + way * (width - 8);
    const fall = dot.fall ?? 0;
    const y = heightOf(dot.qos) + fall * fall * 60;
    context.globalAlpha = (1 - fall) * (dot.isSmall ? 0.55 : 1);
    context.fillStyle = this.colours(dot.fall === undefined ? `qos${dot.qos}` : 'closed');
    context.beginPath();
    context.arc(x, y, dot.isSmall ? 2 : 4.5, 0, 2 * Math.PI);
    context.fill();
    if (dot.isRepeated) {
      context.strokeStyle = context.fillStyle;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, 8, 0, 2 * Math.PI);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}

function heightOf(qos: QoS): number {
  return 26 + qos * 28;
}
