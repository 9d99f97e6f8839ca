import type { ClientSummary, Metrics } from '../everywhere.js';
import { el, say } from './dom.js';
import { count } from './figures.js';

/** The queue and the windows: how much waits, is in flight, is in hand, and how much may be. */
export class Levels {
  private readonly queued = new Level('Queued', 'messages that wait to be written');
  private readonly inFlight = new Level('In flight', 'QoS 1 and 2 messages that the broker has not acknowledged');
  private readonly inHand = new Level('In hand', 'messages that the application has not acknowledged');
  private readonly ping = new Level('Last ping', 'round trip of PINGREQ and PINGRESP');
  readonly element = el(
    'dl.levels',
    {},
    ...[this.queued, this.inFlight, this.inHand, this.ping].flatMap(({ parts }) => parts),
  );
  /** The last look at the counters. */
  metrics: Metrics | undefined;

  /** @param isPaused whether the client reads no further */
  show({ queued, inFlight }: ClientSummary, isPaused: boolean): void {
    this.queued.show(count(queued));
    if (!this.metrics) {
      this.inFlight.show(count(inFlight));
      return;
    }
    const { maxInFlight, inHand, receiveMaximum, roundTrip } = this.metrics;
    this.inFlight.show(`${count(inFlight)} of ${count(maxInFlight)}`, inFlight / maxInFlight);
    const hint = isPaused ? ', reading paused' : '';
    this.inHand.show(`${count(inHand)} of ${count(receiveMaximum)}${hint}`, inHand / receiveMaximum);
    this.ping.show(roundTrip === undefined ? 'none yet' : `${Math.round(roundTrip)} ms`);
  }
}

/** One of them, with a bar where there is a limit. */
class Level {
  private readonly text = el('span', {}, '–');
  private readonly bar: HTMLMeterElement;
  readonly parts: readonly HTMLElement[];

  constructor(name: string, meaning: string) {
    this.bar = el('meter', { 'aria-label': name, min: '0', max: '1', high: '0.8', hidden: '' });
    this.parts = [el('dt', { title: meaning }, name), el('dd', {}, this.text, this.bar)];
  }

  show(text: string, share?: number): void {
    say(this.text, text);
    this.bar.hidden = share === undefined;
    if (share !== undefined) this.bar.value = Math.min(1, share);
  }
}
