import { type Attributes, context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** What was measured: for each metric its points. */
export type Points = Readonly<Record<string, readonly Point[]>>;

interface Point {
  readonly attributes: Attributes;
  /** A number; of a histogram, an object. */
  readonly value: number | Pick<Histogram, 'count' | 'sum'>;
}

/** An SDK of OpenTelemetry that keeps everything in memory. */
export interface TelemetryStage {
  readonly tracers: BasicTracerProvider;
  readonly meters: MeterProvider;
  /** The spans that have ended. */
  spans(): ReadableSpan[];
  points(): Promise<Points>;
}

/** Read when a spec asks for it: no timer. */
class AskedReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Registers an SDK for each spec of the enclosing `describe`.
 *
 * @param isRegistered whether providers are registered as well, or contexts and their propagation alone
 */
export function telemetryStage(isRegistered = true): TelemetryStage {
  let exporter: InMemorySpanExporter;
  let reader: AskedReader;
  let tracers: BasicTracerProvider;
  let meters: MeterProvider;
  const contexts = new AsyncLocalStorageContextManager();

  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    reader = new AskedReader();
    tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    meters = new MeterProvider({ readers: [reader] });
    context.setGlobalContextManager(contexts.enable());
    const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
    propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
    if (!isRegistered) return;
    trace.setGlobalTracerProvider(tracers);
    metrics.setGlobalMeterProvider(meters);
  });

  afterEach(async () => {
    for (const api of [trace, metrics, context, propagation]) api.disable();
    await Promise.all([tracers.shutdown(), meters.shutdown()]);
  });

  return {
    get tracers() {
      return tracers;
    },
    get meters() {
      return meters;
    },
    spans: () => exporter.getFinishedSpans(),
    async points() {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints as readonly Point[]]),
      );
    },
  };
}
