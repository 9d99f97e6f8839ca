import type { Attributes, Histogram, Meter } from '@opentelemetry/api';

/** Boundaries of buckets, in seconds, as the semantic conventions ask for them. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The histograms of durations, in seconds. */
export interface Durations {
  /** From a publish to its receipt. */
  readonly operation: Histogram;
  /** Of the work on a message. */
  readonly process: Histogram;
  /** From PINGREQ to PINGRESP. */
  readonly ping: Histogram;
}

export function durationsOf(meter: Meter): Durations {
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BOUNDARIES } });
  return {
    operation: histogram('messaging.client.operation.duration', 'From a publish to its receipt'),
    process: histogram('messaging.process.duration', 'The work on a message'),
    ping: histogram('mqtt.client.ping.duration', 'From PINGREQ to PINGRESP'),
  };
}

/** Starts a stopwatch: a call of the result records the time since then. */
export function watchFor(histogram: Histogram): (attributes: Attributes) => void {
  const since = performance.now();
  return (attributes) => histogram.record((performance.now() - since) / 1_000, attributes);
}
